"""Keras 3 on TensorFlow: its callback for TensorBoard, and ours, leave what they do with upstream's client."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

pytest.importorskip("tensorflow", exc_type=ImportError)

MODEL = """
    import os
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras, numpy, wandb
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = numpy.random.rand(32, 4), numpy.random.rand(32, 1)
    def fit(*callbacks, epochs=2):
        model.fit(x, y, epochs=epochs, batch_size=8, callbacks=list(callbacks), verbose=0, validation_data=(x, y))
"""


def test_tensorboard_callback__with_histograms_and_pictures__leaves_the_same(program: Program) -> None:
    """Two writers, one for the training and one for the validation; batches and epochs count steps of their own."""
    ended = program(
        MODEL
        + """
    wandb.tensorboard.patch(root_logdir="logs")
    with wandb.init(project="p"):
        fit(keras.callbacks.TensorBoard("logs", update_freq=2, histogram_freq=1, write_images=True))
    """
    ).ok()
    rows = ended.run.rows()
    assert [row["global_step"] for row in rows if "train/batch_loss" in row] == [2, 4, 6, 8]
    epochs = [row for row in rows if "train/epoch_loss" in row]
    assert len(epochs) == 2 and ("train/sequential/dense/kernel/histogram", "bins") in epochs[0]
    assert [row["global_step"] for row in rows if "validation/evaluation_loss_vs_iterations" in row] == [4, 8]
    same_with_upstream(ended.folder, random="filenames|media", in_order=False)


def test_metrics_logger__by_epochs_and_batches__leaves_the_same(program: Program) -> None:
    """Metrics over the count of their own, with the learning rate."""
    ended = program(
        MODEL
        + """
    from wandb.integration.keras import WandbMetricsLogger
    for frequency in ("epoch", "batch", 3):
        with wandb.init(project="p", name=str(frequency)):
            fit(WandbMetricsLogger(log_freq=frequency))
    """
    ).ok()
    same_with_upstream(ended.folder)


def test_checkpoint__each_epoch__leaves_the_same(program: Program) -> None:
    """Versions of the model as Keras saves it."""
    ended = program(
        MODEL
        + """
    from wandb.integration.keras import WandbModelCheckpoint
    with wandb.init(project="p"):
        fit(WandbModelCheckpoint("models/{epoch}.keras"))
    """
    ).ok()
    same_with_upstream(ended.folder)


def test_callbacks__that_upstream_has_only_online_or_no_more__work(program: Program) -> None:
    """Its evaluation tables ask for a server, and the older callback is gone there."""
    ended = program(
        MODEL
        + """
    from wandb.integration.keras import WandbCallback, WandbEvalCallback
    class Evaluation(WandbEvalCallback):
        def add_ground_truth(self, logs=None):
            self.data_table.add_data(0, 1.5)
        def add_model_predictions(self, epoch, logs=None):
            self.pred_table.add_data(epoch, 0, 2.5)
    with wandb.init(project="p"):
        fit(Evaluation(["row", "truth"], ["epoch", "row", "predicted"]), WandbCallback(save_model=False))
    """
    ).ok()
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    assert [artifact.type for artifact in artifacts] == ["dataset", "evaluation", "evaluation"]
    assert [row["epoch"] for row in ended.run.rows() if "epoch" in row] == [0, 1]
