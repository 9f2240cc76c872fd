"""Upstream's released client reads what is left of runs that were killed at random moments, and of runs in several parts.

Run by `tox -e interop`, beside test_interop.py.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Dict, List

import pytest

from tests.conftest import Program
from tests.faults.kills import Experiment
from tests.interop import upstream
from tests.recorded import runs_in
from tests.server.received import ReceivedRun
from tests.server.server import RecordingServer

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

KILLS = int(os.environ.get("FAULTS_KILLS", "30"))
FIRST = int(os.environ.get("FAULTS_SEED", "0"))
EACH = 5

# `train.py FIRST_STEP COUNT RESUME END`
PART = """
import os, sys, wandb
first, count = int(sys.argv[1]), int(sys.argv[2])
run = wandb.init(project="p", id="x", resume=sys.argv[3], config={f"from{first}": first}, settings=wandb.Settings(silent=True))
for step in range(first, first + count):
    run.log({"n": step}, step=step)
run.log({f"last of {first}": 1})
print("part from", first)
sys.stdout.flush()
if sys.argv[4] == "dies":
    os.kill(run._interface._service.pid, 9)
    os.kill(os.getpid(), 9)
"""


def missing(experiment: Experiment, received: ReceivedRun) -> List[str]:
    """What did not arrive, or twice, of what the experiment's calls had returned for."""
    found: List[str] = []
    rows: Dict[str, List[int]] = {}
    for row in received.rows():
        rows.setdefault(row["name"], []).append(row["n"])
    for name, last in experiment.acknowledged.items():
        # The call that was under way may have come to its end.
        if rows.get(name) not in (list(range(last + 1)), list(range(last + 2))):
            found.append(f"rows of {name}: {len(rows.get(name, []))} of {last + 1}, ending {rows.get(name, [])[-3:]}")
    if not received.complete or received.exit_code == 0:
        found.append(f"complete: {received.complete}, exit code {received.exit_code}")
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + KILLS, EACH))
def test_upstream_sync__runs_after_kills__receives_every_row_once(program: Program, tmp_path: Path, seed: int) -> None:
    """Whoever has only upstream's client loses nothing."""
    for number in range(seed, min(seed + EACH, FIRST + KILLS)):
        experiment = Experiment(number, tmp_path, program.environment)
        run = experiment.complete(program.environment)
        received = upstream.sync(run.path)
        assert missing(experiment, received) == [], f"FAULTS_SEED={number} FAULTS_KILLS=1: {experiment.described()}"
        shutil.rmtree(run.path)


def test_upstream_sync__parts_of_a_run_in_order__is_one_run_with_every_row_once(program: Program, tmp_path: Path) -> None:
    """Steps that two parts have: the server numbers on, so the later part's rows follow, and none is lost."""
    program(PART, "0", "10", "allow", "dies")
    program(PART, "6", "3", "must", "dies")
    program(PART, "20", "2", "must", "ends").ok()
    parts = runs_in(program.folder)
    assert len(parts) == 3
    with RecordingServer() as server:
        for part in parts:
            upstream.sync_to(server, part.path)
    received = server.runs["x"]
    assert [row["n"] for row in received.rows()] == [*range(10), 6, 7, 8, 20, 21]
    assert [row["_step"] for row in received.rows()] == [*range(10), 10, 11, 12, 20, 21]
    runtimes = [row["_runtime"] for row in received.rows()]
    assert runtimes == sorted(runtimes)
    assert {key: value for key, value in received.config().items() if key != "_wandb"} == {"from0": 0, "from6": 6, "from20": 20}
    assert received.console() == ["part from 0", "part from 6", "part from 20"]
    assert {"last of 0", "last of 6", "last of 20"} <= set(received.summary()) and received.summary()["n"] == 21


def test_resume__of_a_part_that_upstream_recorded__goes_on(program: Program, tmp_path: Path) -> None:
    """Whoever changes clients between two jobs goes on with the run."""
    source = tmp_path / "theirs.py"
    source.write_text(
        "import wandb\n"
        "run = wandb.init(project='p', id='x', name='theirs', tags=['t'], resume='allow', config={'lr': 1})\n"
        "run.define_metric('low', summary='min')\n"
        "for n in (3, 1, 2):\n    run.log({'n': n, 'low': n})\n"
        "run.config.update({'late': 2})\n"
        "run.finish()\n"
    )
    assert upstream.run_offline(source, tmp_path).returncode == 0
    result = program(
        """
        import wandb
        run = wandb.init(project="p", id="x", resume="must")
        assert (run.step, run.resumed, run.name, run.tags) == (3, True, "theirs", ("t",)), (run.step, run.name, run.tags)
        assert dict(run.config) == {"lr": 1, "late": 2}, run.config
        assert run.summary["n"] == 2 and run.summary["low"]["min"] == 1, run.summary
        """
    )
    assert result.status == 0, result.stderr
