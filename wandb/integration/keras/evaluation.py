"""Tables of what a model predicts, beside the truth, epoch by epoch; which rows, the program says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Dict, List

import wandb
from wandb.integration.current_run import need_run
from wandb.integration.keras.library import callbacks


class WandbEvalCallback(ABC, callbacks.Callback):  # type: ignore[misc]
    """To be subclassed: `add_ground_truth` fills `data_table` once, `add_model_predictions` `pred_table` each epoch.

    Raises wandb.Error if there is no run.
    """

    def __init__(self, data_table_columns: List[str], pred_table_columns: List[str]) -> None:
        """The names of the columns of both tables."""
        super().__init__()
        need_run("WandbEvalCallback")
        self.data_table_columns = data_table_columns
        self.pred_table_columns = pred_table_columns
        self.data_table: Any = None
        self.pred_table: Any = None
        self.data_table_ref: Any = None

    def on_train_begin(self, logs: Dict[str, Any] | None = None) -> None:
        """Make and log the table of the truth."""
        self.init_data_table(self.data_table_columns)
        self.add_ground_truth(logs)
        self.log_data_table()

    def on_epoch_end(self, epoch: int, logs: Dict[str, Any] | None = None) -> None:
        """Make and log the table of the predictions."""
        self.init_pred_table(self.pred_table_columns)
        self.add_model_predictions(epoch, logs)
        self.log_pred_table()

    @abstractmethod
    def add_ground_truth(self, logs: Dict[str, Any] | None = None) -> None:
        """Add rows to `self.data_table`."""

    @abstractmethod
    def add_model_predictions(self, epoch: int, logs: Dict[str, Any] | None = None) -> None:
        """Add rows to `self.pred_table`; `self.data_table_ref` is the truth as it was logged."""

    def init_data_table(self, column_names: List[str]) -> None:
        """An empty table of the truth."""
        self.data_table = wandb.Table(columns=[*column_names], allow_mixed_types=True)

    def init_pred_table(self, column_names: List[str]) -> None:
        """An empty table of predictions."""
        self.pred_table = wandb.Table(columns=[*column_names])

    def log_data_table(self, name: str = "val", type: str = "dataset", table_name: str = "val_data") -> None:
        """Log the table of the truth as an artifact."""
        run: Any = wandb.run
        artifact = wandb.Artifact(name, type=type)
        artifact.add(self.data_table, table_name)
        run.use_artifact(artifact)
        self.data_table_ref = self.data_table

    def log_pred_table(
        self, type: str = "evaluation", table_name: str = "eval_data", aliases: List[str] | None = None
    ) -> None:
        """Log the table of the predictions as an artifact of the run."""
        run: Any = wandb.run
        artifact = wandb.Artifact(f"run_{run.id}_pred", type=type)
        artifact.add(self.pred_table, table_name)
        run.log_artifact(artifact, aliases=aliases or ["latest"])
