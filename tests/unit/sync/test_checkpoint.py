"""The memory of an upload."""

from __future__ import annotations

from pathlib import Path

from wandb.sync.checkpoint import Checkpoint
from wandb.sync.queries import resume_state


def test_checkpoint__read_again__has_what_was_saved(tmp_path: Path) -> None:
    """For the same place only: another server has none of the run."""
    path = str(tmp_path / "checkpoint.json")
    first = Checkpoint(path, ("http://a", "e", "p", "r"))
    assert first.is_new
    first.save(storage_id="x", rows={"offset": 3})
    assert Checkpoint(path, ("http://a", "e", "p", "r")).part("rows") == {"offset": 3}
    assert Checkpoint(path, ("http://b", "e", "p", "r")).is_new


def test_checkpoint__file_that_is_no_json__counts_as_none(tmp_path: Path) -> None:
    """A power cut on a disk that lies about it."""
    path = tmp_path / "checkpoint.json"
    path.write_text('{"version":1,"tar')
    assert Checkpoint(str(path), ("http://a",)).is_new


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
