"""The terminal model against an independent emulator (pyte), and what an emulator can't tell."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wandb.sync.terminal_model import FARTHEST_COLUMN, WINDOW, TerminalModel

ROWS = 6
# On a real terminal one is usually at the bottom of the screen; the first move makes both screens begin alike.
AT_THE_BOTTOM = "\x1b[H" + "\n" * (ROWS - 1)

_counts = st.sampled_from(["", "0", "1", "2", "3", "9"])
_words = st.text(alphabet="abcxyz 019", min_size=1, max_size=12)
_moves = st.builds("\x1b[{}{}".format, _counts, st.sampled_from("ABCDEFG"))
_erasures = st.builds("\x1b[{}{}".format, st.sampled_from(["", "0", "1", "2"]), st.sampled_from("JK"))
_places = st.builds("\x1b[{};{}{}".format, _counts, _counts, st.sampled_from("Hf"))
_colours = st.sampled_from(["\x1b[m", "\x1b[31m", "\x1b[38;5;12;1m", "\x1b]0;a title\x07", "\x1b(B"])
_narrow = st.one_of(_words, st.sampled_from("\n\r\b\n\r\v"), _moves, _erasures, _places, _colours)
_wide = st.one_of(
    st.text(alphabet="好世界", min_size=1, max_size=6),
    st.sampled_from(["\n", "\r", "\b\b", "\x1b[2C", "\x1b[4D", "\x1b[A", "\x1b[K", "e\u0301 ", "a\u0308\u0323b"]),
)
_anything = st.one_of(
    _narrow,
    st.text(alphabet="好é\u0301👍\u200d\t\x00\x1b[m];1ABKHJ78cM\\\x07\r\n\b", max_size=8),
)


def shown(pieces: list[str], window: int = WINDOW) -> list[str]:
    """The lines that a person sees."""
    model = TerminalModel(window)
    lines = [line for piece in pieces for line in model.feed(piece)]
    return [line.text() for line in lines if not line.hidden]


def without_end(lines: list[str]) -> list[str]:
    """The lines without trailing spaces, and without the blank ones at the end, which no screen can show."""
    lines = [line.rstrip(" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def emulated(text: str, rows: int = ROWS, columns: int = 400) -> list[str]:
    """What pyte shows, with all that was scrolled out."""
    pyte = pytest.importorskip("pyte")
    screen = pyte.HistoryScreen(columns, rows, history=10_000)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    above = ["".join(line[column].data for column in range(columns)) for line in screen.history.top]
    return without_end(above + screen.display)


def split(text: str, places: list[int]) -> list[str]:
    """The text cut at these places, counted modulo its length."""
    cuts = sorted(place % (len(text) + 1) for place in places)
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]


@settings(max_examples=400, deadline=None)
@given(st.lists(_narrow, max_size=30), st.lists(st.integers(0, 500), max_size=3))
def test_model__random_moves_and_erasures__shows_what_an_emulator_shows(parts: list[str], cuts: list[int]) -> None:
    """output.log promises what a person would have seen, so an independent terminal is the judge."""
    text = AT_THE_BOTTOM + "".join(parts)
    assert without_end(shown(split(text, cuts), ROWS)) == emulated(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(_wide, max_size=20))
def test_model__wide_and_combined_characters__shows_what_an_emulator_shows(parts: list[str]) -> None:
    """A CJK character takes two cells and an accent none; a wrong count would shift every later overwrite."""
    import unicodedata

    text = AT_THE_BOTTOM + "".join(parts)
    ours = [unicodedata.normalize("NFC", line) for line in without_end(shown([text], ROWS))]
    assert ours == [unicodedata.normalize("NFC", line) for line in emulated(text)]


@settings(max_examples=300, deadline=None)
@given(st.lists(_anything, max_size=20), st.lists(st.integers(0, 500), max_size=5))
def test_model__text_cut_anywhere__same_lines(parts: list[str], cuts: list[int]) -> None:
    """Writes end anywhere, inside an escape sequence too; where they end must not show."""
    text = "".join(parts)
    assert shown(split(text, cuts)) == shown([text])


@settings(deadline=None)
@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cc"]), max_size=20), max_size=20))
def test_model__plain_text__kept_character_for_character(lines: list[str]) -> None:
    """Text without control characters must pass untouched, trailing spaces and odd characters included."""
    assert shown(["".join(line + "\n" for line in lines)]) == lines
    assert shown(["".join(line + "\r\n" for line in lines)]) == lines
    assert shown([line + "\r\n\r" for line in lines]) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("name\tvalue\n", ["name\tvalue"]),
        ("a\tb\rxy\n", ["xy      b"]),
        ("a\tb\rx\n", ["x\tb"]),
        ("abcdefghijk\r\tX\n", ["abcdefghXjk"]),
        ("好好\rx\n", ["x 好"]),
        ("好好\b\b\bx\n", [" x好"]),
        ("👍🏽 ok\r\x1b[5Cno\n", ["👍🏽 no"]),
        ("e\u0301e\u0301\rx\n", ["xe\u0301"]),
        ("\u0301a\rb\n", ["ba"]),
        ("a\x00b\x07c\x7fd\x9be\n", ["abcde"]),
        ("\x1b]0;title\x07one\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", ["onelink"]),
        ("\x1b]0;never ended\nnext\n", ["", "next"]),
        ("\x1bPq#0;2;0\x1b\\picture\x1b_more\x1b\\\n", ["picture"]),
        ("\x1b[?25lhidden cursor\x1b[?25h\x1b[2 q\n", ["hidden cursor"]),
        ("\x1b[12\nmalformed\n", ["", "malformed"]),
        ("ab\x1b7cd\x1b8X\x1b[u\x1b[sY\n", ["abYd"]),
        ("one\ntwo\x1bMX\n", ["oneX", "two"]),
    ],
)
def test_model__single_sequences__line_as_seen(text: str, lines: list[str]) -> None:
    """Tabs, half-covered wide characters and dropped sequences, where emulators differ or keep no text."""
    assert shown([text]) == lines
    assert shown(list(text)) == lines


def test_model__enormous_parameters__bounded() -> None:
    """A stray sequence must not make a line of a billion spaces, nor a number that Python refuses to read."""
    assert (
        shown(["\x1b[999999999Cx\x1b[999999999;999999999Hy\x1b[" + "9" * 9_999 + "D\n"])[0]
        == " " * FARTHEST_COLUMN + "x"
    )
    assert len(shown(["\x1b[99999Hx\n"])) <= WINDOW


def test_model__cursor_above_the_window__stops_at_its_top() -> None:
    """Only the last lines can change: an old line is written and forgotten."""
    lines = shown(["".join(f"line {number}\n" for number in range(1_000)), "\x1b[5000Atop"])
    assert lines[1_000 - WINDOW + 1] == f"tope {1_000 - WINDOW + 1}"
    assert sum(line.startswith("line") for line in lines) == 999


def test_model__bar_that_leaves_nothing__no_line_until_text_comes() -> None:
    """A closed bar is blank; nobody sees a line there, until the program prints in its place."""
    model = TerminalModel()
    (line,) = model.feed("\r100%|####|")
    model.feed("\r          \r")
    assert line.hidden
    assert model.feed("done") == []
    assert (line.text(), line.hidden) == ("done", False)


def test_model__line_blanked_above_the_cursor__stays_a_line() -> None:
    """An empty line between others is seen, and so is one that was printed empty."""
    assert shown(["a\nb\nc\x1b[A\x1b[2K\x1b[B\n\n"]) == ["a", "", "c", ""]


def test_model__screen_cleared_and_repainted__earlier_text_stays_and_one_copy_remains() -> None:
    """A dashboard repaints itself for days: it must be one screen in the log, without eating what came before."""
    model = TerminalModel()
    lines = model.feed("before\n")
    for number in range(1_000):
        lines += model.feed(f"\x1b[H\x1b[2Jstep {number}\nloss {number / 2}\n")
    assert [line.text() for line in lines if not line.hidden] == ["before", "step 999", "loss 499.5"]


def test_model__screen_addressed_long_ago__top_moves_with_the_window() -> None:
    """The top of a page scrolls out like any line; the program then sees the top of the screen."""
    lines = shown(["a\nb\nc\n\x1b[H" + "".join(f"{number}\n" for number in range(1_000)) + "\x1b[Htop"])
    assert lines.index("top") == 3 + 1_000 + 1 - WINDOW


def test_model__blank_line_written_plainly__is_seen_again() -> None:
    """Plain text takes a short cut, which must not forget that the line was hidden."""
    model = TerminalModel()
    _, second = model.feed("a\nbar\r\x1b[K")
    model.feed("\x1b[A\n")
    assert second.hidden
    model.feed("text")
    assert (second.text(), second.hidden) == ("text", False)


def test_model__text_for_a_final_line__begins_a_new_line() -> None:
    """What is final stays as it is, and the newline that ends it is no line of its own."""
    model = TerminalModel()
    (first,) = model.feed("loading")
    first.final = True
    (second,) = model.feed(" still\b\b")
    assert (first.text(), second.text()) == ("loading", " still")
    second.final = True
    assert model.feed("\x1b[2K\x1b[J\n") == []
    assert second.text() == " still"
    assert [line.text() for line in model.feed("next\n")] == ["next"]


def test_model__rows_all_final__rests_and_goes_on_like_a_new_one() -> None:
    """A finished writer may cost nothing, but must not lose its place while a line can still change."""
    model = TerminalModel()
    lines = model.feed("one\ntwo\n")
    assert not model.at_rest()
    for line in lines:
        line.final = True
    assert model.at_rest()
    assert [line.text() for line in model.feed("\x1b[2Athree\n")] == ["three"]
    model = TerminalModel()
    (line,) = model.feed("half")
    line.final = True
    assert not model.at_rest()
    assert model.feed("\n") == []


def test_model__endless_line__stays_whole_and_editable() -> None:
    """Lines are never cut; were a spinner behind 5 MB copied whole for each turn, this would not end."""
    model = TerminalModel()
    (line,) = model.feed("y" * 5_000_000)
    for _ in range(5_000):
        model.feed("|\b/\b-\bz")
    assert line.text() == "y" * 5_000_000 + "z" * 5_000
    model.feed("\rab")
    assert line.text().startswith("abyy")


BARS = """
    import sys
    from tqdm import tqdm

    options = {"mininterval": 0, "miniters": 1, "ncols": 60, "ascii": sys.argv[1] == "ascii", "file": sys.stdout}
    for epoch in tqdm(range(3), desc="epochs", **options):
        for step in tqdm(range(20), desc="steps", leave=epoch == 1, **options):
            if step == 10:
                tqdm.write(f"note {epoch}", file=sys.stdout)
    for _ in tqdm(range(30), desc="second", **options):
        pass
    print("the end")
"""


def output_of(program: str, arguments: list[str], terminal: bool) -> str:
    """What a program prints to a terminal or to a pipe."""
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    if not terminal:
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    pty = pytest.importorskip("pty")
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # tqdm draws nothing on 0 rows
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        data = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # how Linux says that the other side is closed
                piece = b""
            if not piece:
                break
            data += piece
    os.close(ours)
    assert process.returncode == 0
    return data.decode()


@pytest.mark.parametrize("terminal", [True, False], ids=["pty", "pipe"])
@pytest.mark.parametrize("blocks", ["ascii", "unicode"])
def test_model__real_progress_bars__shows_what_an_emulator_shows(blocks: str, terminal: bool) -> None:
    """Nested, successive and vanishing bars with notes between: a line each, in the last state, notes in order."""
    pytest.importorskip("tqdm")
    text = output_of(BARS, [blocks], terminal)
    assert text.count("\r") > 50
    lines = shown([text])
    assert without_end(lines) == emulated(text, rows=40)
    assert shown(split(text, list(range(0, len(text), 7)))) == lines
    assert [line for line in lines if line.startswith("note")] == ["note 0", "note 1", "note 2"]
    assert sum("100%|" in line for line in lines) == 3
    assert lines[-1] == "the end"
