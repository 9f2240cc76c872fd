"""Sacred's experiments: the observer leaves configuration, metrics, artifacts and results as upstream's does."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

pytest.importorskip("sacred")

EXPERIMENT = """
    import sys
    from pathlib import Path
    import wandb
    from sacred import Experiment
    from wandb.integration.sacred import WandbObserver
    observer = WandbObserver(project="p", name="named", tags=["t"])
    Path("made.txt").write_text("made")
    experiment = Experiment("tried", interactive=True, save_git_info=False)
    experiment.observers.append(observer)

    @experiment.config
    def config():
        lr = 0.1
        deep = {"a": [1, None], "b": {"c": "x"}}
        seed = 3
"""


def test_experiment__with_metrics_an_artifact_and_results__leaves_the_same(program: Program) -> None:
    """Each value is a row of its own; of the results, a number has a number as name, and a text names a file."""
    ended = program(
        EXPERIMENT
        + """
    @experiment.main
    def main(lr, deep, _run):
        print("rate", lr)
        for step in range(3):
            _run.log_scalar("loss", 1 / (step + 1), step)
            _run.log_scalar("acc", step, 10 * step)
        _run.add_artifact("made.txt", "kept", content_type="text/plain")
        return 42, {"a": 1.5, "s": "text"}, "made.txt"

    assert wandb.sacred.WandbObserver is WandbObserver
    assert experiment.run(config_updates={"lr": 0.5}).status == "COMPLETED"
    """
    ).ok()
    rows = ended.run.rows()
    assert [row["loss"] for row in rows if "loss" in row] == [1, 1 / 2, 1 / 3]
    assert [row["result_0"] for row in rows if "result_0" in row] == [42] and rows[-1]["s"] == "text"
    same_with_upstream(ended.folder)


def test_experiment__that_fails_or_returns_other_values__has_what_there_is(program: Program) -> None:
    """Upstream's observer raises for what is no number, dict or file, and says nothing of what was read."""
    ended = program(
        EXPERIMENT
        + """
    import numpy

    @experiment.main
    def main(lr, _run):
        _run.open_resource("made.txt").close()
        _run.log_scalar("loss", lr)
        if lr:
            return None, "no file", numpy.float32(2.5), [1, 2]
        raise ValueError("no rate")

    experiment.run()
    try:
        experiment.run(config_updates={"lr": 0})
    except ValueError as error:
        print("raised", error)
    """
    ).ok()
    assert "raised no rate" in ended.stdout
    rows = [{key: value for key, value in row.items() if not str(key).startswith("_")} for row in ended.run.rows()]
    assert rows == [{"loss": 0.1}, {"result_1": "no file"}, {"result_2": 2.5}, {"result_3": [1, 2]}, {"loss": 0}]
    assert "made.txt" in ended.run.file("config.yaml")
