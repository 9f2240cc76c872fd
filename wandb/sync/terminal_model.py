"""What one stream of one writer looks like on a terminal, after carriage returns, cursor moves and erasures.

Used by `output.py`, one model for each writer and stream. It never touches a file and never knows of other streams.
It leaves out titles, links, control characters other than tab and, unless they are wanted, colours.

The screen is as wide as its longest line (nothing wraps) and `WINDOW` lines high: lines above that can't change.
Whoever holds a `Line` may freeze it by `final`; what its stream still writes there begins a new line. Text from
before the first clear of the screen stays, as in a terminal's scrollback. Plain text is only split at its newlines.

Not pyte, a good library, which the tests compare with: its screen wraps at a fixed width and drops what scrolls out,
and it took 570 times as long for 20,000 plain lines, and 80 times for as many states of a progress bar.
"""

from __future__ import annotations

import re

from wandb.sync.terminal_line import Line
from wandb.sync.terminal_style import PLAIN, Style

WINDOW = 128
FARTHEST_COLUMN = 1000  # cursor moves stop here, or at the end of a longer line: a real screen has an edge too
_LONGEST_ESCAPE = 256

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TOKEN = re.compile(
    r"[^\x00-\x08\n-\x1f\x7f-\x9f]+"
    r"|[\n\r\x08\v\f]"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[]PX^_][^\x07\x1b\n]*\x07?"  # title, link, image: up to its end, or at worst to the end of the line
    r"|\x1b[ -/]*[0-Z\\`-~]"
    r"|\x1b(?:\[[0-?]*)?[ -/]*"  # not finished yet, or malformed
)
_STRING_END = re.compile(r"[\x07\x1b\n]")
_PARAMETERS = re.compile(r"[0-9;]*")


