"""Runs that begin at a step of another run, or of themselves, and stops that are asked at the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.server.faults import Fault
from tests.server.server import RecordingServer

TRAIN = """
    import json, sys, wandb
    given, first, rows = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with wandb.init(project="p", settings={"x_disable_stats": True}, **given) as run:
        for number in range(rows):
            run.log({"x": first + number})
        print("printed", first)
"""


def train(program: Program, server: RecordingServer, mode: str, first: int, rows: int, **given: Any) -> Path:
    """A run of one process, sent by the time this returns; its folder."""
    result = program(TRAIN, json.dumps(given), str(first), str(rows), env=server.environment(WANDB_MODE=mode)).ok()
    (path,) = [run for run in result.folder.glob("wandb/*run-2*") if not (run / "seen").exists()]
    (path / "seen").touch()
    if mode == "offline":
        assert sync(program, server, str(path)).returncode == 0
    return path


def branch_of(config: Dict[str, Any]) -> Any:
    return config["_wandb"].get("branch_point")


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_fork__of_a_run__is_a_new_one_behind_its_step_and_says_of_whom(
    program: Program, server: RecordingServer, mode: str
) -> None:
    """The first run is not touched; a page shows the branch from the first second."""
    train(program, server, mode, 0, 5, id="a", config={"lr": 1})
    train(program, server, mode, 10, 2, id="b", fork_from="a?_step=2")
    a, b = server.runs["a"], server.runs["b"]
    assert [(row["_step"], row["x"]) for row in a.rows()] == [(step, step) for step in range(5)]
    assert [(row["_step"], row["x"]) for row in b.rows()] == [(3, 10), (4, 11)]
    assert branch_of(b.config()) == {"run_id": "a", "step": 2} and branch_of(a.config()) is None
    upserts = [variables for name, variables in server.operations if name == "UpsertBucket" and variables["name"] == "b"]
    assert all('"branch_point"' in variables["config"] for variables in upserts)
    assert b"branch_point" in b.files["config.yaml"]


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_rewind__of_a_run__goes_on_behind_the_step_in_the_same_run(
    program: Program, server: RecordingServer, mode: str
) -> None:
    """What was behind the step is gone at the server, by its own word; lines of the console are kept."""
    train(program, server, mode, 0, 5, id="a", config={"lr": 1})
    path = train(program, server, mode, 10, 2, resume_from="a?_step=2", config={"new": 2})
    run = server.run
    assert [(row["_step"], row["x"]) for row in run.rows()] == [(0, 0), (1, 1), (2, 2), (3, 10), (4, 11)]
    assert run.console() == ["printed 0", "printed 10"]
    assert (run.summary()["x"], run.config()["lr"], run.config()["new"]) == (11, 1, 2)
    assert branch_of(run.config()) == {"run_id": "a", "step": 2} and run.complete
    operations = [name for name, _ in server.operations]
    assert operations.count("RewindRun") == 1
    assert sync(program, server, "--include-synced", str(path)).returncode == 0
    assert [name for name, _ in server.operations] == operations


def test_rewind__whose_answer_is_lost__is_asked_again_to_the_same_effect(
    program: Program, server: RecordingServer
) -> None:
    """No row was sent in between."""
    train(program, server, "online", 0, 5, id="a")
    server.faults.plan("RewindRun", Fault.lost_reply(), 2)
    train(program, server, "offline", 10, 2, resume_from="a?_step=2")
    assert [row["x"] for row in server.run.rows()] == [0, 1, 2, 10, 11]


def test_rewind__sent_under_another_id__rewinds_nothing(program: Program, server: RecordingServer) -> None:
    """`--id` names a run that nobody wished to go back in."""
    train(program, server, "online", 0, 3, id="b")
    train(program, server, "online", 0, 5, id="a")
    result = program(TRAIN, json.dumps({"resume_from": "a?_step=2"}), "10", "1").ok()
    (path,) = [run for run in result.folder.glob("wandb/*run-2*") if not (run / "seen").exists()]
    assert sync(program, server, "--id", "b", str(path)).returncode == 0
    assert [row["x"] for row in server.runs["b"].rows()] == [0, 1, 2, 10]
    assert [row["x"] for row in server.runs["a"].rows()] == [0, 1, 2, 3, 4]


def test_rewind__of_a_run_that_the_server_does_not_have__is_said_and_sent_once_it_is_there(
    program: Program, server: RecordingServer
) -> None:
    """The training goes on; the earlier part goes first."""
    program(TRAIN, json.dumps({"id": "a"}), "0", "5").ok()
    result = program(TRAIN, json.dumps({"resume_from": "a?_step=2"}), "10", "2", env=server.environment()).ok()
    assert "refuses RewindRun" in result.stderr and "wandb sync" in result.stderr
    server.unexpected.clear()
    assert sync(program, server).returncode == 0
    assert [row["x"] for row in server.run.rows()] == [0, 1, 2, 10, 11]


STOPPED = """
    import sys, threading, time, wandb
    called = []
    def stop():
        called.append(threading.current_thread() is threading.main_thread())
        if sys.argv[1] == "raises":
            raise RuntimeError("of the program")
    run = wandb.init(project="p", id="one", settings=wandb.Settings(x_disable_stats=True, stop_fn=stop))
    while not called:
        time.sleep(0.05)
    run.log({"x": 1})
    run.finish()
    print(called, [thread.name for thread in threading.enumerate() if "wandb" in thread.name])
"""


@pytest.mark.parametrize("how", ["returns", "raises"])
def test_stop_fn__stop_asked_by_the_server__is_called_once_instead_of_ctrl_c(
    program: Program, server: RecordingServer, how: str
) -> None:
    """In a thread, as upstream does: the program waits, and logs nothing that could look."""
    process = program.start(STOPPED, how, env=server.environment(WANDB_HEARTBEAT_SECONDS="1"))
    while "one" not in server.runs:
        assert process.poll() is None
    server.run.stopped = True
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0 and stdout == "[False] []\n", stderr
    assert ("stop_fn failed (RuntimeError: of the program)" in stderr) is (how == "raises")
    assert server.run.exit_code == 0 and [row["x"] for row in server.run.rows()] == [1]


@pytest.mark.parametrize("features, wish, expected", [((), "false", False), (("FILESTREAM_GZIP",), "", False), (("FILESTREAM_GZIP",), "false", True)])
def test_gzip__of_posts__only_if_it_is_wished_and_the_server_can_read_it(
    program: Program, features: tuple, wish: str, expected: bool
) -> None:
    """As upstream's client; its default is plain."""
    with RecordingServer(features=features) as server:
        environment = {"WANDB_X_FILE_STREAM_NO_GZIP": wish} if wish else {}
        program(TRAIN, json.dumps({"id": "a"}), "0", "5", env=server.environment(**environment)).ok()
        assert [row["x"] for row in server.run.rows()] == list(range(5)) and server.run.complete
        assert (server.compressed == len(server.run.posts)) is expected and (server.compressed > 0) is expected
        assert server.unexpected == []
