"""Keras 3 on the torch backend: metrics over epochs and batches, checkpoints, tables of predictions."""

from __future__ import annotations

import pytest

from tests.conftest import Program

pytest.importorskip("torch")

MODEL = """
    import os
    os.environ["KERAS_BACKEND"] = "torch"
    import keras, numpy, wandb
    from wandb.integration.keras import WandbCallback, WandbEvalCallback, WandbMetricsLogger, WandbModelCheckpoint
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = numpy.random.rand(32, 4), numpy.random.rand(32, 1)
    def fit(*callbacks, epochs=2):
        model.fit(x, y, epochs=epochs, batch_size=8, callbacks=list(callbacks), verbose=0, validation_data=(x, y))
"""


@pytest.fixture(autouse=True)
def needs_keras() -> None:
    """The package alone; importing it here would choose a backend."""
    from importlib.util import find_spec

    if find_spec("keras") is None:
        pytest.skip("Keras is not installed")


def test_metrics_logger__by_batches__has_rows_of_both_kinds(program: Program) -> None:
    """Metrics of batches over their count, with the learning rate; `tox -e tensorflow` has upstream's client do the same."""
    ended = program(
        MODEL
        + """
    with wandb.init():
        fit(WandbMetricsLogger(log_freq=2))
    try:
        WandbMetricsLogger()
    except wandb.Error:
        print("refused")
    """
    ).ok()
    assert "refused" in ended.stdout
    rows = ended.run.rows()
    epochs = [row for row in rows if "epoch/epoch" in row]
    assert [row["epoch/epoch"] for row in epochs] == [0, 1]
    assert {"epoch/loss", "epoch/val_mae", "epoch/learning_rate"} <= set(epochs[0])
    batches = [row["batch/batch_step"] for row in rows if "batch/batch_step" in row]
    assert batches == [0, 2, 4, 6]
    metrics = [record.metric for record in ended.run.records() if record.HasField("metric")]
    assert {(metric.name or metric.glob_name, metric.step_metric) for metric in metrics} == {
        ("batch/batch_step", ""), ("batch/*", "batch/batch_step"),
    }  # fmt: skip


def test_checkpoint__each_epoch__is_a_version_of_the_model(program: Program) -> None:
    """Keras decides what is saved; what it does not save is no version."""
    ended = program(
        MODEL
        + """
    with wandb.init():
        fit(WandbModelCheckpoint("models/{epoch}.keras"), epochs=3)
        fit(WandbModelCheckpoint("best.keras", monitor="val_loss", mode="max", save_best_only=True,
                                 initial_value_threshold=1e9))
        fit(WandbCallback())
    """
    ).ok()
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    assert [list(artifact.aliases) for artifact in artifacts] == [[f"epoch_{number}", "latest"] for number in range(3)]
    assert {artifact.name for artifact in artifacts} == {f"run_{ended.run.layout.run_id}_model"}
    assert "best_val_loss" in ended.run.summary()


def test_evaluation__subclassed__logs_truth_once_and_predictions_each_epoch(program: Program) -> None:
    """Two kinds of artifacts with tables."""
    ended = program(
        MODEL
        + """
    class Evaluation(WandbEvalCallback):
        def add_ground_truth(self, logs=None):
            self.data_table.add_data(0, 1.5)
        def add_model_predictions(self, epoch, logs=None):
            self.pred_table.add_data(epoch, 0, 2.5)
    with wandb.init():
        fit(Evaluation(["row", "truth"], ["epoch", "row", "predicted"]))
    """
    ).ok()
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    assert [artifact.type for artifact in artifacts] == ["dataset", "evaluation", "evaluation"]
