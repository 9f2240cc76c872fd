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
from wandb.sync import event_reader
from wandb.sync.event_files import EventFiles
from wandb.sync.event_reader import checksum
from wandb.wire.decode import item_path, message_class


def event(step: int, **numbers: float) -> bytes:
    """An event of the file, with its length in front."""
    message = message_class("tensorboard_events.Event")(step=step, wall_time=100.0 + step)
    for tag, number in numbers.items():
        message.summary.value.add(tag=tag, simple_value=number)
    return framed(message.SerializeToString())


def framed(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", checksum(length)) + payload + struct.pack("<I", checksum(payload))


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


def test_checksum__of_the_usual_example__is_that_of_the_format() -> None:
    """CRC-32C of 123456789 is e3069283; the format turns it by 15 bits and adds a constant."""
    assert checksum(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_file__with_any_byte_changed__loses_one_event_and_names_the_place(tmp_path: Path) -> None:
    """In the length, its checksum, the event or its checksum: nothing is read that was not written."""
    events = [event(step, a=float(step + 1)) for step in range(3)]
    middle = range(len(events[0]), len(events[0]) + len(events[1]))
    for place in middle:
        for bit in (1, 128):
            folder = tmp_path / f"{place}-{bit}"
            folder.mkdir()
            data = bytearray(b"".join(events))
            data[place] ^= bit
            (folder / "tfevents").write_bytes(data)
            files = reader(folder)
            files.finish()
            assert [row["train/a"] for row in rows(folder)] == [1.0, 3.0]
            assert files.damage() == [f"{folder}/tfevents, offset {middle.start}: {len(middle)} damaged bytes"]


@pytest.mark.parametrize("garbage", [b"\xff" * 16, bytes(5000), b"x", event(7, a=7.0)[:-5], event(7, a=7.0)[1:], b"\1" + bytes(12)])
def test_file__with_garbage_in_the_middle__loses_nothing_else(tmp_path: Path, garbage: bytes) -> None:
    """As a full disk leaves it when there is room again: an event that is torn, and then others; or a hole."""
    first, path = event(0, a=1.0), tmp_path / "tfevents"
    path.write_bytes(first + garbage + event(1, a=2.0) + b"".join(event(step, a=3.0) for step in range(2, 9)))
    files = reader(tmp_path)
    files.finish()
    assert [row["train/a"] for row in rows(tmp_path)] == [1.0, 2.0, *[3.0] * 7]
    assert files.damage() == [f"{path}, offset {len(first)}: {len(garbage)} damaged bytes"]


def test_file__damaged_while_it_grows__is_waited_for_and_then_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file server may show bytes late; what a successor reads at the end must be the same frames."""
    path, files = tmp_path / "tfevents", reader(tmp_path)
    path.write_bytes(event(0, a=1.0) + b"\0" * 20 + event(1, a=2.0) + event(2, a=3.0))
    for _ in range(3):
        files.step(1.0)
    assert rows(tmp_path) == [] and files.damage() == []
    monkeypatch.setattr(event_reader, "_DOUBT_SECONDS", 0.0)
    files.step(1.0)
    assert [row["train/a"] for row in rows(tmp_path)] == [1.0, 2.0] and len(files.damage()) == 1
    for _ in range(2):
        reader(tmp_path).finish()
    assert [row["train/a"] for row in rows(tmp_path)] == [1.0, 2.0, 3.0]


def test_file__with_a_torn_end__is_not_damaged(tmp_path: Path) -> None:
    """A program that is killed leaves it so."""
    for size in range(1, len(event(1, a=2.0))):
        (tmp_path / "tfevents").write_bytes(event(0, a=1.0) + event(1, a=2.0)[:size])
        files = reader(tmp_path)
        files.finish()
        assert files.damage() == []
    assert [row["train/a"] for row in rows(tmp_path)] == [1.0]


def test_event__that_no_library_makes__is_left_out(tmp_path: Path) -> None:
    """It is whole; what follows counts."""
    (tmp_path / "tfevents").write_bytes(event(0, a=1.0) + framed(b"\xff\xff\xff") + event(1, a=2.0))
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
