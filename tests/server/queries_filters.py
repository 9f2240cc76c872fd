"""Which runs a query means and in which order: the part of MongoDB's language that the tests use, on its own feet."""

from __future__ import annotations

import json
import operator
import re
from functools import partial
from typing import Any, Callable, Dict, List, TypeVar

from tests.server.received import Refused

_COMPARISONS: Dict[str, Callable[[Any, Any], bool]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
    "$in": lambda value, wanted: value in wanted,
    "$nin": lambda value, wanted: value not in wanted,
    "$regex": lambda value, wanted: re.search(wanted, value) is not None,
}
_Item = TypeVar("_Item")


def matches(value_of: Callable[[str], Any], filters: Dict[str, Any]) -> bool:
    """Whether all conditions hold of what `value_of` knows by name; None is what it does not have."""
    for name, wanted in filters.items():
        if name in ("$and", "$or"):
            parts = [matches(value_of, part) for part in wanted]
            if not (all(parts) if name == "$and" else any(parts)):
                return False
        elif not _holds(value_of(name), wanted):
            return False
    return True


def _holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted) or (isinstance(value, list) and wanted in value)
    if isinstance(value, list):
        return any(_holds(item, wanted) for item in value)
    for name, other in wanted.items():
        if name not in _COMPARISONS:
            raise Refused(f"a filter with {name}")
        if value is None or not _COMPARISONS[name](value, other):
            return False
    return True


def chosen(
    items: List[_Item], value_of: Callable[[_Item, str], Any], filters: str | None, order: str | None
) -> List[_Item]:
    """Those that the filters mean, in the order `+name` or `-name`; what has no such value comes last."""
    wanted = json.loads(filters or "{}")
    found = [item for item in items if matches(partial(value_of, item), wanted)]
    if not order:
        return found
    if order[0] not in "+-":
        raise Refused(f"an order without + or -: {order}")
    known = [item for item in found if value_of(item, order[1:]) is not None]
    known.sort(key=lambda item: value_of(item, order[1:]), reverse=order[0] == "-")
    return known + [item for item in found if value_of(item, order[1:]) is None]


def page(nodes: List[Any], after: str | None, first: int | None) -> Dict[str, Any]:
    """The form of all lists that come in pages."""
    start = int(after) if after else 0
    end = len(nodes) if first is None else start + first
    edges = [{"node": node, "cursor": str(start + number + 1)} for number, node in enumerate(nodes[start:end])]
    info = {"endCursor": str(min(end, len(nodes))), "hasNextPage": end < len(nodes)}
    return {"edges": edges, "pageInfo": info, "totalCount": len(nodes)}
