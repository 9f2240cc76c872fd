"""Event files as rows, whatever is in them and however often they are read."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.process import host_name
from wandb.runlog.layout import RunLayout
from wandb.runlog.tail import Tail
from wandb.sync.event_files import EventFiles
from wandb.wire.decode import item_path, message_class


def event(step: int, **numbers: float) -> bytes:
    """An event of the file, with its length in front; the checksums are not looked at."""
    message = message_class("tensorboard_events.Event")(step=step, wall_time=100.0 + step)
    for tag, number in numbers.items():
        message.summary.value.add(tag=tag, simple_value=number)
    return framed(message.SerializeToString())


def framed(payload: bytes) -> bytes:
    return struct.pack("<QI", len(payload), 0) + payload + bytes(4)


def reader(tmp_path: Path) -> EventFiles:
    """One that has just begun, with the file `tfevents` beside the run."""
    layout = RunLayout(str(tmp_path), "x")
    files = EventFiles(layout)
    path = str(tmp_path / "tfevents")
    files.watch(message_class("TBRecord")(save_path=path, namespace="train/"), 90.0)
    return files


def rows(tmp_path: Path) -> List[Dict[Any, Any]]:
    """What readers of the run find."""
    entries = Tail(RunLayout(str(tmp_path), "x")).step()
    found = [{item_path(item)[-1]: float(item.value_json) for item in e.record.history.item} for e in entries]
    return [{name: value for name, value in row.items() if name != "_timestamp"} for row in found]


def test_events__of_a_file_that_grows__are_rows_once_a_later_step_comes(tmp_path: Path) -> None:
    """What is torn is read when its end is there; the last step's row is complete at the end only."""
    whole = event(0, a=1.0) + event(0, b=2.0) + event(1, a=3.0)
    files, path = reader(tmp_path), tmp_path / "tfevents"
    files.step(1.0)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        files.step(1.0)
    assert rows(tmp_path) == []
    path.write_bytes(whole)
    files.step(1.0)
    assert rows(tmp_path) == [{"global_step": 0, "train/a": 1.0, "train/b": 2.0, "_runtime": 10.0}]
    files.finish()
    assert rows(tmp_path)[1:] == [{"global_step": 1, "train/a": 3.0, "_runtime": 11.0}]


def test_file__read_again_by_a_successor__has_each_row_once(tmp_path: Path) -> None:
    """The frames are the same, so readers know them by their numbers."""
    path = tmp_path / "tfevents"
    path.write_bytes(b"".join(event(step, a=float(step)) for step in range(20)))
    reader(tmp_path).step(1.0)
    path.write_bytes(path.read_bytes() + event(20, a=20.0))
    for _ in range(3):
        reader(tmp_path).finish()
    assert [row["train/a"] for row in rows(tmp_path)] == [float(step) for step in range(21)]


def test_events__that_are_damaged__cost_themselves_only(tmp_path: Path) -> None:
    """An event that is none is left out; a length that can't be ends the file."""
    garbage = framed(b"\xff\xff\xff")
    path = tmp_path / "tfevents"
    path.write_bytes(event(0, a=1.0) + garbage + event(1, a=2.0) + b"\xff" * 16 + event(2, a=3.0))
    reader(tmp_path).finish()
    assert [row["train/a"] for row in rows(tmp_path)] == [1.0, 2.0]


@given(st.lists(st.one_of(st.binary(max_size=200), st.binary(max_size=50).map(lambda data: framed(data)))))
def test_file__of_any_bytes__is_read_to_its_end(tmp_path_factory: pytest.TempPathFactory, pieces: List[bytes]) -> None:
    """Nothing that is in a file ends the helper, and what was whole before it counts."""
    tmp_path = tmp_path_factory.mktemp("run")
    (tmp_path / "tfevents").write_bytes(event(0, a=1.0) + b"".join(pieces))
    reader(tmp_path).finish()
    assert {"train/a": 1.0}.items() <= rows(tmp_path)[0].items()


def test_record__that_names_no_event_file__is_not_read(tmp_path: Path) -> None:
    """A stranger's run folder gets no other file of this machine read."""
    layout = RunLayout(str(tmp_path), "x")
    (tmp_path / "secret").write_bytes(event(0, a=1.0))
    files = EventFiles(layout)
    files.watch(message_class("TBRecord")(save_path=str(tmp_path / "secret")), 0.0)
    files.finish()
    assert not Path(layout.spool(host_name())).exists()
