"""Ray Tune and Train, unmodified: runs of actors and workers, which Ray starts and kills as it likes."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream
from tests.recorded import RecordedRun, runs_in

LIMIT = 400
# Sockets of Ray don't fit into a folder with a long name; its workers' current folders are its own.
PROGRAM = """
    import os, tempfile
    folder = os.environ["WANDB_DIR"] = os.getcwd()
    import numpy, ray, wandb
    from ray import train, tune
    from ray.air.integrations.wandb import WandbLoggerCallback, setup_wandb

    def main(what):
        with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as short:
            ray.init(num_cpus=3, include_dashboard=False, logging_level="error", _temp_dir=short)
            try:
                what()
            finally:
                ray.shutdown()

    def tuned(trial, *callbacks):
        where = tune.RunConfig(storage_path=folder + "/results", name="tuned", verbose=0, callbacks=list(callbacks))
        results = tune.Tuner(trial, param_space={"lr": tune.grid_search([0.1, 0.2])}, run_config=where).fit()
        assert not results.errors, results.errors
"""


@pytest.fixture(autouse=True)
def needs_ray() -> None:
    """Its parts for tuning and training."""
    pytest.importorskip("ray.tune")
    pytest.importorskip("ray.train")


def by_config(folder: Path, key: str) -> List[RecordedRun]:
    """The runs in the order of a value of their configuration."""
    import yaml

    return sorted(runs_in(folder), key=lambda run: yaml.safe_load(run.file("config.yaml"))[key]["value"])


def test_tune__logger_callback__has_a_run_for_each_trial(program: Program) -> None:
    """An actor of Ray logs for each trial. Upstream leaves the same, if it is quick: here it lost all rows of a trial."""
    ended = program(
        PROGRAM
        + """
    def trial(config):
        for i in range(3):
            image = wandb.Image(numpy.zeros((2, 2, 3), dtype="uint8"))
            tune.report({"loss": config["lr"] / (i + 1), "nested": {"a": i}, "image": image})

    main(lambda: tuned(trial, WandbLoggerCallback(project="p", group="g", log_config=True)))
    """,
        limit=LIMIT,
    ).ok()
    runs = by_config(ended.folder, "lr")
    assert len(runs) == 2 and all(run.exit_code() == 0 for run in runs)
    for lr, run in zip((0.1, 0.2), runs):
        rows = run.rows()
        assert [row["_step"] for row in rows] == [1, 2, 3]
        assert [row["loss"] for row in rows] == pytest.approx([lr, lr / 2, lr / 3])
        assert [row["nested/a"] for row in rows] == [0, 1, 2] and {row["config/lr"] for row in rows} == {lr}
        assert (run.path / "files" / rows[-1][("image", "path")]).is_file()
        record = next(record.run for record in run.records() if record.HasField("run"))
        assert (record.project, record.run_group) == ("p", "g") and record.run_id in record.display_name


def test_tune__setup_wandb__has_a_run_for_each_trial(program: Program) -> None:
    """The trial's own process logs. Not compared: upstream's client loses one of the two on a busy machine."""
    ended = program(
        PROGRAM
        + """
    def trial(config):
        with setup_wandb(config, project="p", group="g", api_key="0" * 40) as run:
            for i in range(3):
                run.log({"loss": config["lr"] / (i + 1)})
                tune.report({"loss": i})

    main(lambda: tuned(trial))
    """,
        limit=LIMIT,
    ).ok()
    runs = by_config(ended.folder, "lr")
    assert [[row["loss"] for row in run.rows()] for run in runs] == [[lr, lr / 2, lr / 3] for lr in (0.1, 0.2)]
    assert [(run.records()[1].run.run_group, run.exit_code()) for run in runs] == [("g", 0)] * 2


def test_train__setup_wandb_in_two_workers__keeps_the_rows_of_both(program: Program) -> None:
    """Ray gives both the same id; each is a part of that run, in a folder of its own."""
    ended = program(
        PROGRAM
        + """
    from ray.train.torch import TorchTrainer

    def worker(config):
        run = setup_wandb(config, project="p", group="g", api_key="0" * 40, rank_zero_only=False)
        rank = train.get_context().get_world_rank()
        for i in range(3):
            run.log({"loss": 1 / (i + 1), "rank": rank})
            train.report({"loss": i})
        run.finish()

    def main_part():
        where = train.RunConfig(storage_path=folder + "/results", name="trained")
        two = train.ScalingConfig(num_workers=2)
        TorchTrainer(worker, train_loop_config={"lr": 0.3}, scaling_config=two, run_config=where).fit()

    main(main_part)
    """,
        limit=LIMIT,
    ).ok()
    runs = runs_in(ended.folder)
    assert sorted([row["rank"] for row in run.rows()] for run in runs) == [[0, 0, 0], [1, 1, 1]]
    # Which of two that begin at once goes on from the other is chance, as it is against a server; offline, upstream's
    # begin both at step 0.
    same_with_upstream(ended.folder, random="_step", limit=LIMIT)
