"""The summary mapping, over the state that a run keeps, and the handle that `define_metric` returns."""

from __future__ import annotations

import math

import pytest

from wandb.errors import UsageError
from wandb.metric_rules import MetricRule
from wandb.sdk.metric import Metric
from wandb.sdk.summary import Summary
from wandb.summary_state import SummaryState


@pytest.fixture
def state():
    return SummaryState()


@pytest.fixture
def calls():
    return []


@pytest.fixture
def summary(state, calls):
    def on_change(updates, removes):
        calls.append((updates, removes))
        for path, value in updates:
            state.update(path, value)
        for path in removes:
            state.remove(path)

    return Summary(state.as_dict, on_change)


def test_logged_values__read__show_at_once(summary, state):
    """Early stopping reads the summary while the run goes on."""
    state.apply_row({"a": 1, "n": {"x": {"y": 2}}, "_step": 0})
    held = summary["n"]
    assert (summary["a"], summary.a, summary.get("a"), summary.n.x.y, held.get("x")["y"]) == (1, 1, 1, 2, 2)
    assert list(summary) == summary.keys() == ["a", "n", "_step"]
    assert ("a" in summary, "z" in summary, summary.get("z"), summary.get("z", default=3)) == (True, False, None, 3)
    state.apply_row({"n": {"x": {"y": 5}}})
    assert held["x"]["y"] == 5


def test_flat_summary__as_dict_and_items__is_plain(summary, state):
    """`dict(run.summary)` is how callbacks return the results."""
    state.apply_row({"a": 1, "b": "x"})
    assert dict(summary) == dict(summary.items()) == {"a": 1, "b": "x"}
    assert str(summary) == "{'a': 1, 'b': 'x'}"


def test_own_bookkeeping__listed__is_hidden(summary, state):
    """`_wandb` is ours; upstream does not list it either."""
    state.update(("_wandb", "runtime"), 3)
    assert (summary.keys(), str(summary)) == ([], "{}")


def test_missing_names__read__raise_for_both_kinds_of_caller(summary):
    """Upstream raises KeyError for attributes too, and then `hasattr` raises as well."""
    with pytest.raises(KeyError):
        summary["z"]
    with pytest.raises(KeyError):
        _ = summary.z
    assert getattr(summary, "z", 5) == 5
    assert not hasattr(summary, "_ipython_display_")


def test_values__set__go_through_the_callback_as_json(summary, calls):
    """The run writes what it is told; one update is one record."""
    summary["a"] = (1, 2)
    summary.b = math.inf
    summary.update({"c": {"p": 1}, 5: None})
    assert calls == [
        ([(("a",), [1, 2])], []),
        ([(("b",), math.inf)], []),
        ([(("c",), {"p": 1}), (("5",), None)], []),
    ]
    assert dict(summary.c) == {"p": 1}


def test_nested_values__set_and_deleted__have_their_path(summary, calls, state):
    """`summary["n"]["x"] = 1` may not be lost."""
    state.apply_row({"n": {"x": 1, "deep": {"y": 1}}})
    summary["n"]["q"] = 7
    summary.n.deep.w = 8
    del summary["n"]["x"]
    del summary.n.deep["gone"]
    assert calls == [([(("n", "q"), 7)], []), ([(("n", "deep", "w"), 8)], []), ([], [("n", "x")])]
    assert state.as_dict() == {"n": {"deep": {"y": 1, "w": 8}, "q": 7}}


def test_update__with_a_mapping_as_value__replaces_the_old_one(summary):
    """It behaves like `dict.update`, as upstream's does."""
    summary.update({"m": {"p": 1}})
    summary.update({"m": {"q": 1}})
    assert dict(summary["m"]) == {"q": 1}


def test_delete__attribute_and_item__removes_the_name(summary, state):
    """A name can be taken back, and taking back what is not there does no harm."""
    state.apply_row({"a": 1, "b": 2})
    del summary["a"]
    del summary.b
    del summary["zz"]
    assert dict(summary) == {}


def test_part_of_the_summary__set_as_a_value__is_copied(summary, state):
    """`summary["best"] = summary["eval"]` is the natural way to keep a result."""
    state.apply_row({"eval": {"acc": 1}})
    summary["best"] = summary["eval"]
    state.apply_row({"eval": {"acc": 2}})
    assert summary["best"]["acc"] == 1


@pytest.mark.parametrize("wrong", [None, 3, [("a", 1)]])
def test_update__without_a_mapping__raises_a_usage_error(summary, wrong):
    """The message names what was given."""
    with pytest.raises(UsageError, match=type(wrong).__name__):
        summary.update(wrong)


def test_summary_without_a_writer__written__raises():
    """A write that goes nowhere has to be told."""
    with pytest.raises(UsageError):
        Summary(dict).update({"a": 1})


def test_names_like_our_own__set__do_not_break_the_summary(summary):
    """The user's names are not ours to forbid."""
    summary["update"] = 1
    summary["_path"] = 2
    summary._values = 3
    assert (summary["update"], summary._path, summary["_values"]) == (1, 2, 3)


def test_metric_handle__of_a_definition__shows_it_and_names_a_step():
    """It is given to `define_metric` again as the step of another metric."""
    step = Metric(MetricRule.from_arguments("epoch"))
    metric = Metric(MetricRule.from_arguments("loss", step_metric=step, hidden=True, summary="MIN,max"))
    assert (step.name, step.step_metric, step.summary) == ("epoch", None, None)
    assert (step.step_sync, step.hidden) == (False, None)
    assert (metric.step_metric, metric.step_sync, metric.hidden) == ("epoch", True, True)
    assert metric.summary == ("min", "max")
    with pytest.raises(AttributeError):
        metric.name = "other"


def test_values__read_one_by_one__do_not_copy_the_summary(state):
    """`dict(run.summary)` with some thousand names took seconds."""

    def whole():
        raise AssertionError("nobody may ask for all of it")

    state.apply_row({"a": 1, "n": {"x": {"y": 2}}, "none": {}})
    state.update(("null",), None)
    summary = Summary(whole, None, state.get)
    assert (summary["a"], summary.a, summary.n.x["y"], summary["null"], summary.get("z", 3)) == (1, 1, 2, None, 3)
    assert ("a" in summary, "null" in summary, "z" in summary, "q" in summary.n) == (True, True, False, False)
    assert [key for key, _ in summary.items()] == list(dict(summary)) == summary.keys()
    with pytest.raises(KeyError):
        summary["a"]["b"]["c"] if hasattr(summary["a"], "keys") else summary.n["a"]


def test_lists__read_and_changed__leave_the_summary_alone(summary):
    """No record says what a program does to a list of ours."""
    summary.update({"a": [1], "b": {"c": [1]}})
    summary["a"].append(2)
    summary["b"]["c"].append(2)
    assert (summary["a"], summary.b.c, dict(summary.items())["a"]) == ([1], [1], [1])


def test_plain_copies__changed__leave_the_summary_alone(state):
    """What is handed out as plain dicts is nobody's state."""
    state.apply_row({"n": {"x": {"y": 2}}})
    for summary in (Summary(state.as_dict, None, state.get), Summary(state.as_dict)):
        summary._as_dict()["n"]["x"]["y"] = 9
        summary.n._as_dict()["x"]["y"] = 9
        assert (summary.n.x.y, str(summary)) == (2, "{'n': {'x': {'y': 2}}}")
