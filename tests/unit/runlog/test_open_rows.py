"""Rows beside a writer's own that are logged in parts: what is known of them, in whichever order the files are read."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.written_run import WrittenRun
from wandb.process import ProcessIdentity, host_name
from wandb.runlog.fold import commit_open_rows
from wandb.runlog.open_rows import OpenRows
from wandb.runlog.spool import OPEN_ROW, writer_name
from wandb.runlog.tail import Tail
from wandb.wire.decode import decode
from wandb.wire.encode import history_body, info_field, named


def part(row: Dict[str, Any], label: str, uuid: str = "") -> Any:
    """A part of a row, or the row itself, as a record."""
    record_body = history_body(row, None, json.dumps) + info_field(label)
    return decode(named(uuid, record_body) if uuid else record_body)


def items(rows: OpenRows) -> Dict[str, Dict[str, str]]:
    return {key: {path[0]: text for path, text in row.items.items()} for key, row in rows.rows.items()}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_commit__in_another_file__takes_the_parts_of_its_row_only(order: List[int]) -> None:
    """The creator's parts lie in the spool, its rows in the log: they are read in any order."""
    rows = OpenRows()
    reads = [
        lambda: rows.extend(part({"a": 1}, "t#1"), "creator", 1, -1),
        lambda: rows.close(part({"a": 1, "b": 1}, "t#1"), "", -1),
        lambda: rows.extend(part({"a": 2}, "t#2"), "creator", 2, -1),
    ]
    for number in order:
        reads[number]()
    assert items(rows) == {"creator/t#2": {"a": "2"}}


def test_commit__of_one_row__leaves_those_of_others_open() -> None:
    """Of another name, of another process, and the writer's own."""
    rows = OpenRows()
    for writer, label in (("creator", "t#1"), ("creator", "u#2"), ("creator", ""), ("1/2/x", "t#1"), ("1/2/x", "")):
        rows.extend(part({"a": 1}, label), writer, 1, -1)
    rows.close(part({"a": 1}, "t#1"), "", -1)
    assert sorted(items(rows)) == ["1/2/x", "1/2/x/t#1", "creator", "creator/u#2"]
    rows.close(part({"a": 1}, "t#1"), "1/2/x", -1)  # it has taken along the process's own
    assert sorted(items(rows)) == ["creator", "creator/u#2"]


@pytest.mark.parametrize("alive", [True, False])
def test_row_of_another_process__at_the_end_of_the_run__waits_for_who_lives(tmp_path: Path, alive: bool) -> None:
    """Who lives may go on with it: committed in his place, its values would be in the run twice."""
    written = WrittenRun(tmp_path)
    writer = writer_name(ProcessIdentity.current() if alive else ProcessIdentity(host_name(), 1, "gone"))
    written.spooled(part({"a": 1}, "t#1", f"{writer}#1"), OPEN_ROW)
    written.spooled(part({"b": 1}, "t#1", "creator#1"), OPEN_ROW)
    tail = Tail(written.layout)
    assert [entry.kind for entry in tail.step()] == ["run"]
    commit_open_rows(written.layout, tail, host_name(), tail.open_rows.left(host_name()))
    assert list(items(tail.open_rows)) == ([f"{writer}/t#1"] if alive else [])
    assert [item.key or item.nested_key[0] for entry in tail.step() for item in entry.record.history.item] == (
        ["b"] if alive else ["a", "b"]
    )


def test_rows_beside__of_all_writers__are_shown_without_the_rows_of_their_own() -> None:
    """The names of writers that are processes have slashes, too; a row's time is no news before it is complete."""
    rows = OpenRows()
    for writer, label in (("creator", "t#1"), ("creator", ""), ("1/2/x", "t#1"), ("1/2/x", "")):
        rows.extend(part({"a": len(writer + label), "_timestamp": 5.0}, label), writer, 1, -1)
    assert rows.beside() == [[(("a",), 10)], [(("a",), 8)]]
