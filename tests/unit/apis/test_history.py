"""From records to rows: names, nesting, media, and the thinning of long histories."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest

from wandb.apis.history import row_of, thinned
from wandb.errors import CorruptLog
from wandb.wire.decode import message_class
from wandb.wire.row_items import RowItems


def row(*items: Tuple[Any, Any]) -> Dict[str, Any]:
    history = message_class("HistoryRecord")()
    for key, value in items:
        history.item.add(nested_key=key if isinstance(key, tuple) else (key,), value_json=json.dumps(value))
    return row_of(RowItems(history))


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([("a", 1), ("b/c", "x"), ("", 2), ("ü.x", None)], {"a": 1, "b/c": "x", "": 2, "ü.x": None}),
        ([(("a", "b"), 1), (("a", "c", "d"), 2)], {"a.b": 1, "a.c.d": 2}),
        ([("a", {"b": {"c": 1}, "e": {}})], {"a.b.c": 1, "a.e": {}}),
        ([("a", [1, {"b": 2}])], {"a": [1, {"b": 2}]}),
        ([("i", {"_type": "image-file", "path": "x"})], {"i": {"_type": "image-file", "path": "x"}}),
        ([(("i", "_type"), "image-file"), (("i", "path"), "x")], {"i": {"_type": "image-file", "path": "x"}}),
        ([("a.b", 1), ("a", {"b": 2})], {"a.b": 1, "a": {"b": 2}}),
        ([("a", {"b": 2}), ("a", 3)], {"a": 3}),
    ],
)
def test_row__of_odd_names_and_nested_values__loses_nothing(items: List[Tuple[Any, Any]], expected: Any) -> None:
    """Upstream's client writes leaves, ours may write whole values: both are the same row."""
    assert row(*items) == expected


def test_row__nested_beyond_reason__stays_a_value() -> None:
    """It must not end in a recursion error."""
    value: Any = 1
    for _ in range(90):
        value = {"k": value}
    ((name, kept),) = row(("a", value)).items()
    assert name.startswith("a.k.k") and isinstance(kept, dict)


def test_row__with_a_value_that_is_no_json__is_damage() -> None:
    """The caller notes it, and leaves the row out."""
    history = message_class("HistoryRecord")()
    history.item.add(key="a", value_json="{")
    with pytest.raises(CorruptLog):
        row_of(RowItems(history))


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 20, 21, 22, 1000])
@pytest.mark.parametrize("most", [1, 2, 10])
def test_thinned__any_length__is_at_most_that_many_with_the_last(count: int, most: int) -> None:
    """The first one, too, if there is room for two."""
    numbers = [found["n"] for found in thinned(({"n": number} for number in range(count)), most)]
    assert len(numbers) == min(count, most) and numbers == sorted(set(numbers))
    assert not count or numbers[-1] == count - 1 and (most == 1 or numbers[0] == 0)
