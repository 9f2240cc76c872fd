"""Which columns a table has and of which type: settled by all its values before the first of them is written.

| values of a column | its type |
|---|---|
| true and false | boolean |
| integers of 64 bits | 64-bit integer |
| numbers, at least one of them a float | 64-bit float; an integer beyond 2^53 is rounded to the nearest |
| texts; nothing but null | text |
| anything else: nested, media, of several kinds, integers beyond 64 bits without floats | JSON text of each value |
"""

from __future__ import annotations

import json
from itertools import islice
from math import inf, isfinite, isnan
from typing import Any, Callable, Dict, Iterable, Iterator, List

BOOLEAN, INTEGER, FLOAT, TEXT, JSON = "boolean", "integer", "float", "text", "json"
_TRUTH, _INT, _LARGE_INT, _FLOAT, _TEXT, _NESTED = 1, 2, 4, 8, 16, 32
_SEEN = {bool: _TRUTH, int: _INT, float: _FLOAT, str: _TEXT, type(None): 0, list: _NESTED, dict: _NESTED}
_MOST_INT, _LEAST_INT = 2**63 - 1, -(2**63)


class Columns:
    """The columns that a table needs; fed with all its rows."""

    def __init__(self) -> None:
        self._seen: Dict[str, int] = {}

    def see(self, row: Dict[str, Any]) -> None:
        """Take in one row."""
        seen = self._seen
        for name, value in row.items():
            kind = _SEEN[type(value)]
            if kind == _INT and not _LEAST_INT <= value <= _MOST_INT:
                kind = _LARGE_INT
            known = seen.get(name, -1)
            if known < 0:
                seen[name] = kind
            elif kind | known != known:
                seen[name] = kind | known

    def types(self) -> Dict[str, str]:
        """The type of each column, in their order: names that begin with `_` first, then by name."""
        names = sorted(self._seen, key=lambda name: (name[:1] != "_", name))
        return {name: _type_of(self._seen[name]) for name in names}


def _type_of(seen: int) -> str:
    if seen & _FLOAT and not seen & ~(_FLOAT | _INT | _LARGE_INT):
        return FLOAT
    return {0: TEXT, _TRUTH: BOOLEAN, _INT: INTEGER, _TEXT: TEXT}.get(seen, JSON)


def values_of(rows: Iterable[Dict[str, Any]], name: str, kind: str) -> List[Any]:
    """The values of one column of some rows, converted to its type; None where a row has none."""
    convert = _CONVERSIONS.get(kind)
    values = (row.get(name) for row in rows)
    if convert is None:
        return list(values)
    return [None if value is None else convert(value) for value in values]


def grouped(rows: Iterable[Dict[str, Any]], size: int) -> Iterator[List[Dict[str, Any]]]:
    """The rows in lists of at most so many."""
    left = iter(rows)
    return iter(lambda: list(islice(left, size)), [])


def json_text(value: Any) -> str:
    """JSON that every reader takes: the words NaN, Infinity and -Infinity, which JSON has not, become texts."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return special_name(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def special_name(value: float) -> str:
    """NaN, Infinity or -Infinity."""
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"


def clean(text: str) -> str:
    """`text` without what UTF-8 can't hold: halves of surrogate pairs become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def to_float(value: Any) -> float:
    """The nearest float: an infinite one for an integer beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


_CONVERSIONS: Dict[str, Callable[[Any], Any]] = {
    FLOAT: to_float,
    TEXT: clean,
    JSON: lambda value: clean(json_text(value)),
}
