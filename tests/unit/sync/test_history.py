"""The values of items, exactly as JSON has them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from wandb.errors import CorruptLog
from wandb.sync.history import value_of
from wandb.wire.decode import message_class


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
