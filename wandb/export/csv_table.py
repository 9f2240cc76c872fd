"""Rows to a CSV file (RFC 4180, UTF-8, with a header): texts in quotes, numbers without, nothing for no value.

Python's own writer can't do that before 3.12: an empty text and a missing value would look the same.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Dict, Iterable

from wandb.export.columns import BOOLEAN, FLOAT, INTEGER, clean, special_name, values_of


def write(path: str, types: Dict[str, str], rows: Iterable[Dict[str, Any]]) -> None:
    """Write a file with these columns. Raises OSError if the disk refuses."""
    cells = {BOOLEAN: lambda value: "true" if value else "false", INTEGER: repr, FLOAT: _number}
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(_quoted(clean(name)) for name in types) + "\n")
        for row in rows:
            line = []
            for name, kind in types.items():
                (value,) = values_of((row,), name, kind)
                line.append("" if value is None else cells.get(kind, _quoted)(value))
            file.write(",".join(line) + "\n")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _number(value: float) -> str:
    return repr(value) if isfinite(value) else special_name(value)
