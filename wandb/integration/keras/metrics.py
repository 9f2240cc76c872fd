"""The metrics that Keras reports, after each epoch and, if wished, after each batch or so many."""

from __future__ import annotations

import os
from typing import Any, Dict, Union

import wandb
from wandb.integration.current_run import need_run
from wandb.integration.keras.library import callbacks


class WandbMetricsLogger(callbacks.Callback):  # type: ignore[misc]
    """Logs `epoch/<metric>` after each epoch, and `batch/<metric>` after each `log_freq` batches.

    Each over its own count, `epoch/epoch` and `batch/batch_step`, with the learning rate beside them. Raises
    wandb.Error if there is no run.
    """

    def __init__(self, log_freq: Union[str, int] = "epoch", initial_global_step: int = 0) -> None:
        """`log_freq` is "epoch", "batch" (each one) or a number of batches; `initial_global_step` is the first."""
        super().__init__()
        need_run("WandbMetricsLogger")
        if log_freq == "batch":
            log_freq = 1
        if log_freq != "epoch" and not (isinstance(log_freq, int) and log_freq >= 1):
            raise ValueError(f"`log_freq` is 'epoch', 'batch' or a number of batches, not {log_freq!r}.")
        self._every = log_freq if isinstance(log_freq, int) else 0
        self._batch = initial_global_step
        # One of them: upstream's client shows what is logged by epochs beside batches over the rows.
        kind, axis = ("batch", "batch/batch_step") if self._every else ("epoch", "epoch/epoch")
        wandb.define_metric(axis)
        wandb.define_metric(f"{kind}/*", step_metric=axis)

    def on_epoch_end(self, epoch: int, logs: Dict[str, Any] | None = None) -> None:
        """Log the epoch's metrics."""
        row = {f"epoch/{name}": value for name, value in (logs or {}).items()}
        wandb.log({**row, "epoch/epoch": epoch, **self._learning_rate("epoch/")})

    def on_batch_end(self, batch: int, logs: Dict[str, Any] | None = None) -> None:
        """Log the metrics so far, if it is time."""
        if self._every and batch % self._every == 0:
            row = {f"batch/{name}": value for name, value in (logs or {}).items()}
            wandb.log({**row, "batch/batch_step": self._batch, **self._learning_rate("batch/")})
            self._batch += self._every

    def on_train_batch_end(self, batch: int, logs: Dict[str, Any] | None = None) -> None:
        """The same, by the name that Keras calls."""
        self.on_batch_end(batch, logs)

    def _learning_rate(self, prefix: str) -> Dict[str, float]:
        optimizer = getattr(self.model, "optimizer", None)
        rate = getattr(optimizer, "learning_rate", None)
        try:
            return {} if rate is None else {f"{prefix}learning_rate": float(rate)}
        except (TypeError, ValueError):
            return {}  # a schedule that is no number by itself


class WandbCallback(callbacks.Callback):  # type: ignore[misc]
    """The older callback: each epoch's metrics without a prefix, the best epoch in the summary, its model as a file.

    New programs use `WandbMetricsLogger` and `WandbModelCheckpoint`. Other arguments of this one are taken
    and have no effect, which is said.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        save_model: bool = True,
        log_batch_frequency: int | None = None,
        **without_effect: Any,
    ) -> None:
        """`monitor` and `mode` ("min", "max", "auto") say which epoch is the best one."""
        super().__init__()
        run = need_run("WandbCallback")
        if without_effect:
            wandb.termwarn(f"WandbCallback: no effect here: {', '.join(sorted(without_effect))}.", repeat=False)
        self._monitor = monitor
        self._sign = -1.0 if mode == "max" or (mode == "auto" and "acc" in monitor) else 1.0
        self._best = float("inf")
        self._path = os.path.join(run.dir, "model-best.keras") if save_model else ""
        self._every = log_batch_frequency or 0

    def on_train_batch_end(self, batch: int, logs: Dict[str, Any] | None = None) -> None:
        """Log the metrics so far, if it is time."""
        if self._every and batch % self._every == 0:
            wandb.log(dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: Dict[str, Any] | None = None) -> None:
        """Log the epoch's metrics, and keep the model if it is the best so far."""
        logs = logs or {}
        wandb.log({"epoch": epoch, **logs})
        value = logs.get(self._monitor)
        if value is None or self._sign * value >= self._best:
            return
        self._best = self._sign * value
        wandb.summary.update({f"best_{self._monitor}": value, "best_epoch": epoch})
        if self._path:
            self.model.save(self._path)
