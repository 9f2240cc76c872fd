"""The row that is being built: what becomes of it when somebody else's part fails."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from wandb.sdk.interface.nowhere import Nowhere
from wandb.sdk.rows import Rows, nested


class Kept(Nowhere):
    """Keeps the rows that it is told to publish."""

    def __init__(self) -> None:
        self.rows: List[Dict[Any, Any]] = []

    def publish_history(self, row: Any, step: int | None, label: str = "") -> None:
        self.rows.append(dict(row))


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), TypeError("x")])
def test_commit__summary_that_fails__records_the_row(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    """The record comes first; a fault behind it is said, and is no fault of the training."""

    def fail(row: Any) -> None:
        raise error

    interface = Kept()
    rows = Rows(interface, 0.0, 0, fail)
    rows.log({"a": 1}, None, None)
    rows.log({"a": 2}, None, None)
    assert [(row["a"], row["_step"]) for row in interface.rows] == [(1, 0), (2, 1)]
    assert "recorded all the same" in capsys.readouterr().err


def test_commit__interrupted_in_the_summary__records_the_row_and_passes_it_on() -> None:
    """Ctrl-C belongs to the user, the row to the record."""

    def interrupt(row: Any) -> None:
        raise KeyboardInterrupt

    interface = Kept()
    with pytest.raises(KeyboardInterrupt):
        Rows(interface, 0.0, 0, interrupt).log({"a": 1}, None, None)
    assert interface.rows[0]["a"] == 1


def test_commit__row_with_additions__is_whole_for_them_and_ends_with_its_time() -> None:
    """The summary shows step and times; readers look for the time at the row's end."""
    seen: List[Dict[Any, Any]] = []

    def add(row: Any) -> None:
        seen.append(dict(row))
        row["added"] = 1

    interface = Kept()
    Rows(interface, 0.0, 3, add).log({"a": 1, "_runtime": 5.0, "_timestamp": 6.0}, None, None)
    assert seen == [{"a": 1, "_runtime": 5.0, "_step": 3, "_timestamp": 6.0}]
    assert interface.rows == [{**seen[0], "added": 1}] and list(interface.rows[0])[-1] == "_timestamp"


def test_nested__value_and_dict_of_one_name__is_what_came_last() -> None:
    """Neither a value above nor one below may raise, and the row's own dicts are not written to."""
    empty: Dict[str, Any] = {}
    assert nested({"a": 1, ("a", "b"): 2}) == {"a": {"b": 2}}
    assert nested({("a", "b"): 2, "a": 1}) == {"a": 1}
    assert nested({"a": empty, ("a", "b", "c"): 2, ("a", "b", "d"): 3}) == {"a": {"b": {"c": 2, "d": 3}}}
    assert nested({("a", "b"): 1, ("a", "b", "c"): 2}) == {"a": {"b": {"c": 2}}}
    assert empty == {}
