"""Which runs are meant, and in which order: the filters and orders of the public API, over runs of this disk.

Filters are a part of MongoDB's query language: `$and`, `$or`, `$nor`, `$not`, `$eq`, `$ne`, `$gt`, `$gte`, `$lt`,
`$lte`, `$in`, `$nin`, `$exists`, `$regex`. A list (the tags) matches a value that it contains.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, Iterable, List

from wandb.errors import ApiValueError

if TYPE_CHECKING:
    from wandb.apis.local_run import LocalRun

    Test = Callable[[LocalRun], bool]

_MISSING: Any = object()
# Upstream's names of one thing, for filters and orders.
_ATTRIBUTES = {
    "created_at": "created_at", "createdAt": "created_at", "heartbeat_at": "heartbeat_at",
    "heartbeatAt": "heartbeat_at",
    "display_name": "name", "displayName": "name", "name": "id", "id": "id", "state": "state", "group": "group",
    "jobType": "job_type", "job_type": "job_type", "notes": "notes", "tags": "tags", "host": "host", "commit": "commit",
    "sweep": "sweep_name", "project": "project", "entity": "entity", "username": "entity",
}  # fmt: skip


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, wanted: Any) -> bool:
        try:
            return value is not _MISSING and bool(compare(value, wanted))
        except TypeError:
            return False  # values of two kinds have no order

    return test


def _equals(value: Any, wanted: Any) -> bool:
    if value is _MISSING:
        return wanted is None
    return bool(value == wanted) or (isinstance(value, list) and wanted in value)


_OPERATORS: Dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _equals,
    "$ne": lambda value, wanted: not _equals(value, wanted),
    "$gt": _compared(operator.gt),
    "$gte": _compared(operator.ge),
    "$lt": _compared(operator.lt),
    "$lte": _compared(operator.le),
    "$in": lambda value, wanted: any(_equals(value, item) for item in wanted),
    "$nin": lambda value, wanted: not any(_equals(value, item) for item in wanted),
    "$exists": lambda value, wanted: (value is not _MISSING) == bool(wanted),
    "$regex": lambda value, wanted: isinstance(value, str) and re.search(wanted, value) is not None,
}


def matcher(filters: Dict[str, Any]) -> Test:
    """Whether a run matches; raises ApiValueError for an operator or a name that is not known, or has no sense."""
    if not isinstance(filters, dict) or not all(isinstance(name, str) for name in filters):
        raise ApiValueError(f"A filter is a dict of names and values, not {filters!r:.200}.")
    tests = [_test_of(name, wanted) for name, wanted in filters.items()]
    return lambda run: all(test(run) for test in tests)


def _test_of(name: str, wanted: Any) -> Test:
    if name in ("$and", "$or", "$nor"):
        tests = [matcher(part) for part in _list_of(name, wanted)]
        if name == "$and":
            return lambda run: all(test(run) for test in tests)
        return lambda run: any(test(run) for test in tests) == (name == "$or")
    if name.startswith("$"):
        raise ApiValueError(f"A filter knows no {name}; see wandb.apis.choice for the operators that it knows.")
    _value_of(None, name)
    if not isinstance(wanted, dict) or not any(str(key).startswith("$") for key in wanted):
        return lambda run: _equals(_value_of(run, name), wanted)
    for key in wanted:
        if key != "$not" and key not in _OPERATORS:
            raise ApiValueError(f"A filter knows no {key}; it knows {', '.join(sorted(_OPERATORS))}.")
        if key in ("$in", "$nin"):
            _list_of(key, wanted[key])
        elif key == "$regex":
            _check_pattern(wanted[key])
    if "$not" in wanted:
        inner = _test_of(name, wanted["$not"])
        rest = {key: value for key, value in wanted.items() if key != "$not"}
        others = _test_of(name, rest) if rest else None
        return lambda run: not inner(run) and (others is None or others(run))
    return lambda run: all(_OPERATORS[key](_value_of(run, name), value) for key, value in wanted.items())


def _list_of(name: str, wanted: Any) -> Collection[Any]:
    if not isinstance(wanted, (list, tuple, set, frozenset)):
        raise ApiValueError(f"In a filter, {name} takes a list, not {wanted!r:.200}.")
    return wanted


def _check_pattern(wanted: Any) -> None:
    text = getattr(wanted, "pattern", wanted)  # also one that is compiled
    try:
        if not isinstance(text, str):
            raise TypeError("a pattern is a text")
        re.compile(wanted)
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise ApiValueError(f"In a filter, $regex takes a pattern, not {wanted!r:.200}: {error}.") from None


def _value_of(run: LocalRun | None, name: str) -> Any:
    """A value of a run by the name that filters have for it; `run` None only checks the name."""
    first, _, rest = name.partition(".")
    if name in _ATTRIBUTES:
        return None if run is None else getattr(run, _ATTRIBUTES[name])
    if first in ("config", "summary_metrics", "summary") and rest:
        if run is None:
            return None
        return _below(run.config if first == "config" else run.summary_metrics, rest)
    raise ApiValueError(f"Runs have no {name!r} to choose by, but state, tags, config.NAME, summary_metrics.NAME…")


def _below(values: Any, name: str) -> Any:
    """A value by its name, which may have dots, or by its path; servers write `config.lr.value` as well."""
    if not isinstance(values, dict):
        return _MISSING
    if name in values:
        return values[name]
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        above, rest = ".".join(parts[:count]), ".".join(parts[count:])
        if above in values:
            found = values[above]
            return found if rest == "value" and not isinstance(found, dict) else _below(found, rest)
    return _MISSING


def ordered(runs: Iterable[LocalRun], order: str) -> List[LocalRun]:
    """Sorted by a name behind `+` (the default) or `-`; runs without such a value come last."""
    if not isinstance(order, str):
        raise ApiValueError(f"An order is a name behind + or -, not {order!r:.200}.")
    name, backwards = order.lstrip("+-"), order.startswith("-")
    keyed = [(_value_of(run, name), run) for run in runs]
    known = [(value, run) for value, run in keyed if value is not _MISSING and value is not None]
    try:
        known.sort(key=lambda pair: pair[0], reverse=backwards)
    except TypeError:
        known.sort(key=lambda pair: str(pair[0]), reverse=backwards)
    sorted_runs = [run for _, run in known]
    return sorted_runs + [run for value, run in keyed if value is _MISSING or value is None]
