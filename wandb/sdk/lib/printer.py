"""How libraries say something in our name, `new_printer().display(…)`: by `terminal`, as we do."""

from __future__ import annotations

import logging
import sys

from wandb.errors import ArgumentValueError
from wandb.sdk.lib import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

_LINK, _CODE, _NAME, _ERROR, _FILES, _SECONDARY = "34;4", "1", "33", "31", "35;1", "37"


class Printer:
    """Says lines to the user, and marks parts of them with colours where the terminal shows any."""

    supports_html = False

    def display(self, text: str | Iterable[str], *, level: str | int | None = None) -> None:
        """Say a text, or several, as an information, a warning or an error.

        `level` is a name or number of `logging`; an unknown name is an ArgumentValueError.
        """
        number = logging.getLevelName(level.upper()) if isinstance(level, str) else level or logging.INFO
        if not isinstance(number, int):
            raise ArgumentValueError(f"{level!r} is no level: say 'info', 'warning' or 'error'.")
        say = terminal.termerror if number >= logging.ERROR else terminal.termwarn
        for line in [text] if isinstance(text, str) else text:
            (say if number >= logging.WARNING else terminal.termlog)(line)

    def link(self, link: str, text: str | None = None) -> str:
        """An address. The text is for printers of pages: a terminal shows the address itself."""
        return _marked(link, _LINK)

    def code(self, text: str) -> str:
        """What a person may type."""
        return _marked(text, _CODE)

    def name(self, text: str) -> str:
        """What something is called."""
        return _marked(text, _NAME)

    def files(self, text: str) -> str:
        """A path."""
        return _marked(text, _FILES)

    def error(self, text: str) -> str:
        """What went wrong."""
        return _marked(text, _ERROR)

    def secondary_text(self, text: str) -> str:
        """What matters less."""
        return _marked(text, _SECONDARY)


def _marked(text: str, mark: str) -> str:
    return f"\x1b[{mark}m{text}\x1b[0m" if terminal.colored(sys.stderr) else text


def new_printer(settings: object = None) -> Printer:
    """A printer. It says what the settings of `wandb.setup` let through; those given here change nothing."""
    return Printer()
