"""Rows and samples as numbered lines."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest

from wandb.sync.rows import event_line
from wandb.sync.rows import row_line as make_row_line
from wandb.sync.sent_lines import SentLines
from wandb.wire.decode import message_class
from wandb.wire.row_items import RowItems


def test_sent_lines__after_a_restart_in_another_order__sends_each_writers_rest_once() -> None:
    """Only the order within a writer is the same each time."""
    lines = SentLines({}, offset=7)
    for writer, line in (("a", "a1"), ("b", "b1"), ("a", "a2")):
        assert lines.is_new(writer)
        lines.add(writer, line, line)
    assert lines.take(3) == ["a1"] and lines.take(4) == ["a1", "b1"]
    lines.acknowledge(2)
    assert (lines.offset, lines.note, lines.waits(), lines.size) == (9, "b1", True, 2)

    again = SentLines(json.loads(json.dumps(lines.state())))
    new = [(writer, line) for writer, line in (("b", "b1"), ("b", "b2"), ("a", "a1"), ("a", "a2")) if again.is_new(writer)]
    assert (new, again.offset) == ([("b", "b2"), ("a", "a2")], 9)


def test_sent_lines__entry_without_a_line__has_no_number_and_is_not_asked_for_again() -> None:
    """A row that no server takes must not come back for ever."""
    lines = SentLines({})
    for line in (None, "x", None):
        assert lines.is_new("")
        lines.add("", line)
    assert lines.take(10) == ["x"]
    lines.acknowledge(1)
    assert (lines.offset, lines.waits()) == (1, False)
    again = SentLines(lines.state())
    assert [again.is_new("") for _ in range(4)] == [False, False, False, True]


def history(*items: Any) -> Any:
    record = message_class("HistoryRecord")()
    for path, value_json in items:
        if isinstance(path, str):
            record.item.add(key=path, value_json=value_json)
        else:
            record.item.add(nested_key=path, value_json=value_json)
    return record


def row_line(record: Any, *arguments: Any) -> Tuple[str, int]:
    return make_row_line(RowItems(record), *arguments)


@pytest.mark.parametrize(
    ("given", "least", "step"), [("5", 0, 5), ("5", 9, 9), (None, 3, 3), ("2.0", 0, 2), ('"x"', 4, 4), (str(2**70), 0, 2**62)]
)
def test_row_line__step_below_the_next_one__is_raised_to_it(given: str | None, least: int, step: int) -> None:
    """The rule of upstream's reader: no step repeats."""
    items: List[Any] = [("x", "1")] if given is None else [("x", "1"), ("_step", given)]
    line, found = row_line(history(*items), least)
    assert (json.loads(line), found) == ({"x": 1, "_step": step}, step)


def test_row_line__values__keep_their_text() -> None:
    """Nothing is parsed on the way: NaN stays a bare token, a large integer is not rounded."""
    line, _ = row_line(history(("a", "NaN"), (("b", 'q"'), "12345678901234567890"), (("b", "c"), "[1, 2]"), ("d", '"\\n"')), 0)
    assert line == '{"a":NaN,"d":"\\n","_step":0,"b":{"q\\"":12345678901234567890,"c":[1, 2]}}'


def test_row_line__of_a_resumed_run__adds_the_earlier_runtime() -> None:
    """Charts over time go on where the earlier part ended."""
    line, _ = row_line(history(("_runtime", "1.5")), 4, 60.0)
    assert json.loads(line) == {"_runtime": 61.5, "_step": 4}


def test_row_line__with_line_ends_between_values__is_one_line() -> None:
    """Another writer's JSON may be pretty."""
    line, _ = row_line(history(("a", "{\n 1: 2}")), 0)
    assert "\n" not in line


def test_event_line__sample__has_the_names_that_servers_read() -> None:
    """Each with the prefix, and the three facts of a sample."""
    stats = message_class("StatsRecord")()
    stats.timestamp.seconds = 105
    stats.item.add(key="cpu", value_json="1.5")
    expected: Dict[str, Any] = {"_wandb": True, "_timestamp": 105.0, "_runtime": 5.0, "system.cpu": 1.5}
    assert json.loads(event_line(stats, 100.0)) == expected
