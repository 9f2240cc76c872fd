"""Colours of output.log, where they are wanted: each line by itself, never cut, the same text without them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.sync.test_terminal_model import _anything, shown
from wandb.sync.output import OutputLog
from wandb.sync.terminal_model import TerminalModel
from wandb.sync.terminal_style import Style, styled

ESCAPES = re.compile(r"\x1b\[[0-9;:]*m")
RED, BOLD, OFF = "\x1b[31m", "\x1b[1m", "\x1b[0m"


def colored(*pieces: str) -> list[str]:
    """The lines that a person sees, with their colours."""
    model = TerminalModel(colors=True)
    lines = [line for piece in pieces for line in model.feed(piece)]
    return [line.styled_text() for line in lines if not line.hidden]


@pytest.mark.parametrize(
    "text, lines",
    [
        (f"a {RED}red{OFF} word\nplain\n", [f"a {RED}red{OFF} word", "plain"]),
        (f"{RED}two\nlines{OFF}\n", [f"{RED}two{OFF}", f"{RED}lines{OFF}"]),
        (f"{RED}abc\r{OFF}x\n", [f"x{RED}bc{OFF}"]),
        (f"{RED}abc\x1b[2D\x1b[K{OFF}\n", [f"{RED}a{OFF}"]),
        (f"ab{RED}cd\r{BOLD}X\x1b[0K\n", ["\x1b[31;1mX\x1b[0m"]),
        (f"{RED}wide 漢字{OFF} é\n", [f"{RED}wide 漢字{OFF} é"]),
        (f"{RED}tab\tend\n", [f"{RED}tab\tend{OFF}"]),
        ("\x1b[41m  \x1b[0m\rx\n", ["x\x1b[41m \x1b[0m"]),
    ],
)
def test_styled_text__folded__has_each_character_s_last_color(text: str, lines: list[str]) -> None:
    """A line that is read by itself, by `less -R` or a page, begins and ends plain."""
    assert colored(text) == lines
    assert colored(*text) == lines


@pytest.mark.parametrize(
    "parameters, sequence",
    [
        ("31", "31"),
        ("1;38;5;200", "1;38;5;200"),
        ("38;2;1;2;3;4", "38;2;1;2;3;4"),
        ("38:2::1:2:3", "38:2::1:2:3"),
        ("01;38;05;196", "1;38;05;196"),
        ("1;31;22", "31"),
        ("97;49", "97"),
        ("7;27", ""),
        ("31;0", ""),
        ("31;", ""),
        ("", ""),
        ("38", ""),
        ("1;38;9;4", "1"),
        ("38;2;1;2", ""),
        (">4;2", ""),
        ("?25", ""),
        ("1234;99;x", ""),
    ],
)
def test_style__of_parameters__is_what_stays_switched_on(parameters: str, sequence: str) -> None:
    """ECMA-48 and the two forms of long colours; what is unknown changes nothing."""
    style = Style()
    style.apply(parameters)
    assert styled(style.character, "x") == (f"\x1b[{sequence}mx{OFF}" if sequence else "x")


@given(st.lists(_anything, max_size=30))
@example(["0" * 8, "\x1b[31m", "\t\x08\u0301"])
@example(["a  b\x08 \x08\x08\u0301"])
def test_styled_text__of_any_text__is_the_plain_one_without_its_colors(pieces: list[str]) -> None:
    """Nothing but colours differs, and every colour that is switched on is switched off in its line."""
    lines = colored(*pieces)
    assert [ESCAPES.sub("", line).rstrip(" ") for line in lines] == [line.rstrip(" ") for line in shown(pieces)]
    for line in lines:
        switched = ESCAPES.findall(line)
        assert switched[1::2] == [OFF] * (len(switched) // 2) and len(switched) % 2 == 0


def test_output__with_colors__keeps_them_and_chooses_by_the_text(tmp_path: Path) -> None:
    """`console_include` sees what a person reads."""
    log = OutputLog(str(tmp_path / "output.log"), keeps=lambda line: line.startswith("loss"), colors=True)
    log.feed("", "stdout", f"{RED}loss{OFF} 1\nother\n{BOLD}los", "[rank 0] ")
    log.flush()
    log.feed("", "stdout", f"s 2{OFF}\n")
    log.close()
    assert (tmp_path / "output.log").read_text() == f"[rank 0] {RED}loss{OFF} 1\n[rank 0] {BOLD}loss 2{OFF}\n"
