"""Keras's own checkpoints, each of which becomes a version of an artifact."""

from __future__ import annotations

import os
from typing import Any, Dict, Tuple

import wandb
from wandb.integration.current_run import log_files, need_run
from wandb.integration.keras.library import callbacks


class WandbModelCheckpoint(callbacks.ModelCheckpoint):  # type: ignore[misc]
    """`keras.callbacks.ModelCheckpoint` with its arguments; what it saves is logged as artifact `run_<id>_model`.

    Its aliases are `latest` and the epoch (and batch). Raises wandb.Error if there is no run.
    """

    def __init__(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """As Keras has it."""
        need_run("WandbModelCheckpoint")
        super().__init__(filepath, *args, **kwargs)
        self._seen: Dict[str, Tuple[int, int]] = {}
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Dict[str, Any] | None = None) -> None:
        """Remember the epoch, for the batches in it."""
        self._epoch = epoch
        super().on_epoch_begin(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Dict[str, Any] | None = None) -> None:
        """Save, if Keras would, and log what was saved."""
        super().on_train_batch_end(batch, logs)
        if self.save_freq != "epoch":
            self._log_new(logs, [f"epoch_{self._epoch}_batch_{batch}"], batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Dict[str, Any] | None = None) -> None:
        """Save, if Keras would, and log what was saved."""
        super().on_epoch_end(epoch, logs)
        if self.save_freq == "epoch":
            self._log_new(logs, [f"epoch_{epoch}"])

    def _log_new(self, logs: Dict[str, Any] | None, aliases: Any, **names: Any) -> None:
        """Keras says nowhere whether it has saved: the file says it."""
        path = str(self.filepath).format(**{**(logs or {}), "epoch": self._epoch + 1, **names})
        try:
            state = os.stat(path)
        except FileNotFoundError:
            return
        if self._seen.get(path) == (state.st_mtime_ns, state.st_size):
            return
        self._seen[path] = (state.st_mtime_ns, state.st_size)
        run: Any = wandb.run

        def add(artifact: Any) -> None:
            (artifact.add_dir if os.path.isdir(path) else artifact.add_file)(path)

        log_files(run, f"run_{run.id}_model", "model", add, ["latest", *aliases])
