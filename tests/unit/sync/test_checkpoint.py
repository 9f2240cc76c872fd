"""The memory of an upload."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.damage import EXAMPLES, any_bytes, json_texts
from wandb.sync.checkpoint import Checkpoint
from wandb.sync.queries import resume_state

_STATE = json.dumps({"state": {"version": 2, "target": ["http://a", "e", "p", "r"], "rows": 3}, "md5": "0"}).encode()


def damaged() -> st.SearchStrategy[bytes]:
    """What may stand where a checkpoint was: bytes, JSON of any form, one whose seal is not of its content."""
    return st.one_of(any_bytes(_STATE), json_texts().map(lambda text: text.encode("utf-8", "replace")), st.just(b"changed"))


TARGET = ("http://a", "e", "p", "r")
any_time = settings(max_examples=4 * EXAMPLES, suppress_health_check=list(HealthCheck))


def begun(folder: Path, target: Tuple[str, ...] = TARGET) -> Checkpoint:
    """One of a run that was begun and has sent three rows."""
    checkpoint = Checkpoint(str(folder / "checkpoint.json"), target)
    checkpoint.begin(storage_id="x", base={"lines": {"history": 7}})
    checkpoint.save(rows={"offset": 10})
    return checkpoint


def test_checkpoint__read_again__has_what_was_saved(tmp_path: Path) -> None:
    """For the same place only: another server has none of the run."""
    assert Checkpoint(str(tmp_path / "checkpoint.json"), TARGET).is_new
    begun(tmp_path)
    assert Checkpoint(str(tmp_path / "checkpoint.json"), TARGET).part("rows") == {"offset": 10}
    other = Checkpoint(str(tmp_path / "checkpoint.json"), ("http://b", "e", "p", "r"))
    assert other.is_new and not other.is_unreadable


def test_checkpoint__of_a_place_before_the_last_one__begins_at_its_base(tmp_path: Path) -> None:
    """Sent to one project, to another, and to the first again: the first one's lines have the same numbers."""
    begun(tmp_path)
    begun(tmp_path, ("http://b", "e", "p", "r"))
    again = Checkpoint(str(tmp_path / "checkpoint.json"), TARGET)
    assert not again.is_new and again.part("rows") == {} and again.part("base") == {"lines": {"history": 7}}


@any_time
@given(damaged(), st.booleans())
def test_checkpoint__any_bytes_in_its_place__is_itself_or_the_base_or_unreadable(data: bytes, has_base: bool) -> None:
    """Nothing is ever believed that was not written so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        saved = begun(folder).values
        path, (base,) = folder / "checkpoint.json", folder.glob("checkpoint-*.json")
        data = path.read_bytes().replace(b"7", b"8") if data == b"changed" else data
        path.write_bytes(data)
        if not has_base:
            base.write_bytes(data)
        found = Checkpoint(str(path), TARGET)
        assert found.values != saved
        assert found.is_new is found.is_unreadable is not has_base
        assert found.part("base") == ({"lines": {"history": 7}} if has_base else {}) and found.part("rows") == {}
        found.begin(storage_id="x")
        assert not Checkpoint(str(path), TARGET).is_new


def test_resume_state__of_a_run_with_rows__goes_on_behind_them() -> None:
    """The protocol's rules: next step, line numbers, and the longest runtime that anything knows of."""
    bucket = {
        "id": "s", "wandbConfig": '{"t": {}}', "config": '{"a": {"value": 1}}', "summaryMetrics": '{"_step": 3, "x": 1}',
        "historyLineCount": 4, "eventsLineCount": 2, "logLineCount": 9,
        "historyTail": '["{\\"_step\\": 7, \\"_runtime\\": 60.5}"]', "eventsTail": '["{\\"_runtime\\": 60.1}"]',
    }  # fmt: skip
    state = resume_state({"model": {"bucket": bucket}})
    assert state is not None
    assert (state.next_step, state.runtime, state.lines) == (8, 60.5, {"history": 4, "events": 2, "console": 9})
    assert resume_state({"model": {"bucket": {**bucket, "wandbConfig": "{}"}}}) is None
    assert resume_state({"model": None}) is None
    empty = {"id": "s", "wandbConfig": '{"t": {}}', "historyLineCount": 0, "historyTail": None}
    nothing_yet = resume_state({"model": {"bucket": empty}})
    assert nothing_yet is not None and (nothing_yet.next_step, nothing_yet.runtime) == (0, 0.0)


def test_begin__on_a_disk_that_refuses__begins_again_the_next_time(tmp_path: Path) -> None:
    """What is only in memory would be gone with the process, and the lines' numbers with it."""
    checkpoint = Checkpoint(str(tmp_path / "checkpoint.json"), TARGET)
    base = Path(checkpoint._base_path)
    base.mkdir()  # nothing can take its place
    with pytest.raises(OSError):
        checkpoint.begin(storage_id="s")
    assert checkpoint.is_new
    base.rmdir()
    checkpoint.begin(storage_id="s")
    assert not checkpoint.is_new and not Checkpoint(str(tmp_path / "checkpoint.json"), TARGET).is_new
