"""`early_terminate`: the brackets of a configuration, and who goes on at one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.errors import UsageError
from wandb.sweeps.hyperband import Hyperband


@pytest.mark.parametrize(
    "config, brackets",
    [
        ({"min_iter": 3, "max_iter": 100}, [3, 9, 27, 81]),
        ({"min_iter": 2, "eta": 2, "max_iter": 16}, [2, 4, 8, 16]),
        ({"max_iter": 27, "s": 2}, [3, 9]),
        ({"max_iter": 27, "s": 9}, [1, 3, 9]),
    ],
)
def test_brackets__of_a_configuration__are_those_of_the_public_one(config: Any, brackets: Any) -> None:
    """Its examples."""
    assert Hyperband({"type": "hyperband", **config}, "loss", False).brackets == brackets


def test_brackets__of_numbers_beyond_all_runs__are_no_error() -> None:
    """The second bracket of such an eta is beyond all floats."""
    assert Hyperband({"type": "hyperband", "min_iter": 1, "eta": 1e200}, "loss", False).brackets == [1, int(1e200)]
    assert Hyperband({"type": "hyperband", "max_iter": 9, "s": 2, "eta": 1e200}, "loss", False).brackets == []
    assert Hyperband({"type": "hyperband", "min_iter": 1, "eta": 2}, "loss", False).brackets == [2**n for n in range(20)]


@pytest.mark.parametrize(
    "config, told",
    [
        ({"type": "other"}, "hyperband"), ("hyperband", "hyperband"), ({"type": "hyperband"}, "needs `min_iter`"),
        ({"type": "hyperband", "min_iter": 0}, "min_iter"), ({"type": "hyperband", "min_iter": 1, "eta": 1}, "eta"),
        ({"type": "hyperband", "max_iter": 9}, "needs `min_iter`"), ({"type": "hyperband", "min_iter": "x"}, "min_iter"),
        ({"type": "hyperband", "min_iter": 1, "eta": float("inf")}, "eta"), ({"type": "hyperband", "max_iter": 10**400, "s": 1}, "max_iter"),
    ],
)  # fmt: skip
def test_configuration__that_can_not_be__says_why(config: Any, told: str) -> None:
    """Before the sweep is made."""
    with pytest.raises(UsageError, match=told):
        Hyperband(config, "loss", False)
    with pytest.raises(UsageError, match="needs a `metric`"):
        Hyperband({"type": "hyperband", "min_iter": 1}, None, False)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30, unique=True), st.booleans(), st.sampled_from([2, 3, 4]))
def test_run__at_a_bracket__goes_on_if_it_is_among_the_best(values: Any, maximizes: bool, eta: int) -> None:
    """No more than one of each `eta` runs is better, and the best one always goes on."""
    hyperband = Hyperband({"type": "hyperband", "min_iter": 1, "eta": eta}, "loss", maximizes)
    *others, value = values
    place = sorted(values, reverse=maximizes).index(value)
    assert hyperband.goes_on(value, others) == (place <= len(values) // eta)
    assert hyperband.goes_on(hyperband.best(values), [other for other in values if other != hyperband.best(values)])
