"""Metric definitions: which are valid, what they add up to, which values they cover, which steps they add."""

from __future__ import annotations

import pytest

from wandb.errors import UsageError
from wandb.metric_rules import MetricRule, MetricRules, StepSync


def rule(name, **arguments):
    return MetricRule.from_arguments(name, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("", {}),
        (None, {}),
        (3, {}),
        ("*a", {}),
        ("a*b", {}),
        ("a**", {}),
        ("x", {"summary": "bad"}),
        ("x", {"goal": "up"}),
        ("x", {"summary": "min,,max"}),
        ("x", {"summary": ["min"]}),
        ("x", {"step_metric": 3}),
        ("x", {"step_sync": "yes"}),
        ("x", {"hidden": 1}),
        ("x", {"overwrite": "x"}),
    ],
)
def test_from_arguments__impossible__raises_a_usage_error(name, arguments):
    """The same calls fail upstream."""
    with pytest.raises(UsageError):
        rule(name, **arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, (None, False, False, ())),
        ({"summary": "MIN, max"}, (None, False, False, ("min", "max"))),
        ({"summary": ""}, (None, False, False, ())),
        ({"step_metric": "st"}, ("st", True, False, ())),
        ({"step_metric": rule("st")}, ("st", True, False, ())),
        ({"step_metric": "st", "step_sync": False}, ("st", False, False, ())),
        ({"step_metric": ""}, (None, True, False, ())),
        ({"step_sync": True, "hidden": True}, (None, True, True, ())),
    ],
)
def test_from_arguments__possible__has_upstreams_defaults(arguments, expected):
    """A step metric is synced unless told otherwise."""
    made = rule("x", **arguments)
    assert (made.step_metric, made.step_sync, made.hidden, made.summary) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"summary": "min"}, {"summary": "max"}, (None, False, False, ("min", "max"))),
        ({"summary": "min"}, {"summary": "min"}, (None, False, False, ("min",))),
        ({"summary": "min"}, {"summary": "max", "overwrite": True}, (None, False, False, ("max",))),
        ({"summary": "min"}, {"hidden": True}, (None, False, True, ("min",))),
        ({"summary": "min"}, {"summary": "none"}, (None, False, False, ("min", "none"))),
        ({"summary": "none"}, {"summary": "min"}, (None, False, False, ("min",))),
        ({"summary": "min,none"}, {"summary": "copy"}, (None, False, False, ("min", "copy"))),
        ({"step_metric": "a"}, {"step_sync": False}, ("a", True, False, ())),
        ({"step_metric": "a"}, {"step_metric": "b"}, ("b", True, False, ())),
        ({"step_metric": "a"}, {"overwrite": True}, (None, False, False, ())),
    ],
)
def test_second_definition__of_a_name__adds_unless_it_overwrites(first, second, expected):
    """Libraries and users define the same metric, each with a part of what they want."""
    rules = MetricRules()
    rules.define(rule("x", **first))
    now = rules.define(rule("x", **second))
    assert (now.step_metric, now.step_sync, now.hidden, now.summary) == expected
    assert rules.find(("x",)) is now


@pytest.mark.parametrize(
    ("name", "path", "covered"),
    [
        ("a/x", ("a/x",), True),
        ("a/x", ("a", "x"), False),
        ("a.x", ("a", "x"), True),
        ("a.x", ("a.x",), True),
        (r"a\.x", ("a.x",), True),
        ("a/*", ("a/x",), True),
        ("a/*", ("a/",), True),
        ("a/*", ("a",), False),
        ("a.*", ("a", "y", "z"), True),
        ("a*", ("a", "x"), True),
        ("*", ("any", "thing"), True),
        ("*", ("_hidden",), False),
        ("_x*", ("_x",), False),
        ("_x", ("_x",), True),
        ("a?", ("ab",), False),
    ],
)
def test_rule__of_a_name_or_prefix__covers_as_upstream_does(name, path, covered):
    """A dot is a step into a nested dict; a flat key with a dot is covered as well."""
    rules = MetricRules()
    rules.define(rule(name, summary="min"))
    found = rules.find(path)
    assert (found is not None and found.summary == ("min",)) is covered


def test_several_rules__for_one_value__own_name_then_first_prefix_wins():
    """The more exact definition holds, whatever the order; of prefixes the first."""
    rules = MetricRules()
    rules.define(rule("a*", summary="first"))
    rules.define(rule("a/*", summary="max"))
    rules.define(rule("a/x", hidden=True))
    assert rules.find(("a/x",)).summary == ()
    assert rules.find(("a/y",)).summary == ("first",)


