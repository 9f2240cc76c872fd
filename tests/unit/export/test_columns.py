"""The types of columns, and values brought to them."""

from __future__ import annotations

import json
from typing import Any, List

import pytest

from wandb.export.columns import BOOLEAN, FLOAT, INTEGER, JSON, TEXT, Columns, clean, json_text, values_of

NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "kind", "converted"),
    [
        ([True, None], BOOLEAN, [True, None]),
        ([1, -(2**63)], INTEGER, [1, -(2**63)]),
        ([1, 0.5], FLOAT, [1.0, 0.5]),
        ([2**70, float("inf")], FLOAT, [float(2**70), float("inf")]),
        ([10**400, -(10**400), 0.5], FLOAT, [float("inf"), -float("inf"), 0.5]),
        ([2**63], JSON, ["9223372036854775808"]),
        (["a", "\ud800", None], TEXT, ["a", "?", None]),
        ([None], TEXT, [None]),
        ([True, 1], JSON, ["true", "1"]),
        ([1, "1"], JSON, ["1", '"1"']),
        ([0.5, "NaN"], JSON, ["0.5", '"NaN"']),
        ([[1, NAN], {"a": {"b": -float("inf")}}], JSON, ['[1,"NaN"]', '{"a":{"b":"-Infinity"}}']),
        ([{"_type": "image-file", "path": "ü"}], JSON, ['{"_type":"image-file","path":"ü"}']),
    ],
)
def test_type__of_a_column__fits_all_its_values(values: List[Any], kind: str, converted: List[Any]) -> None:
    """The order of the values makes no difference; nothing is cut, and integers stay exact where they can."""
    for order in (values, values[::-1]):
        columns = Columns()
        for value in order:
            columns.see({"x": value})
        assert columns.types() == {"x": kind}
    assert values_of(({"x": value} for value in values), "x", kind) == converted


def test_columns__that_come_late__have_their_place_by_name() -> None:
    """Two exports of the same runs have the same columns, whatever was logged first."""
    columns = Columns()
    for row in ({"b": 1, "_step": 0}, {"a": 1}, {"": 0, "é": "x"}):
        columns.see(row)
    assert list(columns.types()) == ["_step", "", "a", "b", "é"]
    assert values_of([{"a": 1}, {}], "b", INTEGER) == [None, None]


def test_json_text__of_any_value__is_read_by_strict_readers() -> None:
    """Bare NaN is no JSON: jq, DuckDB and browsers refuse it."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    value = {"a": NAN, "b": [float("inf"), {"c": -float("inf")}], "d": "NaN", "e": 2**70}
    read = json.loads(json_text(value), parse_constant=refuse)
    assert read == {"a": "NaN", "b": ["Infinity", {"c": "-Infinity"}], "d": "NaN", "e": 2**70}
    assert clean(json_text("\ud83d")) == '"?"'
