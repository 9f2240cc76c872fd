"""The current run, which the callbacks need, and files that they leave in it as artifacts."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, List, Mapping

import wandb

_NO_NAME = re.compile(r"[^a-zA-Z0-9_\-.]")  # what the name of an artifact can't have


def need_run(name: str) -> Any:
    """The current run. Raises wandb.Error, for the call of this name."""
    if wandb.run is None:
        raise wandb.Error(f"There is no run yet: call wandb.init() before {name}().")
    return wandb.run


def log_files(
    run: Any,
    name: str,
    kind: str,
    add: Callable[[Any], Any],
    aliases: List[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Log an artifact that `add(artifact)` fills. The name is what files are called: `_` stands for what can't be.

    What can't be kept is told, and a training goes on: the disk is full, the home is read-only, a file is gone again.
    """
    try:
        artifact = wandb.Artifact(_NO_NAME.sub("_", name)[-128:], kind, metadata=dict(metadata or {}))
        add(artifact)
        run.log_artifact(artifact, aliases=aliases)
    except (OSError, wandb.Error) as error:
        if isinstance(error, OSError) and error.errno is None:
            raise  # the program's own: a time limit
        wandb.termwarn(f"{name} is not logged as an artifact: {error}")


def log_model(save: Callable[[str], Any], file_name: str, artifact_name: str, aliases: List[str] | None = None) -> None:
    """Have a model saved among the run's files, by its `save(path)`, and log it as an artifact."""
    run: Any = wandb.run
    path = os.path.join(run.dir, file_name)
    save(path)
    log_files(run, artifact_name, "model", lambda artifact: artifact.add_file(path), aliases)
