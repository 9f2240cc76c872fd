"""The printer that libraries ask for."""

from __future__ import annotations

import logging
from typing import Iterator

import pytest

from wandb.sdk.lib import terminal
from wandb.sdk.lib.printer import new_printer
from wandb.settings import Settings


@pytest.fixture(autouse=True)
def unset() -> Iterator[None]:
    """No settings of another test."""
    terminal.termsetup(None)
    yield
    terminal.termsetup(None)


def test_display__texts_of_each_level__are_said_as_upstream_says_them(capsys: pytest.CaptureFixture[str]) -> None:
    """By names and numbers of logging; a list is a line each."""
    printer = new_printer(Settings())
    for level in (None, "info", "debug", logging.INFO, "warn", logging.WARNING, "ERROR", logging.CRITICAL):
        printer.display("text", level=level)
    printer.display(["a", "b"], level="warning")
    levels = ["", "", "", "", "WARNING ", "WARNING ", "ERROR ", "ERROR "]
    assert capsys.readouterr().err.splitlines() == [
        *(f"wandb: {level}text" for level in levels), "wandb: WARNING a", "wandb: WARNING b"
    ]  # fmt: skip


def test_display__an_unknown_level__is_an_error_that_names_it() -> None:
    """A ValueError, as with upstream's client."""
    with pytest.raises(ValueError, match="'loud' is no level"):
        new_printer().display("text", level="loud")


@pytest.mark.parametrize("colors", [True, False])
def test_marks__with_colors_or_without__leave_the_text_as_it_is(colors: bool) -> None:
    """A log file gets no escape sequences."""
    terminal.termsetup(Settings(show_colors=colors))
    printer = new_printer()
    marks = [printer.code, printer.name, printer.files, printer.error, printer.secondary_text, printer.link]
    for mark in marks:
        assert (mark("text") == "text") is not colors
        assert "text" in mark("text")
    assert "http://a" in printer.link("http://a", "shown elsewhere")
