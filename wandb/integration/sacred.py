"""`wandb.integration.sacred`: an observer that makes a run of each experiment of Sacred's."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping

import wandb
from wandb.integration.current_run import log_files

try:
    from sacred.observers import RunObserver
except ImportError as error:
    raise ImportError("wandb.integration.sacred needs Sacred: `pip install sacred`.") from error


class WandbObserver(RunObserver):  # type: ignore[misc]
    """Logs the configuration, each value of each metric as a row, artifacts, and the result."""

    def __init__(self, **kwargs: Any) -> None:
        """Begins the run: `kwargs` are those of `wandb.init`. It ends with the program, or by `wandb.finish`."""
        self.run = wandb.init(**kwargs)
        self.resources: Dict[str, None] = {}  # by name, in their order

    def started_event(
        self, ex_info: Any, command: str, host_info: Any, start_time: Any, config: Mapping[str, Any], **more: Any
    ) -> None:
        """Keep the configuration; `more` is what Sacred adds to the call."""
        self.run.config.update({**config, "resources": list(self.resources)}, allow_val_change=True)

    def log_metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]], info: Any) -> None:
        """Log what has come since the last heartbeat, metric by metric."""
        for name, known in metrics_by_name.items():
            for value in known["values"]:
                self.run.log({name: value})

    def artifact_event(
        self, name: str, filename: str, metadata: Mapping[str, Any] | None = None, content_type: str | None = None
    ) -> None:
        """Log a file as an artifact; its type is that of its content, or "file"."""
        self._log_file(name, content_type or "file", filename, metadata)

    def resource_event(self, filename: str) -> None:
        """Note in the configuration which file the experiment has read."""
        self.resources[filename] = None
        self.run.config.update({"resources": list(self.resources)}, allow_val_change=True)

    def completed_event(self, stop_time: Any, result: Any) -> None:
        """Log the result, or each one of a tuple: what a dict holds by name, a file that a text names, or the value."""
        for number, item in enumerate(result if isinstance(result, tuple) else () if result is None else (result,)):
            name = f"result_{number}"
            if isinstance(item, dict):
                self.run.log(item)
            elif isinstance(item, str) and os.path.isfile(item):
                self._log_file(f"{name}.pkl", "result", item, None)
            elif item is not None:
                self.run.log({name: item})

    def _log_file(self, name: str, kind: str, path: str, metadata: Mapping[str, Any] | None) -> None:
        log_files(self.run, name, kind, lambda artifact: artifact.add_file(path), metadata=metadata)
