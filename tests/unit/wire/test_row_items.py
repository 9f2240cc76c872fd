"""Rows as read back: quickly where they are plain numbers, and to the same effect in every other case."""

from __future__ import annotations

import json
import math
from typing import Any, List, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wandb.errors import CorruptLog
from wandb.wire.decode import message_class
from wandb.wire.json_text import numbers_of_texts, value_of_text
from wandb.wire.row_items import RowItems, value_of

Items = List[Tuple[Tuple[str, ...], str]]
NAMES = st.text("ab_", max_size=2)
PATHS = st.one_of(st.tuples(NAMES), st.lists(NAMES, min_size=2, max_size=3).map(tuple))
NUMBERS = st.one_of(st.floats().map(json.dumps), st.integers().map(str))
TEXTS = st.one_of(
    NUMBERS, st.text('01,.[]{}"\\ :eENtrunl-', max_size=6), st.sampled_from(["true", "null", '"x"', "[1, 2]", "1e999", " 7\n", "-"])
)


def row(items: Items, with_keys: bool) -> RowItems:
    history = message_class("HistoryRecord")()
    for path, text in items:
        if with_keys and len(path) == 1 and path[0]:
            history.item.add(key=path[0], value_json=text)
        else:
            history.item.add(nested_key=path, value_json=text)
    return RowItems(history)


def one_by_one(items: Items) -> Any:
    try:
        return [(path, value_of_text(text)) for path, text in items]
    except CorruptLog:
        return CorruptLog


def typed(value: Any) -> Any:
    return (type(value), repr(value))


@given(st.lists(st.tuples(PATHS, TEXTS), max_size=4), st.booleans())
@example([(("a",), "1"), (("b",), "2,3"), (("c",), "")], True)
@example([(("a",), "1]"), (("b",), "[2")], True)
@example([(("a",), "[1"), (("b",), "2]"), (("c",), "3,4")], True)
@example([(("a",), "1"), (("a",), "2")], True)
@example([(("a",), "1" * 5000), (("b",), "2")], True)
def test_values__of_any_texts__are_those_of_each_text(items: Items, with_keys: bool) -> None:
    """Parsed at once or one by one: a half of a value never passes for a whole one."""
    expected = one_by_one(items)
    try:
        values = row(items, with_keys).values()
    except CorruptLog:
        assert expected is CorruptLog
        return
    pairs = [((name,), value) for name, value in values.items()] if isinstance(values, dict) else values
    assert [(path, typed(value)) for path, value in pairs] == [(path, typed(value)) for path, value in expected]


@given(st.lists(st.tuples(st.tuples(st.text("abc", min_size=1)), NUMBERS), min_size=1, unique_by=lambda item: item[0]), st.booleans())
def test_values__of_plain_numbers__are_by_name(items: Items, with_keys: bool) -> None:
    """That is the usual row, and the quick way."""
    assert isinstance(row(items, with_keys).values(), dict)


@pytest.mark.parametrize("texts", [["1", "2,3"], ["1,2"], ["1", ""], [""], ["1]"], ["[1", "2]"], ["true"], ["null", "1"], ['"x"']])
def test_numbers_of_texts__that_are_not_a_number_each__are_none(texts: List[str]) -> None:
    """Whoever asks then parses them one by one."""
    assert numbers_of_texts(texts) is None


@pytest.mark.parametrize(
    ("text", "step"), [("3", 3), ("3.7", 3), ("-1", 0), ("1e300", 2**62), ("9" * 30, 2**62), ("NaN", None), ('"x"', None), ("", None)]
)
def test_step__of_any_text__is_one_that_travels(text: str, step: int | None) -> None:
    """What another client has written as `_step`."""
    assert row([(("a",), "1"), (("_step",), text), (("b", "_step"), "9")], True).step() == step


def test_moment__of_a_row__is_its_last_item() -> None:
    """As writers of the format put it; a moment that no clock shows is none."""
    assert row([(("_timestamp",), "12.5")], False).moment() == 12.5
    assert row([(("_timestamp",), "12.5"), (("a",), "1")], False).moment() == 0.0
    assert row([(("_timestamp",), str(math.inf))], True).moment() == 0.0


def item(text: str) -> Any:
    return message_class("HistoryItem")(key="a", value_json=text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), (" 1.5\n", 1.5), ('\t{"a": [1, null]} ', {"a": [1, None]}), ('"x"', "x"), ("-Infinity", -math.inf)],
)
def test_value_of__json_with_blanks_around_it__is_its_value(text: str, value: Any) -> None:
    """Other writers may put blanks where JSON allows them."""
    assert value_of(item(text)) == value


@pytest.mark.parametrize("text", ["", " ", "1 2", "1x", "{}]", "nul", '"open', pytest.param("[" * 100_000, id="deep")])
def test_value_of__anything_else__is_damage(text: str) -> None:
    """A half of a value must not pass for a whole one, and nothing in a log may end its reader."""
    with pytest.raises(CorruptLog):
        value_of(item(text))
