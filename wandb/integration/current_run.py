"""The current run, which the callbacks need, and the trained model as a file that they leave in it."""

from __future__ import annotations

import os
from typing import Any, Callable, List

import wandb


def need_run(name: str) -> Any:
    """The current run. Raises wandb.Error, for the call of this name."""
    if wandb.run is None:
        raise wandb.Error(f"There is no run yet: call wandb.init() before {name}().")
    return wandb.run


def log_model(save: Callable[[str], Any], file_name: str, artifact_name: str, aliases: List[str] | None = None) -> None:
    """Have a model saved among the run's files, by its `save(path)`, and log it as an artifact."""
    run: Any = wandb.run
    path = os.path.join(run.dir, file_name)
    save(path)
    artifact = wandb.Artifact(artifact_name, type="model")
    artifact.add_file(path)
    run.log_artifact(artifact, aliases=aliases)
