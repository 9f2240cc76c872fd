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
