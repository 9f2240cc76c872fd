"""The JSON text of an item as a value, with a bound for its depth: readers and writers of JSON and YAML recurse."""

from __future__ import annotations

import json

from wandb.errors import CorruptLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

# Deeper values, and longer paths, than any program records (its own bound is 64).
MOST_DEPTH = 100
_CONTAINERS = (dict, list)
_NUMBERS = {int, float}
_scan: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # what `raw_decode` calls, without that call


def value_of_text(text: str) -> Any:
    """The value; JSON with bare NaN and Infinity. Raises CorruptLog for text that is no JSON, or nested too deeply."""
    try:
        value, end = _scan(text, 0)
        if end != len(text):
            value = json.loads(text)
    except (ValueError, StopIteration, RecursionError):
        value = _value_of_odd_text(text)
    if type(value) in _CONTAINERS and text.count("[") + text.count("{") > MOST_DEPTH and _is_too_deep(value):
        raise CorruptLog(f"nested too deeply: {text[:100]!r}")
    return value


def numbers_of_texts(texts: List[str]) -> List[Any] | None:
    """The values of several texts, parsed at once; None if one of them is anything else than a number.

    Where there is no quote or bracket, only commas part values: with as many values as texts, each text was one.
    """
    joined = ",".join(texts)
    if '"' in joined or "[" in joined or "{" in joined:
        return None
    try:
        values, end = _scan(f"[{joined}]", 0)
    except (ValueError, StopIteration):
        return None
    if end != len(joined) + 2 or len(values) != len(texts) or not _NUMBERS.issuperset(map(type, values)):
        return None
    return list(values)


def _value_of_odd_text(text: str) -> Any:
    """One that blanks may stand around, which is right, but rare."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptLog(f"not JSON: {text[:100]!r}") from error


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH):
        inner = (part for outer in level for part in (outer.values() if type(outer) is dict else outer))
        level = [part for part in inner if type(part) in _CONTAINERS]
        if not level:
            return False
    return True
