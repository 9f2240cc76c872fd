"""Rows to a CSV file (RFC 4180, UTF-8, with a header): texts in quotes, numbers without, nothing for no value.

Python's own writer can't do that before 3.12: an empty text and a missing value would look the same.
"""

from __future__ import annotations

from itertools import repeat
from math import isfinite
from typing import Any, Callable, Dict, Iterable, Iterator, List

from wandb.export.columns import BOOLEAN, FLOAT, INTEGER, clean, grouped, special_name, values_of

_ROWS_AT_ONCE = 1000


class Writer:
    """Writes files with these columns."""

    def __init__(self, types: Dict[str, str]) -> None:
        self._types = list(types.items())
        self._places = {name: place for place, name in enumerate(types)}
        self._header = ",".join(_quoted(clean(name)) for name in types) + "\n"

    def write(self, path: str, rows: Iterable[Dict[str, Any]], most: int) -> None:
        """Write a file, holding at most so many rows. Raises OSError if the disk refuses."""
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(self._header)
            for group in grouped(rows, min(most, _ROWS_AT_ONCE)):
                file.writelines(",".join(line) + "\n" for line in zip(*self._cells(group)))

    def _cells(self, group: List[Dict[str, Any]]) -> Iterator[Iterable[str]]:
        """The texts of the columns; those without values that are side by side are one column of nothing but commas."""
        done = 0
        for place in [*sorted(self._places[name] for name in set().union(*group)), len(self._places)]:
            if place > done:
                yield repeat("," * (place - done - 1), len(group))
            if place < len(self._places):
                name, kind = self._types[place]
                cell = _CELLS.get(kind, _quoted)
                yield ["" if value is None else cell(value) for value in values_of(group, name, kind)]
            done = place + 1


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _number(value: float) -> str:
    return repr(value) if isfinite(value) else special_name(value)


_CELLS: Dict[str, Callable[[Any], str]] = {
    BOOLEAN: lambda value: "true" if value else "false",
    INTEGER: repr,
    FLOAT: _number,
}
