"""What a sweep's parameters mean."""

from __future__ import annotations

import math
from random import Random
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.errors import UsageError
from wandb.sweeps.space import Parameter, drawn, parameters_of

UNIT = st.floats(0, 1, exclude_max=True)


def parameter(**given: Any) -> Parameter:
    return Parameter(("p",), given)


@pytest.mark.parametrize(
    ("given", "distribution"),
    [
        ({"value": 3}, "constant"),
        ({"values": [1, 2]}, "categorical"),
        ({"min": 1, "max": 4}, "int_uniform"),
        ({"min": 1.0, "max": 4}, "uniform"),
        ({"mu": 0, "sigma": 2}, "normal"),
    ],
)
def test_distribution__that_is_not_named__follows_from_what_is_given(given: Dict[str, Any], distribution: str) -> None:
    """As the public configuration has it."""
    assert parameter(**given).distribution == distribution


@given(UNIT)
def test_values__of_bounded_distributions__lie_within_their_bounds(unit: float) -> None:
    """Bounds are values, or exponents, by the name of the distribution."""
    assert 2 <= parameter(min=2, max=7).value_at(unit) <= 7
    assert -1.5 <= parameter(min=-1.5, max=2.0).value_at(unit) <= 2.0
    assert 1e-5 <= parameter(distribution="log_uniform_values", min=1e-5, max=0.1).value_at(unit) * (1 + 1e-9) <= 0.1001
    assert math.exp(-3) * 0.999 <= parameter(distribution="log_uniform", min=-3, max=2).value_at(unit) <= math.exp(2)
    inverse = parameter(distribution="inv_log_uniform_values", min=0.5, max=8.0).value_at(unit)
    assert 0.4999 <= inverse <= 8.001
    assert parameter(distribution="q_uniform", min=0, max=1, q=0.1).value_at(unit) in [n / 10 for n in range(11)]
    assert math.isfinite(parameter(mu=1.0, sigma=2.0).value_at(unit))
    assert parameter(distribution="q_log_normal", mu=0, sigma=1, q=1).value_at(unit) % 1 == 0
    assert math.isfinite(parameter(distribution="log_normal", mu=0.0, sigma=1e4).value_at(unit))


def test_integers__drawn_often__are_all_hit_alike() -> None:
    """No value at an end is rarer than the others."""
    random, drawing = Random(1), parameter(min=1, max=4)
    counts = [0] * 5
    for _ in range(4000):
        counts[drawn(drawing, random)] += 1
    assert counts[0] == 0
    assert all(850 < count < 1150 for count in counts[1:])


def test_choices__with_probabilities__are_drawn_by_them() -> None:
    """One that has none is never drawn."""
    random, drawing = Random(2), parameter(values=["a", "b", "c"], probabilities=[0.9, 0.1, 0])
    values = [drawn(drawing, random) for _ in range(1000)]
    assert "c" not in values
    assert 850 < values.count("a") < 950


def test_grid__of_each_kind_that_ends__has_all_values() -> None:
    """Others say that they don't."""
    assert parameter(value=[1, 2]).grid() == [[1, 2]]
    assert parameter(min=3, max=5).grid() == [3, 4, 5]
    assert parameter(distribution="q_uniform", min=0.0, max=0.5, q=0.1).grid() == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert parameter(min=10**9, max=10**9 + 2).grid() == [10**9, 10**9 + 1, 10**9 + 2]
    with pytest.raises(UsageError, match="can't try all values of 'p'"):
        parameter(min=0.0, max=1.0).grid()
    with pytest.raises(UsageError, match="too many values"):
        parameter(min=0, max=10**9).grid()
    with pytest.raises(UsageError, match="too many values"):
        parameter(distribution="q_uniform", min=0, max=1, q=5e-324).grid()


def test_numbers__that_yaml_takes_for_texts__are_numbers() -> None:
    """`1e-4` without a point is a text in YAML 1.1."""
    assert 1e-4 <= parameter(min="1e-4", max="1e-1").value_at(0.5) <= 0.1
    assert parameter(distribution="q_uniform", min="0", max="1", q="5e-1").grid() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "needs `value`"),
        ({"values": []}, "empty"),
        ({"values": [1, 2], "probabilities": [1]}, "probabilities"),
        ({"min": 4, "max": 1}, "less than its min"),
        ({"min": 1}, "needs `value`"),
        ({"distribution": "uniform", "min": 0}, "'max' is missing"),
        ({"distribution": "log_uniform_values", "min": 0, "max": 1}, "its min 0 must be greater than 0"),
        ({"distribution": "log_uniform", "min": 1, "max": 1000}, "log_uniform_values takes the values"),
        ({"min": 0.0, "max": math.inf}, "finite"),
        ({"min": -1e308, "max": 1e308}, "finite"),
        ({"min": 0, "max": 10**400}, "too large"),
        ({"mu": 0, "sigma": math.nan}, "finite"),
        ({"distribution": "int_uniform", "min": 0.5, "max": 2}, "not a whole number"),
        ({"distribution": "normal", "mu": 0, "sigma": 0}, "sigma"),
        ({"distribution": "q_uniform", "min": 0, "max": 1, "q": 0}, "q must be"),
        ({"distribution": "uniform", "min": "low", "max": 1}, "p"),
        ({"distribution": "gaussian", "mu": 0}, "no such distribution"),
    ],
)
def test_parameter__that_can_not_be__names_itself_and_what_is_wrong(given: Dict[str, Any], words: str) -> None:
    """Said when the sweep is made, not at its hundredth run."""
    with pytest.raises(UsageError, match=words) as raised:
        parameter(**given)
    assert "'p'" in str(raised.value)


def test_parameters__nested__have_paths() -> None:
    """Their order is that of the configuration."""
    nested = {"a": {"value": 1}, "o": {"parameters": {"name": {"value": "adam"}, "b": {"min": 0, "max": 1}}}}
    assert [found.path for found in parameters_of({"parameters": nested})] == [("a",), ("o", "name"), ("o", "b")]


@pytest.mark.parametrize("parameters", [None, {}, [], {"lr": 0.1}])
def test_parameters__that_are_no_mappings__are_refused(parameters: Any) -> None:
    """A frequent slip is the bare value."""
    with pytest.raises(UsageError, match=r"needs `parameters`|must be a mapping"):
        parameters_of({"parameters": parameters})
