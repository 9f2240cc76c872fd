"""The samples of a metric: the same, however its rows came."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.sync.history import History

VALUES = st.one_of(st.integers(-9, 9), st.floats(allow_nan=False), st.just(10**400))
ROWS = st.dictionaries(st.sampled_from(["a", "b", "c", "_step"]), VALUES, max_size=4)


def one_by_one(values: List[float]) -> List[float]:
    """Each value that ends a stretch, of those that the number of values makes so long that 40 to 79 are left."""
    stride = 1
    while len(values) // stride >= 80:
        stride *= 2
    ends = values[stride - 1 :: stride]
    if len(ends) > 40:
        step = len(ends) / 40
        ends = [ends[int((index + 1) * step) - 1] for index in range(40)]
    if len(values) % stride:
        ends[-1:] = [values[-1]]
    return ends


@pytest.mark.parametrize("count", [1, 39, 40, 41, 79, 80, 81, 159, 160, 161, 162, 163, 1000, 5000, 20_001])
def test_samples__of_rows_of_any_number__are_evenly_spread(count: int) -> None:
    """At most 40 for a metric, the last one among them."""
    history = History()
    for number in range(count):
        history.apply({"a": number, "b": -number})
    values = [float(number) for number in range(count)]
    assert history.samples() == {"a": one_by_one(values), "b": [-value for value in one_by_one(values)]}


@given(st.lists(st.tuples(ROWS, st.integers(1, 90), st.booleans(), st.booleans()), max_size=8))
def test_samples__of_rows_of_any_kind__depend_on_nothing_else(groups: Any) -> None:
    """Rows that are alike are taken in together; those between them, and looks at the samples, change nothing."""
    history, values = History(), {}  # type: ignore[var-annotated]
    for row, times, as_pairs, looks in groups:
        for _ in range(times):
            history.apply([((name,), value) for name, value in row.items()] if as_pairs else dict(row))
            for name, value in row.items():
                if name != "_step" and value != 10**400:
                    values.setdefault(name, []).append(float(value))
        if looks:
            history.samples()
    assert history.samples() == {name: one_by_one(found) for name, found in values.items()}


def test_samples__of_what_is_no_number__are_left_out() -> None:
    """Nor is a truth value one, nor what lies deeper."""
    history = History()
    history.apply([(("a",), True), (("b",), "x"), (("c", "d"), 1.0), (("e",), 2), (("f",), None), (("g",), [1])])
    found: Dict[str, List[float]] = history.samples()
    assert found == {"e": [2.0]}
