"""The one rule how config changes add up: for config.yaml, which the service makes, and for `init` of a resumed run.

Values are JSON values; a config is a dict of them, changed in place.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple


def merge(values: Dict[str, Any], path: Tuple[str, ...], value: Any) -> None:
    """Set a value at a path; a dict is merged into the dict that stands there. Dicts and lists are not copied."""
    for key in path[:-1]:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    old = values.get(path[-1])
    if isinstance(old, dict) and isinstance(value, dict):
        for key, inner_value in value.items():
            merge(old, (key,), inner_value)
    else:
        values[path[-1]] = value


def remove(values: Dict[str, Any], path: Tuple[str, ...]) -> None:
    """Take away what is at a path, if anything is."""
    holders: List[Dict[str, Any]] = [values]
    for key in path[:-1]:
        inner = holders[-1].get(key)
        if not isinstance(inner, dict):
            return
        holders.append(inner)
    holders[-1].pop(path[-1], None)