class TerminalModel:
    """The lines of one stream that can still change, and its cursor."""

    def __init__(self, window: int = WINDOW, colors: bool = False) -> None:
        self._window = window
        self._style = Style() if colors else None
        self._slack = 2 * window  # rows kept before the oldest are dropped, all at once
        self._rows = [Line()]  # all but the last have begun
        self._at = 0
        self._column: int | None = None  # None: behind the last character, not counted
        self._page = -1  # the row that became the top when the screen was first cleared or addressed by row
        self._saved: tuple[Line, int] | None = None
        self._unfinished = ""
        self._in_string = False
        self._unseen: set[Line] = set()
        self._began: list[Line] = []

    def feed(self, text: str) -> list[Line]:
        """Show the text; the lines that began with it, in order. Lines that began earlier are marked `changed`."""
        if self._unfinished:
            text, self._unfinished = self._unfinished + text, ""
        if self._in_string:
            text = self._rest_of_string(text)
        if "\r\n" in text:
            text = text.replace("\r\n", "\n")
        is_plain = self._style is None or self._style.character == PLAIN
        if is_plain and self._column is None and self._at == len(self._rows) - 1 and not _CONTROL.search(text):
            self._feed_plain(text)
        else:
            self._feed_any(text)
        began = self._began
        if began:
            self._began = []
        return began

    def at_rest(self) -> bool:
        """Whether a new model would go on just like this one, which can then be dropped."""
        self._trim()
        return (
            len(self._rows) == 1
            and not self._rows[0].begun
            and not self._column
            and not self._unfinished
            and not self._in_string
            and (self._style is None or self._style.character == PLAIN)
            and (self._saved is None or self._saved[0] is not self._rows[0])
        )

    def _feed_plain(self, text: str) -> None:
        rows = self._rows
        parts = text.split("\n")
        if parts[0]:
            self._write(parts[0])
        if len(parts) > 1:
            self._begin(rows[-1])
            if len(parts) > 2:
                ended = [Line(part, begun=True) for part in parts[1:-1]]
                self._began += ended
                rows += ended
            rows.append(Line())
            self._at = len(rows) - 1
            if self._at >= self._slack:
                self._drop(len(rows) - self._window)
            if parts[-1]:
                self._write(parts[-1])
        if self._unseen:
            self._hide_unseen()

    def _feed_any(self, text: str) -> None:
        for match in _TOKEN.finditer(text):  # what it passes over is other control characters
            token = match.group()
            kind = token[0]
            if kind == "\r":
                self._column = 0
            elif kind == "\n":
                self._new_line()
            elif kind == "\x1b":
                self._escape(token, match.end() == len(text))
            elif kind == "\b":
                self._column = max(self._cursor() - 1, 0)
            elif kind in "\v\f":
                column = self._cursor()
                self._new_line()
                self._column = column
            else:
                self._write(token)
        self._hide_unseen()

    def _write(self, text: str) -> None:
        line = self._rows[self._at]
        if line.final:
            line = self._rows[self._at] = Line()
            self._column = None
        self._begin(line)
        if self._style is not None:
            line.style = self._style.character
        if self._column is None or (self._column == 0 and line.is_empty()):
            if line.style == PLAIN and line.append(text):
                self._column = None
                return
            self._column = line.width()
        self._column = line.write(self._column, text)

    def _begin(self, line: Line) -> None:
        if not line.begun:
            line.begun = True
            self._began.append(line)

    def _new_line(self) -> None:
        if self._at == len(self._rows) - 1:
            self._begin(self._rows[self._at])
            self._rows.append(Line())
        self._at += 1
        self._column = None if self._rows[self._at].is_empty() else 0
        if self._at >= self._slack:
            self._drop(len(self._rows) - self._window)

    def _cursor(self) -> int:
        """The column, counted from now on."""
        if self._column is None:
            line = self._rows[self._at]
            self._column = 0 if line.final else line.width()
        return self._column

    def _trim(self) -> None:
        """Drop the rows that the cursor can't reach: afterwards row 0 is the top of the screen."""
        count = max(len(self._rows) - self._window, 0)
        while count < self._at and self._rows[count].final:
            count += 1
        if count:
            self._drop(count)

    def _drop(self, count: int) -> None:
        del self._rows[:count]
        self._at -= count
        if self._page >= 0:
            self._page = max(self._page - count, 0)

    def _hide_unseen(self) -> None:
        """Hide the blank lines at and below the cursor that nothing follows: nobody sees them."""
        unseen = set()
        for line in reversed(self._rows[self._at :]):
            if line.final or not line.is_blank():
                break
            if line.begun:
                unseen.add(line)
        for line in self._unseen ^ unseen:
            if not line.final:
                line.hidden = line in unseen
                line.changed = True
        self._unseen = unseen

    def _rest_of_string(self, text: str) -> str:
        """What follows the title, link or image that an earlier text left open."""
        match = _STRING_END.search(text)
        self._in_string = match is None
        if match is None:
            return ""
        return text[match.end() :] if match.group() == "\x07" else text[match.start() :]

    def _escape(self, token: str, is_last: bool) -> None:
        kind = token[1:2]
        final = token[-1]
        if final == "m" and kind == "[":
            if self._style is not None:
                self._style.apply(token[2:-1])
            return
        if kind and kind in "]PX^_":
            self._in_string = is_last and final != "\x07"
        elif kind == "[" and len(token) > 2 and "@" <= final <= "~":
            if _PARAMETERS.fullmatch(token, 2, len(token) - 1):
                self._control_sequence(final, token[2:-1])
        elif len(token) == 2 and kind in "78Mc":
            self._short_escape(kind)
        elif is_last and len(token) < _LONGEST_ESCAPE and (kind == "[" or not "0" <= final <= "~"):
            self._unfinished = token

    def _short_escape(self, kind: str) -> None:
        if kind == "7":
            self._saved = (self._rows[self._at], self._cursor())
        elif kind == "8" and self._saved:
            self._trim()
            if self._saved[0] in self._rows:
                self._at, self._column = self._rows.index(self._saved[0]), self._saved[1]
        elif kind == "M":
            self._move(-1)
        elif kind == "c":
            self._go_to(1, 1)
            self._erase_screen(2)

    def _control_sequence(self, kind: str, parameters: str) -> None:
        numbers = [int(digits[:6] or "0") for digits in parameters.split(";")]
        count = numbers[0] or 1
        if kind in "ABEF":
            self._move(count if kind in "BE" else -count)
            if kind in "EF":
                self._column = 0
        elif kind == "C":
            self._go_right_to(self._cursor() + count)
        elif kind == "D":
            self._column = max(self._cursor() - count, 0)
        elif kind == "G":
            self._go_right_to(count - 1)
        elif kind in "Hf":
            self._go_to(count, (numbers + [1])[1] or 1)
        elif kind == "J":
            self._erase_screen(numbers[0])
        elif kind == "K":
            self._erase_line(numbers[0])
        elif kind in "su":
            self._short_escape("7" if kind == "s" else "8")

    def _move(self, rows: int) -> None:
        self._cursor()
        self._trim()
        self._at = min(max(self._at + rows, 0), len(self._rows) - 1)

    def _go_right_to(self, column: int) -> None:
        line = self._rows[self._at]
        self._column = min(column, max(FARTHEST_COLUMN, 0 if line.final else line.width()))

    def _go_to(self, row: int, column: int) -> None:
        target = min(self._page_top() + row, self._window) - 1
        while len(self._rows) <= target:
            self._begin(self._rows[-1])
            self._rows.append(Line())
        self._at = target
        self._go_right_to(column - 1)

    def _page_top(self) -> int:
        """The row that counts as the first of the screen; what was printed before a program took it stays."""
        if self._page < 0:
            self._at = len(self._rows) - 1
            if self._rows[self._at].begun:
                self._new_line()
            self._page = self._at
            self._column = None
        self._trim()
        return self._page

    def _erase_line(self, mode: int) -> None:
        line, column = self._rows[self._at], self._cursor()
        if not line.final and mode <= 2:
            line.erase(column if mode == 0 else 0, column + 1 if mode == 1 else None)

    def _erase_screen(self, mode: int) -> None:
        if mode == 0:
            rows = self._rows[self._at + 1 :]
        elif mode <= 2:
            top = self._page_top()
            rows = self._rows[top : self._at] if mode == 1 else self._rows[top:]
        else:
            return
        if mode < 2:
            self._erase_line(mode)
        self._cursor()
        for line in rows:
            if not line.final:
                line.erase(0)
