"""`wandb.controller` under both clients: the same wishes at the server, the same runs of its agents, the same early ends."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
import yaml

from tests.conftest import ROOT, Program
from tests.interop import upstream
from tests.server.artifacts import ArtifactServer
from tests.server.ready_runs import put_run

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

CONFIG = {
    "method": "grid", "program": "trial.py", "metric": {"name": "loss", "goal": "minimize"}, "controller": {"type": "local"},
    "parameters": {"lr": {"values": [0.1, 0.2]}, "n": {"value": 3}},
}  # fmt: skip
TRIAL = """
    import wandb
    with wandb.init(config={"lr": 9, "own": 1}) as run:
        run.log({"loss": run.config.lr * 2})
"""
CONTROL = f"""
    import wandb
    sweep = wandb.controller({CONFIG!r})
    print("id", sweep.sweep_id, flush=True)
    sweep.run(print_status=False)
"""
STEPS = """
    import wandb
    for number in range({count}):
        sweep = wandb.controller(f"sweep{{number}}", entity="somebody", project="p")
        sweep.step()
        assert not sweep.done()
"""
# The losses of the runs of a sweep whose brackets are 2, 4 and 8: what counts of each is the value at its last bracket.
LOSSES: List[List[List[float]]] = [
    [[float(number)] * 9 for number in range(count)] for count in range(1, 7)
] + [
    [[1] * 6 + [9] + [1] * 2, [1] * 7 + [9] + [1], [1] * 8 + [9], [1] * 9],
    [[9, 9, 9, 9, 1, 1, 1, 1, 1], [2] * 5, [3] * 5, [4] * 5],
    [[1, 9], [1, 4], [1], [1, 5], [1, 1]],
]  # fmt: skip


class Client:
    """One of the two, with what it needs to reach a server."""

    def __init__(self, is_ours: bool, program: Program, server: ArtifactServer) -> None:
        self.python = sys.executable if is_ours else upstream.PYTHON
        self.environment = {
            **{name: value for name, value in program.environment.items() if not name.startswith("PYTHON")},
            **server.environment(WANDB_PROJECT="p", WANDB_ENTITY="somebody", WANDB_AGENT_REPORT_INTERVAL="0"),
            "PATH": f"{Path(self.python).parent}:{program.environment['PATH']}",
            **({"PYTHONPATH": str(ROOT)} if is_ours else {}),
        }

    def start(self, folder: Path, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, *arguments], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def call(self, folder: Path, *arguments: str) -> None:
        process = self.start(folder, *arguments)
        stdout, _ = process.communicate(timeout=120)
        assert process.returncode == 0, stdout


def wishes_of(fields: Dict[str, Any]) -> Tuple[List[Any], List[str], int]:
    """What the controller has asked for last, whose early end it wants, and how many of its wishes became runs."""
    wish, made = json.loads(fields["controller"]), json.loads(fields.get("scheduler") or "{}")
    assert sorted(wish) == ["earlystop", "schedule"] and all(len(one["id"]) == 10 for one in wish["schedule"])
    return [one["data"] for one in wish["schedule"]], sorted(wish["earlystop"]), len(made.get("scheduled", ()))


def test_controller__with_an_agent__has_the_same_runs_made(tmp_path: Path, program: Program) -> None:
    """One wish after the other, and at last the one that says that there are no more."""
    (tmp_path / "trial.py").write_text(textwrap.dedent(TRIAL))
    (tmp_path / "control.py").write_text(textwrap.dedent(CONTROL))
    results = []
    for is_ours in (True, False):
        with ArtifactServer(answers_by_schema=True) as server:
            client = Client(is_ours, program, server)
            control = client.start(tmp_path, "control.py")
            assert control.stdout is not None
            lines = []
            while not lines or not lines[-1].startswith("id"):
                lines.append(control.stdout.readline())
                assert lines[-1], lines
            client.call(tmp_path, "-m", "wandb", "agent", f"somebody/p/{lines[-1].split()[-1]}")
            stdout, _ = control.communicate(timeout=60)
            assert control.returncode == 0, stdout
            (sweep,) = server.sweeps.by_id.values()
            runs = [
                [run.run_id, run.exit_code, [row["loss"] for row in run.rows()],
                 {key: value for key, value in run.config().items() if key != "_wandb"}]
                for run in server.runs.values()
            ]  # fmt: skip
            for parameter in sweep.config["parameters"].values():
                parameter.pop("distribution", None)  # upstream's client names also those that go without saying
            results.append([sorted(runs), sweep.given, sweep.fields["state"], wishes_of(sweep.fields)])
            assert server.unexpected == []
    assert results[0] == results[1] and len(results[0][0]) == 2


def test_controller__with_early_terminate__ends_the_same_runs(tmp_path: Path, program: Program) -> None:
    """Which runs are behind the others at a bracket, and which values are still to be tried."""
    (tmp_path / "steps.py").write_text(textwrap.dedent(STEPS.format(count=2 * len(LOSSES))))
    results = []
    for is_ours in (True, False):
        with ArtifactServer(answers_by_schema=True) as server:
            for number, losses in enumerate(LOSSES * 2):
                early = {"type": "hyperband", "min_iter": 2, "eta": 2 + number // len(LOSSES)}
                for run, values in enumerate(losses):
                    rows = [{"loss": value} for value in values]
                    put_run(server, f"s{number}r{run}", rows, config={"lr": run}, sweep=f"sweep{number}", exit_code=None)
                config = {**CONFIG, "parameters": {"lr": {"values": list(range(9))}}, "early_terminate": early}
                server.make_sweep({"config": yaml.safe_dump(config), "entityName": "somebody", "projectName": "p"})
            Client(is_ours, program, server).call(tmp_path, "steps.py")
            results.append([wishes_of(sweep.fields) for sweep in server.sweeps.by_id.values()])
            assert server.unexpected == []
    assert results[0] == results[1]
    assert [early for _, early, _ in results[0]][:3] == [[], [], ["s2r2"]]
