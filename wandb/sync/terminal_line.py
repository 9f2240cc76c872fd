"""One line of a terminal: its cells, and what overwriting and erasing make of them.

Used by `terminal_model.py`, which moves the cursor, and by `output.py`, which writes lines to the file. A line knows
neither its neighbours nor any escape sequence; what it is given holds no control character other than tab.

Plain text is kept in pieces as it came. Only when the cursor moves within a line does it become cells, in blocks, so
that an edit costs the same in a line of 80 characters and in one of 50 million. No line is cut.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from wandb.sync.terminal_style import PLAIN, styled

_BLOCK = 4096  # cells in a block: an edit copies one block, not the line
_FILL = "\0"  # the other cells of a tab or of a wide character; user text never holds it
_MOST_MARKS = 32
_SAME_STYLE = re.compile(r"(.)\1*", re.DOTALL)
_RUN = re.compile(rf"\t|[^\t]{{1,{_BLOCK}}}")


@lru_cache(maxsize=8192)
def cell_width(character: str) -> int:
    """How many cells a printable character takes: 0 if it joins the one before it, 2 if it is wide."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf") and character != "\u00ad":
        return 0
    if "\u1160" <= character <= "\u11ff":  # Hangul vowels and finals complete the syllable before them
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


class Line:
    """One line of the screen. Who holds it may set the public attributes; they mean nothing to the line itself."""

    __slots__ = (
        *("_text", "_more", "_cells", "_styles", "_marks", "_edited", "_wide", "_written"),
        *("begun", "changed", "final", "hidden", "prefix", "start", "stop", "style"),
    )

    def __init__(self, text: str = "", begun: bool = False) -> None:
        self._text = text  # what was appended, with the pieces in `_more`; until there are cells
        self._more: list[str] | None = None
        self._cells: list[str] | None = None  # blocks of cells, all but the last full and none empty
        self._styles: list[str] | None = None  # as many, of the characters of `terminal_style`; None: all plain
        self._marks: dict[int, str] | None = None  # combining characters, by the cell they stand on
        self._edited = self._wide = self.final = self.hidden = False
        self._written = self.start = self.stop = -1
        self.prefix = ""
        self.style = PLAIN  # of what is written from now on
        self.begun = begun
        self.changed = True

    def text(self) -> str:
        """The line as one sees it; trailing spaces count only if nothing was overwritten or erased."""
        if self._cells is None:
            return self._text + "".join(self._more) if self._more else self._text
        cells = "".join(self._cells)
        return self._rendered(cells, 0, self._end(cells))

    def styled_text(self) -> str:
        """The same with its colours; each piece of one style switches it on and off again."""
        if self._styles is None or self._cells is None:
            return self.text()
        cells, styles = "".join(self._cells), "".join(self._styles)
        end = max(self._end(cells), len(styles.rstrip(PLAIN)))
        pieces = (match.span() for match in _SAME_STYLE.finditer(styles, 0, end))
        return "".join(styled(styles[start], self._rendered(cells, start, stop)) for start, stop in pieces)

    def _end(self, cells: str) -> int:
        if not self._edited:
            return len(cells)
        return max(len(cells.rstrip(" ")), max(self._marks or (-1,)) + 1)

    def _rendered(self, cells: str, start: int, stop: int) -> str:
        pieces: list[str] = []
        for column in sorted(self._marks or ()):
            if start <= column < stop:
                pieces += cells[start : column + 1], self._marks[column]  # type: ignore[index]
                start = column + 1
        return ("".join(pieces) + cells[start:stop]).replace(_FILL, "")

    def addition(self) -> str | None:
        """What was appended since `mark_written`; None if more than that may have changed."""
        if self._cells is not None or self._written < 0:
            return None
        return "".join(self._more[self._written :]) if self._more else ""

    def mark_written(self, start: int, stop: int) -> None:
        """Note that the text as it is now stands in the file from `start` to `stop`."""
        self.start, self.stop, self.changed = start, stop, False
        self._written = len(self._more or ()) if self._text else -1

    def release(self) -> None:
        """Give the memory back: the line is final, and is in the file."""
        self._text, self._more, self._cells, self._styles, self._marks = "", None, None, None, None

    def is_empty(self) -> bool:
        """Whether there is no cell at all, not even a space."""
        return not self._text if self._cells is None else not self._cells

    def is_blank(self) -> bool:
        """Whether it is empty, or all of it was erased or overwritten by spaces."""
        if self._cells is None:
            return not self._text
        return not self._cells or (self._edited and not any(block.strip(" ") for block in self._cells))

    def size(self) -> int:
        """Characters held in memory."""
        return len(self._text) + sum(sum(map(len, held or ())) for held in (self._more, self._cells, self._styles))

    def width(self) -> int:
        """Cells up to the end of the text; from now on the line consists of cells."""
        cells = self._blocks()
        return (len(cells) - 1) * _BLOCK + len(cells[-1]) if cells else 0

    def append(self, text: str) -> bool:
        """Add to the end without counting cells, and say whether this can be done."""
        if not self._cells:
            if self._cells is not None:  # all was erased: start again
                self._cells, self._styles, self._written = None, None, -1
            if not self._text:
                self._text = text
            elif self._more is None:
                self._more = [text]
            else:
                self._more.append(text)
            self.changed = True
        return self._cells is None

    def _blocks(self) -> list[str]:
        if self._cells is None:
            text, style = self.text(), self.style
            self._cells, self._text, self._more = [], "", None
            self._edited = self._wide = False
            self.style = PLAIN
            self.write(0, text)
            self.style = style
        return self._cells

    def write(self, column: int, text: str) -> int:
        """Overwrite from `column` on; the column after it."""
        self._blocks()
        if text.isascii() and "\t" not in text:
            self._put(column, text)
            return column + len(text)
        for run in _RUN.findall(text):
            column = self._tabulate(column) if run == "\t" else self._write_run(column, run)
        return column

    def erase(self, start: int, end: int | None = None) -> None:
        """Blank the cells from `start` up to `end` or to the end of the text."""
        width = self.width()
        if start >= width:
            return
        if end is not None and end < width:
            self._put(start, " " * (end - start))
            return
        self._cut(start, width)
        index, rest = divmod(start, _BLOCK)
        for blocks in (self._blocks(), self._styles):
            if blocks is not None:
                blocks[index:] = [blocks[index][:rest]] if rest else []
        self._edited = self.changed = True

    def _tabulate(self, column: int) -> int:
        stop = column + 8 - column % 8
        if column >= self.width():  # else the cursor only moves over what is there
            self._wide = True
            self._put(column, "\t" + _FILL * (stop - column - 1))
        return stop

    def _write_run(self, column: int, run: str) -> int:
        if all(cell_width(character) == 1 for character in set(run)):
            self._put(column, run)
            return column + len(run)
        cells: list[str] = []
        marks: list[tuple[int, str]] = []
        for character in run:
            width = cell_width(character)
            if width == 0 and column + len(cells) > 0:
                marks.append((column + len(cells) - 1, character))
                continue
            cells.append(character)
            if width == 2:
                cells.append(_FILL)
                self._wide = True
        self._put(column, "".join(cells))
        for place, mark in marks:
            self._mark(place, mark)
        return column + len(cells)

    def _mark(self, column: int, mark: str) -> None:
        while self._cell(column) == _FILL:
            column -= 1
        if self._marks is None:
            self._marks = {}
        self._marks[column] = (self._marks.get(column, "") + mark)[:_MOST_MARKS]

    def _cell(self, column: int) -> str:
        index, rest = divmod(column, _BLOCK)
        blocks = self._blocks()
        return blocks[index][rest : rest + 1] if index < len(blocks) else ""

    def _put(self, column: int, cells: str) -> None:
        width = self.width()
        if column > width:
            cells = " " * (column - width) + cells
            column = width
            self._edited = True
        elif column < width and cells:
            self._cut(column, column + len(cells))
            self._edited = True
        self._splice(column, cells)
        self.changed = True

    def _splice(self, column: int, cells: str) -> None:
        blocks = self._blocks()
        if self._styles is None and self.style != PLAIN:
            self._styles = [PLAIN * len(block) for block in blocks]
        if self._styles is not None:
            _splice(self._styles, column, self.style * len(cells))
        _splice(blocks, column, cells)

    def _cut(self, start: int, end: int) -> None:
        """Prepare the cells to be overwritten: their marks go, and the other half of a wide one becomes blank."""
        marks = self._marks
        if marks:
            for column in range(start, end) if end - start < len(marks) else list(marks):
                if start <= column < end:
                    marks.pop(column, None)
        if not self._wide:
            return
        left, right = start, end
        while self._cell(left) == _FILL:
            left -= 1
        while self._cell(right) == _FILL:
            right += 1
        if left < start:
            self._splice(left, " " * (start - left))
            if marks:
                marks.pop(left, None)
        if end < right:
            self._splice(end, " " * (right - end))


def _splice(blocks: list[str], column: int, cells: str) -> None:
    """Overwrite from `column` on, which is not behind the end."""
    end = column + len(cells)
    first, last = column // _BLOCK, end // _BLOCK
    if first < len(blocks):
        cells = blocks[first][: column % _BLOCK] + cells
    if last < len(blocks):
        cells += blocks[last][end % _BLOCK :]
    blocks[first : last + 1] = [cells[at : at + _BLOCK] for at in range(0, len(cells), _BLOCK)]
