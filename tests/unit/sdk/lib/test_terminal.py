"""Our own words, on any stream."""

from __future__ import annotations

import io
import sys
from typing import Iterator

import pytest

from wandb.sdk.lib import terminal
from wandb.sdk.lib.ids import generate_id, generate_name
from wandb.settings import Settings


@pytest.fixture(autouse=True)
def unset() -> Iterator[None]:
    """No settings of another test."""
    terminal.termsetup(None)
    yield
    terminal.termsetup(None)


class WriteOnly:
    """A stream that has `write` and nothing else."""

    text = ""

    def write(self, text: str) -> None:
        self.text += text


def test_termlog__ascii_stream__gets_plain_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never an encoding error."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", stream)
    terminal.termlog("loss ▁█ é★")
    assert stream.buffer.getvalue() == b"wandb: loss _# ??\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", [None, io.StringIO(), WriteOnly(), object()], ids=["none", "text", "write", "object"])
def test_termwarn__any_stream__never_raises(monkeypatch: pytest.MonkeyPatch, stream: object) -> None:
    """Printing a message can never fail a run."""
    if isinstance(stream, io.StringIO):
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    terminal.termwarn("text")
    if isinstance(stream, WriteOnly):
        assert stream.text == "wandb: WARNING text\n"


def test_termlog__silent_and_hidden_levels__say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """By settings, and by environment where there are no settings yet."""
    terminal.termsetup(Settings(silent=True))
    terminal.termerror("no")
    terminal.termsetup(Settings(show_warnings=False))
    terminal.termwarn("no")
    terminal.termlog("yes")
    assert capsys.readouterr().err == "wandb: yes\n"


def test_termlog__environment__is_asked_before_any_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`login` may speak before `init`."""
    monkeypatch.setenv("WANDB_SILENT", "true")
    terminal.termlog("no")
    monkeypatch.delenv("WANDB_SILENT")
    monkeypatch.setenv("WANDB_SHOW_INFO", "false")
    terminal.termlog("no")
    terminal.termerror("yes\ntwo lines")
    assert capsys.readouterr().err == "wandb: ERROR yes\nwandb: ERROR two lines\n"


def test_termwarn__without_repeat__is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """One warning for a thousand faults of one kind."""
    for _ in range(3):
        terminal.termwarn("only once in this test", repeat=False)
    assert capsys.readouterr().err.count("only once") == 1


def test_generate__ids_and_names__are_of_the_known_form() -> None:
    """Eight characters of the public format; a name that a person can say."""
    assert len({generate_id() for _ in range(1000)}) == 1000
    assert all(c.islower() or c.isdigit() for c in generate_id(50)) and len(generate_id(50)) == 50
    first, second, number = generate_name().split("-")
    assert first.isalpha() and second.isalpha() and 1 <= int(number) <= 999
