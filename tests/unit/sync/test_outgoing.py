"""What is to be sent, of logs that hold anything: it has the form that servers take."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.damage import EXAMPLES, FRAME_KINDS, payload_lists
from tests.server.received import CONSOLE, EVENTS, HISTORY, SUMMARY, ReceivedRun
from tests.unit.sync.test_any_record import record_of, write_run
from tests.written_run import WrittenRun
from wandb.runlog.layout import RunLayout
from wandb.sync.checkpoint import Checkpoint
from wandb.sync.outgoing import MOST_LINE, ConsoleOptions, Outgoing

FEW_WAITING = 1 << 20  # bytes, in the place of MOST_WAITING: what holds for a tenth holds for all of it


def outgoing_of(layout: RunLayout, is_folded: bool = True, max_line: int = MOST_LINE) -> Outgoing:
    checkpoint = Checkpoint(layout.checkpoint, ("server",))
    return Outgoing(layout, checkpoint, is_folded, ConsoleOptions(), max_line)


def post_all(outgoing: Outgoing, server: ReceivedRun) -> None:
    while not outgoing.is_current:
        outgoing.read()
    while outgoing.rows.waits() or outgoing.events.waits() or outgoing.console.waits():
        parts: Dict[str, Any] = {}
        for name, lines in ((HISTORY, outgoing.rows), (EVENTS, outgoing.events)):
            taken = lines.take(10**6)
            if taken:
                parts[name] = {"offset": lines.offset, "content": taken}
            server.post({"files": parts})
            lines.acknowledge(len(taken))
            parts = {}
        offset, console, numbered = outgoing.console.take(10**6)
        if console:
            server.post({"files": {CONSOLE: {"offset": offset, "content": console}}})
        outgoing.console.acknowledge(numbered)
    server.post({"files": {SUMMARY: {"offset": 0, "content": [outgoing.summary_line()]}}})
    server.upsert({"config": outgoing.config_text(), **outgoing.fields()})


@settings(max_examples=EXAMPLES // 2, suppress_health_check=list(HealthCheck))
@given(payload_lists(), st.lists(st.tuples(FRAME_KINDS, payload_lists().map(lambda payloads: payloads[0])), max_size=4))
def test_outgoing__records_that_hold_anything__have_the_form_that_servers_take(
    payloads: List[bytes], frames: List[Tuple[int, bytes]]
) -> None:
    """One strange record never ends the upload of the others."""
    with tempfile.TemporaryDirectory() as folder:
        layout = write_run(os.path.join(folder, "run"), [record_of("run { run_id: 'x' }"), *payloads], frames)
        server = ReceivedRun("x", "e", "p")
        post_all(outgoing_of(layout), server)
        rows = server.rows()
        assert {"before": 1, "_step": 0} in rows and any(row.get("after") == 2 for row in rows)
        steps = [row["_step"] for row in rows]
        assert steps == sorted(set(steps)) or steps[-1] == 2**62


def test_outgoing__row_longer_than_a_server_takes__is_left_out_and_told(tmp_path: Path) -> None:
    """It uses no line number; the record keeps it."""
    run = WrittenRun(tmp_path)
    run.rows([{"x": 1}, {"x": "y" * 5000}, {"x": 2}])
    run.exit()
    outgoing, server = outgoing_of(run.layout, max_line=1000), ReceivedRun("x", "e", "p")
    post_all(outgoing, server)
    assert [row["x"] for row in server.rows()] == [1, 2]
    assert len(outgoing.dropped) == 1 and "5" in outgoing.dropped[0]


def test_outgoing__rows_of_other_processes__wait_for_the_fold(tmp_path: Path) -> None:
    """They have no numbers before; those of the creator don't wait for them."""
    run = WrittenRun(tmp_path)
    run.row({"x": 1, "_step": 0})
    run.row({"child": 1}, writer="1/2/3#1")
    outgoing, server = outgoing_of(run.layout, is_folded=False), ReceivedRun("x", "e", "p")
    post_all(outgoing, server)
    assert server.rows() == [{"x": 1, "_step": 0}]
    assert outgoing.held_back and not outgoing.note_fold()
    assert json.loads(outgoing.summary_line())["child"] == 1


@pytest.mark.parametrize(
    "text", ["DEBUG of no interest\n" * 1000, "\rworking, please wait ..." * 1000], ids=["excluded lines", "spinner"]
)
def test_outgoing__much_text_of_which_nothing_is_to_be_sent__is_read_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The reading waits for what is sent, so never for text of which nothing is."""
    monkeypatch.setattr("wandb.sync.outgoing.MOST_WAITING", FEW_WAITING)
    run = WrittenRun(tmp_path, settings={"console_exclude": ["DEBUG"]})
    run.text(text)
    outgoing = outgoing_of(run.layout)
    outgoing.read()
    outgoing.console.acknowledge(outgoing.console.take(10**6)[2])
    for _ in range(FEW_WAITING // len(text) + 1):
        run.text(text)
    run.row({"x": 1})
    run.exit()
    outgoing.read()
    assert outgoing.is_current and outgoing.rows.waits() and not outgoing.console.waits()


def test_outgoing__very_short_console_lines__are_read_within_the_bound_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line takes many times its one character."""
    monkeypatch.setattr("wandb.sync.outgoing.MOST_WAITING", FEW_WAITING)
    run = WrittenRun(tmp_path)
    for _ in range(30):
        run.text("x\n" * 500)
    run.exit()
    outgoing, held, size = outgoing_of(run.layout), [], 0
    while not outgoing.is_current:
        outgoing.read()
        taken = outgoing.console.take(FEW_WAITING)[2]
        held.append(len(taken))
        for numbered, _ in taken[:1]:
            size = sys.getsizeof(numbered) + sys.getsizeof(numbered.line)
        outgoing.console.acknowledge(taken)
    assert sum(held) == 15_000 and max(held) * size < FEW_WAITING
