"""How a summary follows from rows, definitions and explicit changes, checked against sequences tried on upstream."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.metric_rules import MetricRule
from wandb.summary_state import SummaryState

ALL = "min,max,mean,last,first"


def after(*steps):
    """The summary after rows (dicts), definitions ((name, arguments)) and changes (callables)."""
    state = SummaryState()
    for step in steps:
        if isinstance(step, tuple):
            state.define(MetricRule.from_arguments(step[0], **step[1]))
        elif callable(step):
            step(state)
        else:
            state.apply_row(step)
    return state.as_dict()


def setting(path, value):
    return lambda state: state.update(path, value)


def removing(*path):
    return lambda state: state.remove(path)


def summarised(ops, name="x", **more):
    return (name, {"summary": ops, **more})


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # rows without definitions
        ([{"a": 1}, {"b": 2}, {"a": 3}], {"a": 3, "b": 2}),
        ([{"a": {"x": 1, "y": 2}}, {"a": {"x": 3}}], {"a": {"x": 3, "y": 2}}),
        ([{"a": {"x": 1}}, {"a": 5}], {"a": 5}),
        ([{"a": 5}, {"a": {"z": 1}}], {"a": {"z": 1}}),
        ([{"a": 1}, {"a": None}], {}),
        ([{"a": {"x": 1}}, {"a": {"x": None}}], {}),
        ([{"a": {}}], {}),
        ([{"i": {"_type": "histogram", "bins": [1]}}, {"i": {"_type": "image-file"}}], {"i": {"_type": "image-file"}}),
        ([[(("a", "b"), 1), (("c",), 2)], [(("a", "d"), 3)]], {"a": {"b": 1, "d": 3}, "c": 2}),
        # a definition of what an earlier part of the run has left
        ([setting(["x"], {"min": 1, "max": 5}), summarised("min,max"), {"x": 3}], {"x": {"min": 1, "max": 5}}),
        ([setting(["x"], {"min": 1, "max": 5}), summarised("min,max"), {"x": 9}], {"x": {"min": 1, "max": 9}}),
        ([setting(["x"], {"first": 7, "last": 5}), summarised("first,last"), {"x": 9}], {"x": {"first": 7, "last": 9}}),
        ([setting(["x"], {"best": 4}), summarised("best", goal="maximize"), {"x": 3}], {"x": {"best": 4}}),
        ([setting(["x"], {"mean": 4}), summarised("mean"), {"x": 2}], {"x": {"mean": 2}}),
        ([setting(["x"], {"min": 1}), summarised("min"), summarised("max")], {"x": {"min": 1}}),
        ([setting(["x"], {"min": 1}), summarised("min"), {"x": "text"}], {"x": {"min": 1}}),
        ([setting(["v"], {"x": {"min": 1}}), summarised("min", "v.*"), {"v": {"x": 2}}], {"v": {"x": {"min": 1}}}),
        # operations
        ([summarised("min,max,mean"), {"x": 3}, {"x": 1}, {"x": 2}], {"x": {"min": 1, "max": 3, "mean": 2}}),
        ([summarised("last,first"), {"x": 3}, {"x": 1}, {"x": 2}], {"x": {"last": 2, "first": 3}}),
        ([summarised("best"), {"x": 3}, {"x": 1}, {"x": 2}], {"x": {"best": 1}}),
        ([summarised("best", goal="maximize"), {"x": 1}, {"x": 3}, {"x": 2}], {"x": {"best": 3}}),
        ([summarised("best", "*", goal="maximize"), {"x": 1}, {"x": 3}], {"x": {"best": 3}}),
        ([summarised("min"), {"x": 1}, {"x": 0}, {"x": 2}], {"x": {"min": 0}}),
        ([summarised("last"), {"x": 1}, {"x": "q"}], {"x": {"last": "q"}}),
        ([summarised("first,last"), {"x": [1, 2]}, {"x": None}], {"x": {"first": [1, 2], "last": None}}),
        ([summarised("none"), {"x": 1, "y": 2}], {"y": 2}),
        ([summarised("none,min"), {"x": 1}], {}),
        ([summarised("copy"), {"x": 1}, {"x": 2}], {"x": 2}),
        ([summarised("copy,min"), {"x": 1}, {"x": 2}], {"x": {"min": 1}}),
        ([summarised("min,max"), {"x": 2}, {"x": True}, {"x": "s"}], {"x": {"min": 2, "max": 2}}),
        ([summarised("max"), {"x": "s"}], {"x": "s"}),
        ([summarised("max"), {"x": [1]}, {"x": 3}, {"x": [4]}], {"x": {"max": 3}}),
        ([summarised("min,mean"), {"x": math.inf}], {"x": {"min": math.inf, "mean": math.inf}}),
        ([summarised("mean"), {"x": 1}, {"x": 10**400}], {"x": {"mean": 1.0}}),
        # names
        ([summarised("min", "a.x"), {"a": {"x": 1, "y": 1}}, {"a": {"x": 2}}], {"a": {"x": {"min": 1}, "y": 1}}),
        ([summarised("max", "*"), {"a/x": 1, "_p": 2}, {"a/x": 0, "_p": 1}], {"a/x": {"max": 1}, "_p": 1}),
        # definitions that come late
        ([{"x": 1}, summarised("min"), {"x": 5}], {"x": {"min": 1}}),
        ([{"x": 1}, summarised("none"), {"x": 5}], {}),
        ([{"a": {"x": 1}}, summarised("none", "a.x")], {}),
        ([summarised("min"), {"x": 1}, summarised("max"), {"x": 5}, {"x": 0}], {"x": {"min": 0, "max": 5}}),
        ([summarised("min"), {"x": 1}, summarised("max", overwrite=True)], {"x": {"max": 1}}),
        ([summarised("min"), {"x": 1}, {"x": 3}, ("x", {"overwrite": True})], {"x": 3}),
        ([summarised("none"), {"x": 1}, summarised("min"), {"x": 5}], {"x": {"min": 1}}),
        ([summarised("max", "a*"), {"ab": 1}, summarised("min", "ab"), {"ab": 5}], {"ab": {"max": 5, "min": 1}}),
        # explicit values
        ([setting(["x"], 9), {"y": 1}], {"x": 9, "y": 1}),
        ([setting(["x"], 9), {"x": 2}], {"x": 2}),
        ([setting(["x"], None)], {"x": None}),
        ([summarised("min"), {"x": 1}, setting(["x"], 9)], {"x": 9}),
        ([summarised("min"), {"x": 1}, setting(["x"], 9), {"x": 5}, {"x": 7}], {"x": 7}),
        ([summarised("min"), setting(["x"], 9), summarised("max"), {"x": 3}, {"x": 2}], {"x": {"min": 2, "max": 3}}),
        ([setting(["x"], 9), summarised("max"), {"x": 3}], {"x": {"max": 3}}),
        ([setting(["x"], 9), summarised("max", "*"), {"x": 3}], {"x": {"max": 3}}),
        ([summarised("none"), {"x": 1}, setting(["x"], 9), {"x": 5}], {"x": 9}),
        ([setting(["a"], {"b": 1, "c": 2}), setting(["a"], {"b": 3})], {"a": {"b": 3}}),
        ([setting(["a"], {"b": 1}), setting(["a", "d"], 4), {"a": {"e": 5}}], {"a": {"b": 1, "d": 4, "e": 5}}),
        ([{"a": 1}, setting(["a", "b"], 2)], {"a": {"b": 2}}),
        # removals
        ([{"x": 1, "y": 2}, removing("x")], {"y": 2}),
        ([{"x": 1}, removing("x"), {"x": 2}], {"x": 2}),
        ([summarised("min"), {"x": 1}, removing("x"), {"x": 2}], {"x": {"min": 1}}),
        ([{"n": {"q": 1, "r": {"s": 1}}}, removing("n", "r", "s")], {"n": {"q": 1}}),
        ([{"n": {"q": 1}}, removing("n", "q")], {}),
        ([{"n": 1}, removing("n", "q"), removing("zz", "y")], {"n": 1}),
    ],
)
def test_sequence__of_rows_definitions_and_changes__ends_as_stated(steps, expected):
    """Where nothing is lost by it, these are upstream's own results."""
    assert after(*steps) == expected


