"""Rows and system metrics as the JSON lines of a server's history and events."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Dict, List, Tuple

from wandb.wire.decode import moment_of
from wandb.wire.row_items import MOST_STEP, RowItems, value_of

_quoted = lru_cache(maxsize=8192)(json.dumps)


def row_line(row: RowItems, least_step: int, earlier_runtime: float = 0.0) -> Tuple[str, int]:
    """(line, its step) of a row; a step below `least_step`, or none, becomes that.

    `earlier_runtime` is added to `_runtime`: the seconds that a resumed run had taken before. Values keep the text
    that they have in the record. Only what is nested has to be put together.
    Raises CorruptLog for a path that is too long.
    """
    step = row.step()
    step = least_step if step is None else min(max(step, least_step), MOST_STEP)
    flat: Dict[str, str] = {}
    nested: List[Tuple[Tuple[str, ...], str]] = []
    if row.is_flat:
        flat.update(zip(row.names, row.texts))
    else:
        for path, text in zip(row.paths(), row.texts):
            if len(path) == 1:
                flat[path[0]] = text
            else:
                nested.append((path, text))
    flat["_step"] = str(step)
    if earlier_runtime and "_runtime" in flat:
        flat["_runtime"] = _plus(flat["_runtime"], earlier_runtime)
    for name, tree in _trees(nested).items():
        flat[name] = _text_of(tree)
    return _one_line("{" + ",".join([f"{_quoted(name)}:{text}" for name, text in flat.items()]) + "}"), step


def _plus(text: str, seconds: float) -> str:
    value = json.loads(text)
    return json.dumps(value + seconds) if isinstance(value, (int, float)) else text


def _trees(nested: List[Tuple[Tuple[str, ...], str]]) -> Dict[str, Any]:
    """Paths and texts as dicts of dicts; a later value takes the place of an earlier one that is in its way."""
    trees: Dict[str, Any] = {}
    for path, text in nested:
        tree = trees
        for part in path[:-1]:
            below = tree.get(part)
            if type(below) is not dict:
                below = tree[part] = {}
            tree = below
        tree[path[-1]] = text
    return trees


def _text_of(tree: Any) -> str:
    if type(tree) is not dict:
        return str(tree)
    return "{" + ",".join(f"{_quoted(name)}:{_text_of(below)}" for name, below in tree.items()) + "}"


def event_line(stats: Any, start_time: float) -> str:
    """The line of a StatsRecord. Raises CorruptLog if a value is no JSON."""
    moment = moment_of(stats.timestamp)
    fixed = {"_wandb": True, "_timestamp": moment, "_runtime": moment - start_time}
    for item in stats.item:
        value_of(item)
    items = "".join(f",{_quoted('system.' + item.key)}:{item.value_json}" for item in stats.item)
    return _one_line(json.dumps(fixed)[:-1] + items + "}")


def _one_line(text: str) -> str:
    """A writer of another kind may have put line ends between values; within texts they are escaped."""
    return text.replace("\n", " ").replace("\r", " ") if "\n" in text or "\r" in text else text
