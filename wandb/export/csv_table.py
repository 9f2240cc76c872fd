"""Rows to a CSV file (RFC 4180, UTF-8, with a header): texts in quotes, numbers without, nothing for no value.

Python's own writer can't do that before 3.12: an empty text and a missing value would look the same.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Dict, Iterable

from wandb.export.columns import BOOLEAN, FLOAT, INTEGER, clean, grouped, special_name, values_of

_ROWS_AT_ONCE = 1000


def write(path: str, types: Dict[str, str], rows: Iterable[Dict[str, Any]], most: int) -> None:
    """Write a file with these columns, holding at most so many rows. Raises OSError if the disk refuses."""
    cells = {BOOLEAN: lambda value: "true" if value else "false", INTEGER: repr, FLOAT: _number}
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(_quoted(clean(name)) for name in types) + "\n")
        for group in grouped(rows, min(most, _ROWS_AT_ONCE)):
            columns = []
            for name, kind in types.items():
                cell = cells.get(kind, _quoted)
                columns.append(["" if value is None else cell(value) for value in values_of(group, name, kind)])
            file.writelines(",".join(line) + "\n" for line in zip(*columns))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _number(value: float) -> str:
    return repr(value) if isfinite(value) else special_name(value)