def test_nan__in_a_row__stays_in_min_max_and_mean():
    """Upstream does so as well: a run that diverged once shows it."""
    shown = after(summarised(ALL), {"x": 3}, {"x": math.nan}, {"x": 4})["x"]
    assert all(math.isnan(shown[op]) for op in ("min", "max", "mean"))
    assert (shown["first"], shown["last"]) == (3, 4)
    assert math.isnan(after(summarised("min"), {"x": math.nan}, {"x": 1})["x"]["min"])


def test_as_dict__changed__leaves_the_state_alone():
    """It is handed to users and to the writer of the summary file."""
    state = SummaryState()
    given = {"b": {"c": 1}}
    state.update(["a"], given)
    state.apply_row({"a": {"b": {"d": 2}}})
    state.as_dict()["a"]["b"]["c"] = 9
    assert state.as_dict() == {"a": {"b": {"c": 1, "d": 2}}}
    assert given == {"b": {"c": 1}}


def test_get__of_any_path__is_the_value_or_the_default():
    """Completing a row with its step asks for single values."""
    state = SummaryState()
    state.apply_row({"a": {"b": 1}})
    assert (state.get(["a", "b"]), state.get(["a", "z"], 5), state.get(["a", "b", "c"])) == (1, 5, None)


numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
rows = st.lists(st.dictionaries(st.sampled_from(["a", "b", "n.x", "_s"]), numbers, max_size=3), max_size=12)


