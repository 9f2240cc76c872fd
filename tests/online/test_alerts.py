"""Alerts when whoever sends them is killed: none is lost, and at most one comes twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any, Callable

import pytest

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.server.faults import HANG, SLOW, Fault
from tests.server.server import RecordingServer

RUN = """
    import wandb
    with wandb.init(project="p", id="one", settings={"x_disable_stats": True}) as run:
        for name in ("first", "second", "third"):
            run.alert(name, "text")
"""
ALERT = "NotifyScriptableRunAlert"


@pytest.mark.parametrize("is_taken", [False, True], ids=["before the server took it", "before its answer came"])
@pytest.mark.parametrize("number", range(3))
def test_alerts__sender_killed_with_one_under_way__others_come_once_and_that_one_at_least_once(
    program: Program, server: RecordingServer, wait_for: Callable[[Callable[[], Any]], Any], number: int, is_taken: bool
) -> None:
    """What an answer acknowledges is on the disk before the next alert goes out."""
    path = program(RUN).ok().run.path
    for _ in range(number):
        server.faults.plan(ALERT, Fault(SLOW))  # in no time, as a place in the row
    server.faults.plan(ALERT, Fault(HANG, applies=is_taken, seconds=60))
    process = subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", str(path)],
        cwd=program.folder,
        env={**program.environment, **server.environment()},
        stdin=subprocess.DEVNULL,
    )
    wait_for(lambda: server.requests.count(ALERT) == number + 1 and (not is_taken or len(server.run.alerts) > number))
    process.kill()
    process.wait()
    server.faults.clear()
    assert sync(program, server, str(path)).returncode == 0
    expected = Counter({"first": 1, "second": 1, "third": 1})
    if is_taken:
        expected[("first", "second", "third")[number]] = 2
    assert Counter(alert["title"] for alert in server.run.alerts) == expected


SWITCHED_OFF = Fault.answer(200, '{"errors": [{"message": "alerts are switched off"}]}')


def test_alerts__refused__keep_nothing_else_back_and_are_asked_again(program: Program, server: RecordingServer) -> None:
    """One that the server does not want is said; the mark would say that everything was sent."""
    run = program(
        """
        import wandb
        with wandb.init(project="p", id="one") as run:
            run.log({"x": 1})
            for name in ("first", "second", "third"):
                run.alert(name, "text")
        """
    ).ok().run
    server.faults.plan(ALERT, Fault(SLOW))
    server.faults.plan(ALERT, SWITCHED_OFF)
    result = sync(program, server, str(run.path))
    assert result.returncode == 1 and "'second' could not be sent" in result.stderr
    assert "alerts are switched off" in result.stderr
    assert server.run.complete and len(server.run.rows()) == 1 and "wandb-summary.json" in server.run.files
    assert [alert["title"] for alert in server.run.alerts] == ["first", "third"]
    for status, titles in ((1, 2), (0, 3), (0, 3)):
        if status:
            server.faults.plan(ALERT, SWITCHED_OFF)
        assert sync(program, server, "--include-synced", str(run.path)).returncode == status
        assert len(server.run.alerts) == titles


@pytest.mark.parametrize("kind", [ALERT, "UpsertBucket"])
def test_side_request__refused_while_the_run_goes_on__does_not_end_its_upload(
    program: Program, server: RecordingServer, wait_for: Callable[[Callable[[], Any]], Any], kind: str
) -> None:
    """Rows that come after it are sent all the same; the closing words say what is missing."""
    process = program.start(
        """
        import sys, wandb
        run = wandb.init(project="p", id="one")
        run.log({"x": 0})
        sys.stdin.readline()
        run.config.update({"late": 1})
        run.alert("first", "text")
        sys.stdin.readline()
        run.log({"x": 1})
        run.finish()
        """,
        env=server.environment(),
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    wait_for(lambda: server.runs and server.run.rows() and server.requests.count("UpsertBucket") == 2)
    server.faults.plan(kind, SWITCHED_OFF, 99)
    process.stdin.write("\n")
    process.stdin.flush()
    wait_for(lambda: [asked for asked, _ in server.faults.made])
    _, stderr = process.communicate("\n", timeout=60)
    assert process.returncode == 0 and "alerts are switched off" in stderr
    assert [row["x"] for row in server.run.rows()] == [0, 1] and server.run.complete
