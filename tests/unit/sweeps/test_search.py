"""What a sweep tries next."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from wandb.errors import UsageError
from wandb.sweeps.search import Search, Trial

PARAMETERS: Dict[str, Any] = {"x": {"min": 0.0, "max": 1.0}, "kind": {"values": ["a", "b", "c"]}}


def test_grid__from_first_to_last__has_each_combination_once() -> None:
    """Then there is nothing left."""
    search = Search({"method": "grid", "parameters": {"a": {"values": [1, 2]}, "b": {"min": 0, "max": 2}}})
    trials: List[Trial] = []
    while True:
        chosen = search.next(trials)
        if chosen is None:
            break
        trials.append(Trial(str(len(trials)), *chosen))
    assert [trial.values for trial in trials] == [[1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]]


def test_random__goes_on_without_end__and_does_not_repeat() -> None:
    """Also in processes that were forked from one another: the numbers are the operating system's."""
    search = Search({"method": "random", "parameters": PARAMETERS})
    drawn = [search.next([])[0][0] for _ in range(100)]  # type: ignore[index]
    assert len(set(drawn)) == 100


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_bayes__on_a_function_with_one_best_place__comes_near_it(goal: str) -> None:
    """Nearer than chance, with some runs that failed and one that still goes on."""
    pytest.importorskip("optuna")
    metric = {"name": "loss", "goal": goal}
    search = Search({"method": "bayes", "metric": metric, "parameters": PARAMETERS})
    sign = 1 if goal == "minimize" else -1
    trials = [Trial("going", ["?", "?"], [0.5, 1.0])]
    for number in range(40):
        values, units = search.next(trials)  # type: ignore[misc]
        loss = sign * ((values[0] - 0.3) ** 2 + (0 if values[1] == "b" else 1))
        failed = number % 10 == 9
        trials.append(Trial(str(number), values, units, "failed" if failed else "finished", None if failed else loss))
    best = min(sign * trial.metric for trial in trials if trial.metric is not None)
    assert best < 0.02
    late = [trial.values[1] for trial in trials[-15:]]
    assert late.count("b") > 7


def test_metric__in_a_summary__is_found_in_each_form() -> None:
    """Flat, nested, or with the best value that `define_metric` keeps."""
    search = Search({"method": "random", "metric": {"name": "val.acc", "goal": "maximize"}, "parameters": PARAMETERS})
    assert search.metric_in({"val.acc": 1}) == 1.0
    assert search.metric_in({"val": {"acc": 0.5}}) == 0.5
    assert search.metric_in({"val.acc": {"max": 0.9, "last": 0.1}}) == 0.9
    for useless in (None, "high", True, float("nan"), {"mean": 1}, 10**400):
        assert search.metric_in({"val.acc": useless}) is None
    assert search.metric_in({}) is None


def test_config__of_nested_parameters__is_nested() -> None:
    """As the program reads it."""
    nested = {"a": {"value": 1}, "o": {"parameters": {"name": {"value": "adam"}}}}
    search = Search({"method": "grid", "parameters": nested})
    assert search.config_of([1, "adam"]) == {"a": 1, "o": {"name": "adam"}}


@pytest.mark.parametrize("config", [{}, {"method": "annealing"}, {"method": "bayes"}])
def test_configuration__that_can_not_be__is_refused(config: Dict[str, Any]) -> None:
    """When the sweep is made."""
    with pytest.raises(UsageError, match=r"method"):
        Search({"parameters": PARAMETERS, **config})


@pytest.mark.parametrize(("goal", "maximizes"), [(None, False), ("minimize", False), ("Maximize", True), ("MAXIMIZE", True)])
def test_goal__in_any_case__is_understood(goal: Any, maximizes: bool) -> None:
    """Whoever writes Maximize means it."""
    config = {"method": "random", "parameters": PARAMETERS, "metric": {"name": "loss", "goal": goal}}
    assert Search(config).maximizes is maximizes


@pytest.mark.parametrize("goal", ["max", "foo", 5])
def test_goal__that_is_none__is_refused(goal: Any) -> None:
    """It would be the wrong way round half of the time."""
    with pytest.raises(UsageError, match="minimize or maximize"):
        Search({"method": "random", "parameters": PARAMETERS, "metric": {"name": "loss", "goal": goal}})
