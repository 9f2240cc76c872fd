"""At least 200 kills in the usual run; FAULTS_KILLS=5000 for a night, FAULTS_SEED to begin elsewhere or to repeat one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.faults.kills import Experiment

KILLS = int(os.environ.get("FAULTS_KILLS", "200"))
FIRST = int(os.environ.get("FAULTS_SEED", "0"))
EACH = 10  # kills in one test


@pytest.mark.parametrize("seed", range(FIRST, FIRST + KILLS, EACH))
def test_kills__at_random_moments__lose_nothing_that_was_acknowledged(program: Program, tmp_path: Path, seed: int) -> None:
    """Creator, helper, both, or the whole group; with and without children that log, too."""
    for number in range(seed, min(seed + EACH, FIRST + KILLS)):
        experiment = Experiment(number, tmp_path, program.environment)
        run = experiment.complete(program.environment)
        assert experiment.faults(run) == [], f"FAULTS_SEED={number} FAULTS_KILLS=1: {experiment.described()}"
        shutil.rmtree(run.path)


def test_kills__with_a_tracker_that_writes_in_blocks__are_noticed(program: Program, tmp_path: Path) -> None:
    """The suite would see the fault that it is there for."""
    environment = {**program.environment, "BROKEN": "1"}
    experiments = [Experiment(number, tmp_path, environment) for number in range(3)]
    assert any(experiment.faults(experiment.complete(program.environment)) for experiment in experiments)