def test_prefix_rule__applied_to_a_name__is_that_names_own_from_then_on():
    """A later definition adds to it, and a changed prefix no longer changes it."""
    rules = MetricRules()
    rules.define(rule("a*", summary="min"))
    rules.find(("ab",))
    rules.define(rule("a*", summary="max"))
    assert rules.find(("ab",)).summary == ("min",)
    assert rules.find(("ac",)).summary == ("min", "max")
    rules.define(rule("ab", summary="last"))
    assert rules.find(("ab",)).summary == ("min", "last")


def test_step_metric__not_defined_itself__is_covered_by_a_prefix():
    """That it is an axis says nothing about its summary."""
    rules = MetricRules()
    rules.define(rule("x", step_metric="epoch"))
    rules.define(rule("*", summary="max"))
    assert rules.find(("epoch",)).summary == ("max",)
    assert [entry.get("1", entry.get("2")) for entry in rules.to_config()] == ["epoch", "x", "*"]


def test_to_config__some_rules__has_the_servers_numbers():
    """The chart's axis in the browser comes from this list; the index counts from one."""
    rules = MetricRules()
    rules.define(rule("loss", step_metric="epoch", summary="min,last"))
    rules.define(rule("val/*", step_metric="epoch", hidden=True))
    rules.find(("val/x",))
    assert rules.to_config() == [
        {"1": "epoch", "6": [], "7": []},
        {"1": "loss", "5": 1, "6": [1, 3], "7": [1, 5]},
        {"2": "val/*", "5": 1, "6": [1, 2], "7": []},
    ]


def test_to_config__step_metric_known_from_a_prefix__is_listed():
    """The index has to point at something."""
    rules = MetricRules()
    rules.define(rule("*", summary="max"))
    rules.find(("epoch",))
    rules.define(rule("loss", step_metric="epoch"))
    listed = rules.to_config()
    assert listed[listed[-1]["5"] - 1]["1"] == "epoch"


def completed(definitions, rows):
    rules = MetricRules()
    for name, arguments in definitions:
        rules.define(rule(name, **arguments))
    sync = StepSync(rules)
    return [sync.missing_from(row) for row in rows]


@pytest.mark.parametrize(
    ("definitions", "rows", "added"),
    [
        ([("x", {"step_metric": "st"})], [{"st": 5}, {"x": 1}], [(("st",), 5)]),
        ([("x", {"step_metric": "st"})], [{"st": 5}, {"x": 1, "st": 6}], []),
        ([("x", {"step_metric": "st"})], [{"st": 5}, {"other": 1}], []),
        ([("x", {"step_metric": "st"})], [{"x": 1}], [(("st",), 0)]),
        ([("x", {"step_metric": "st"})], [{"st": 5}, {"st": None}, {"x": 1}], [(("st",), 5)]),
        ([("x", {"step_metric": "st", "step_sync": False})], [{"st": 5}, {"x": 1}], []),
        ([("x", {"step_metric": "_step"})], [{"x": 1}], []),
        ([("t/*", {"step_metric": "st"})], [{"st": 5}, {"t/a": 1, "t/b": 1}], [(("st",), 5)]),
        ([("*", {"step_metric": "st"})], [{"st": 5}, {"st": 6}], []),
        ([("x", {"step_metric": "a"}), ("a", {"step_metric": "b"})], [{"b": 1}, {"a": 2}, {"x": 3}], None),
        ([("x", {"step_metric": "a.s"})], [{"a": {"s": 3}}, {"x": 1}], [(("a", "s"), 3)]),
        ([("x", {"step_metric": "a.s"})], [{"a.s": 3}, {"x": 1}], [(("a.s",), 3)]),
        ([("x", {"step_metric": "a.s"})], [{"x": 1}], [(("a", "s"), 0)]),
        ([("n.x", {"step_metric": "st"})], [{"st": 5}, {"n": {"x": 1}}], [(("st",), 5)]),
        ([("x", {"step_metric": "x"})], [{"x": 1}], []),
    ],
)
def test_missing_from__rows_in_a_row__adds_the_last_step(definitions, rows, added):
    """A chart over the epoch needs the epoch in each of its rows."""
    expected = [(("a",), 2), (("b",), 1)] if added is None else added
    assert completed(definitions, rows)[-1] == expected


def test_missing_from__step_logged_before_the_definition__asks_the_fallback():
    """Programs log the epoch first and define the metric when they see it."""
    rules = MetricRules()
    sync = StepSync(rules, {("st",): 7, ("text",): "x"}.get)
    assert sync.missing_from({"st": 7}) == []
    rules.define(rule("x", step_metric="st"))
    rules.define(rule("y", step_metric="text"))
    assert sync.missing_from({"x": 1}) == [(("st",), 7)]
    assert sync.missing_from({"y": 1}) == [(("text",), 0)]
