"""A run that goes on after a part of it was killed together with its helper: the server gets each line once, in order."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable

import psutil

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.recorded import runs_in
from tests.server.faults import CLOSE, Fault
from tests.server.server import RecordingServer
from tests.written_run import WrittenRun

# Logs as many rows as it is told in each line of its input, and waits for the next one.
PART = """
    import sys, wandb
    run = wandb.init(project="p", id="one", resume="allow", settings={"x_disable_stats": True})
    for line in sys.stdin:
        for _ in range(int(line)):
            run.log({"x": run.step})
            print("row", run.step - 1)
        print("logged", flush=True)
    run.finish()
"""


def log(process: Any, rows: int) -> None:
    """Have the program log, and wait until it has."""
    process.stdin.write(f"{rows}\n")
    process.stdin.flush()
    while process.stdout.readline() != "logged\n":
        assert process.poll() is None


def kill_with_helper(process: Any, folder: Path) -> None:
    """As a batch system kills all of a job."""
    helpers = [each for each in psutil.process_iter(["cmdline"]) if str(folder) in (each.info["cmdline"] or ())]
    assert len(helpers) == 1
    for each in (helpers[0].pid, process.pid):
        os.kill(each, signal.SIGKILL)
    process.communicate()


def killed_part(program: Program, server: RecordingServer, wait_for: Callable[..., Any], *rows: int) -> Path:
    """A part of which the server has got the first rows only; its folder."""
    before = {run.path for run in runs_in(program.folder)}
    process = program.start(PART, stdin=subprocess.PIPE, env=server.environment())
    log(process, rows[0])
    wait_for(lambda: server.runs and len(server.run.lines("output.log")) == rows[0] + 1)
    server.faults.chaos = lambda kind: Fault(CLOSE)
    log(process, rows[1])
    (folder,) = {run.path for run in runs_in(program.folder)} - before
    kill_with_helper(process, folder)
    server.faults.clear()
    return folder


def assert_each_once(server: RecordingServer, rows: int) -> None:
    assert [(row["_step"], row["x"]) for row in server.run.rows()] == [(step, step) for step in range(rows)]
    console = [line for line in server.run.console() if line.startswith("row")]
    assert console == [f"row {step}" for step in range(rows)]
    assert server.run.summary()["x"] == rows - 1


def test_online__goes_on_after_a_kill_of_everything__has_the_rows_that_were_not_sent(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """They were never sent; a later `wandb sync` wrote them over the rows of the next part."""
    killed_part(program, server, wait_for, 3, 4)
    process = program.start(PART, stdin=subprocess.PIPE, env=server.environment())
    assert process.communicate("2\n", timeout=60)[0].count("row") == 2 and process.returncode == 0
    assert_each_once(server, 9)
    assert server.run.complete and server.run.exit_code == 0
    requests = len(server.requests)
    answer = sync(program, server)
    assert answer.returncode == 0 and len(server.requests) == requests, "both parts are known to be sent"


def test_sync__of_a_part_whose_run_went_on_behind_it__writes_over_nothing(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """The next numbers are the later part's, whose summary and files are newer, too. As another run, all can be sent."""
    part = killed_part(program, server, wait_for, 3, 4)
    process = program.start(PART, stdin=subprocess.PIPE, env=server.environment(WANDB_MODE="offline"))
    assert process.communicate("2\n", timeout=60)[0].count("row") == 2
    (later,) = {run.path for run in runs_in(program.folder)} - {part}
    assert sync(program, server, str(later)).returncode == 0
    before = (server.run.rows(), server.run.console(), server.run.summary(), dict(server.run.files))
    for _ in range(2):
        answer = sync(program, server, str(part))
        assert answer.returncode == 1 and "went on behind that" in answer.stderr and str(later) in answer.stderr
        assert (server.run.rows(), server.run.console(), server.run.summary(), dict(server.run.files)) == before
    assert sync(program, server, "--id", "other", str(part)).returncode == 0
    assert [row["x"] for row in server.runs["other"].rows()] == list(range(7))


def test_sync__server_lost_within_a_part__the_next_one_waits_for_the_rest_of_it(
    program: Program, server: RecordingServer
) -> None:
    """It was sent behind what there was, and then the rest of the first part over it."""
    for _ in range(2):
        process = program.start(PART, stdin=subprocess.PIPE, env={"WANDB_MODE": "offline"})
        process.communicate("3\n", timeout=60)
    server.faults.plan("file_stream", Fault(CLOSE))
    once = {**server.environment(), "WANDB_X_FILE_STREAM_RETRY_MAX": "0"}
    program.environment.update(once)
    answer = sync(program, server)
    assert answer.returncode == 1 and "of which not everything can be sent now" in answer.stderr
    assert server.run.rows() == []
    assert sync(program, server).returncode == 0
    assert_each_once(server, 6)


def test_sync__part_of_another_host_that_fell_silent__is_ended_soon_if_its_run_goes_on_in_a_later_one(
    program: Program, server: RecordingServer
) -> None:
    """After the loss of a node; what its open row and its children add comes with the fold, and belongs before the next part."""
    creator = {"host": "lost-node", "pid": 7, "start_time": "1@x"}
    folder, now = program.folder / "wandb", time.time()
    for name, begun, settings in (
        ("first", now - 100, {"_creator": creator}),
        ("second", now - 20, {"_creator": creator, "_resumed_from": {"folder": "offline-run-first-one"}}),
    ):
        part = WrittenRun(folder, "one", f"offline-run-{name}-one", project="p", start=int(begun), settings=settings)
        part.row({"x": name, "_step": len(name), "_timestamp": begun + 10})
        last = part
    last.exit()
    answer = sync(program, server)
    assert answer.returncode == 0, answer.stderr
    assert [row["x"] for row in server.run.rows()] == ["first", "second"] and "still going on" not in answer.stderr
