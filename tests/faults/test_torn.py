"""A log that ends anywhere: the node has gone, and what the last write got to the disk is all there is."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import List

import pytest

from tests.conftest import Program
from tests.faults.kills import Experiment
from tests.recorded import RecordedRun
from wandb.sync.completion import finalize

CUTS = 150
LEAST = 2000  # bytes: what begins a run is not cut


def dead_run(program: Program, folder: Path) -> Path:
    """A run whose creator, children and helper have been killed at once, and that nobody has completed."""
    for seed in range(1000):
        experiment = Experiment(seed, folder, program.environment)
        run = RecordedRun(Path(experiment.run_dir))
        is_whole = all(log.stat().st_size > 10 * LEAST for log in run.path.glob(f"run-{run.layout.run_id}.*"))
        is_dead = experiment.victims == ("service", "creator") and run.kinds()[-1] != "exit"
        if experiment.children and is_dead and is_whole:
            return run.path
        experiment.end_stopped()
        shutil.rmtree(run.path, ignore_errors=True)
    raise AssertionError("no such seed")


def numbers(run: RecordedRun, name: str) -> List[int]:
    return [row["n"] for row in run.rows() if row["name"] == name]


@pytest.mark.parametrize("kind", ["wandb", "spool"])
def test_log__cut_anywhere__keeps_everything_before(program: Program, tmp_path: Path, kind: str) -> None:
    """The next reader steps over the torn end, and loses nothing before it; the other log is not touched by that."""
    original = dead_run(program, tmp_path)
    (log,) = original.glob(f"run-*.{kind}")
    whole = shutil.copytree(original, tmp_path / "whole")
    assert finalize(str(whole)) == ""
    rows = {name: numbers(RecordedRun(whole), name) for name in ("creator", "child0", "child1")}
    torn = ("creator",) if kind == "wandb" else ("child0", "child1")
    size, chance, last = log.stat().st_size, random.Random(1), {name: len(rows[name]) for name in rows}
    for cut in sorted({chance.randrange(LEAST, size) for _ in range(CUTS)} | {size - 1}, reverse=True):
        copy = shutil.copytree(original, tmp_path / "cut")
        with open(copy / log.name, "r+b") as file:
            file.truncate(cut)
        assert finalize(str(copy)) == "", cut
        run = RecordedRun(copy)
        for name, all_of_it in rows.items():
            found = numbers(run, name)
            assert found == all_of_it[: len(found)] and len(found) <= last[name], (cut, name)
            assert name in torn or found == all_of_it, (cut, name)
            last[name] = len(found)
        assert run.kinds()[-1] == "exit" and run.exit_code() == 1, cut
        shutil.rmtree(copy)
    assert sum(last[name] for name in torn) < sum(len(rows[name]) for name in torn) / 2