def nested(row):
    """The row with its dotted key as a dict in a dict."""
    flat = {key: value for key, value in row.items() if key != "n.x"}
    return {**flat, "n": {"x": row["n.x"]}} if "n.x" in row else flat


@given(rows)
def test_rows_without_definitions__applied__equal_the_last_values(rows):
    """The fast path and the slow one follow the same rule."""
    last = {}
    for row in rows:
        last.update(row)
    assert after(*map(nested, rows)) == nested(last)


@given(rows, st.lists(st.sampled_from(ALL.split(",")), min_size=1, unique=True), st.sampled_from(["*", "each"]))
def test_rows_with_definitions__applied__equal_a_naive_recomputation(rows, ops, how):
    """Numbers kept row by row are those of the whole column."""
    columns = {}
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, []).append(value)
    names = ["*"] if how == "*" else ["a", "b", "n.x", "_s"]
    expected = {}
    for key, column in columns.items():
        known = {"min": min(column), "max": max(column), "last": column[-1], "first": column[0]}
        known["mean"] = pytest.approx(sum(column) / len(column), rel=1e-6, abs=1e-6)
        expected[key] = column[-1] if how == "*" and key == "_s" else {op: known[op] for op in ops}
    assert after(*(summarised(",".join(ops), name) for name in names), *map(nested, rows)) == nested(expected)


@pytest.mark.parametrize("name", ["*", "val/*", "n.*", "val/img"])
def test_media__under_any_definition__are_whole_and_the_last_ones(name):
    """In rows as dicts, as the training process has them, and in leaves, as records have them."""
    first = {"_type": "image-file", "size": 3, "caption": "c", "masks": {"m": {"_type": "mask", "size": 1}}}
    last = {"_type": "image-file", "size": 2, "path": "p"}
    rows = [{"val/img": image, "n": {"img": image, "x": number}} for number, image in enumerate((first, last))]
    expected = after(summarised("min", name), *rows)
    assert (expected["val/img"], expected["n"]["img"]) == (last, last)
    assert after(summarised("min", name), *map(leaves, rows)) == expected


def leaves(value, above=()):
    """All leaves of nested dicts, as (path, value)."""
    found = []
    for key, item in value.items():
        found += leaves(item, (*above, key)) if isinstance(item, dict) else [((*above, key), item)]
    return found
