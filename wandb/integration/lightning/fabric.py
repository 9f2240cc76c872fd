"""`wandb.integration.lightning.fabric`: the logger to give to `lightning.Fabric(loggers=…)`."""

from __future__ import annotations

import os
from argparse import Namespace
from functools import partial
from typing import Any, Dict, List, Mapping, Sequence, Union

import wandb
from wandb.integration.current_run import log_files

try:
    from lightning.fabric.loggers.logger import Logger, rank_zero_experiment
    from lightning.fabric.utilities.exceptions import MisconfigurationException
    from lightning.fabric.utilities.rank_zero import rank_zero_only
except ImportError as error:
    raise ImportError("wandb.integration.lightning.fabric needs Lightning 2: `pip install lightning`.") from error

STEP = "trainer/global_step"


class WandbLogger(Logger):  # type: ignore[misc]
    """Logs to a run, which it begins at its first use in the process of rank 0; the others log nothing.

    A run that is open already is used as it is. Steps of Fabric are the metric `trainer/global_step`. The run stays
    open until `wandb.finish()`.
    """

    LOGGER_JOIN_CHAR = "-"

    def __init__(
        self,
        name: str | None = None,
        save_dir: Union[str, os.PathLike[str]] = ".",
        version: str | None = None,
        offline: bool = False,
        dir: Union[str, os.PathLike[str], None] = None,
        id: str | None = None,
        anonymous: bool | None = None,
        project: str | None = None,
        log_model: Union[bool, str] = False,
        experiment: Any = None,
        prefix: str = "",
        checkpoint_name: str | None = None,
        log_checkpoint_on: str = "success",
        **kwargs: Any,
    ) -> None:
        """`version` or `id` is the run's id; `kwargs` go to `wandb.init`; `prefix` stands before each name.

        `log_model`: True logs the checkpoints as artifacts at the end ("all": each when it is written), named
        `checkpoint_name`, if it ends with the status `log_checkpoint_on` ("all": with any). `anonymous` has no effect.
        Raises MisconfigurationException for `log_model` offline.
        """
        super().__init__()
        if offline and log_model:
            raise MisconfigurationException(
                f"log_model={log_model!r} and offline=True do not go together: checkpoints can't be sent offline."
            )
        self._run = experiment
        self._prefix = prefix
        self._log_model = log_model
        self._checkpoint_name = checkpoint_name
        self._log_checkpoint_on = log_checkpoint_on
        self._checkpoints: Any = None  # the callback that knows them
        self._logged: Dict[str, float] = {}  # paths of checkpoints, and their times
        if experiment is not None:
            version, project = experiment.id, project or experiment.project
        self._begin: Dict[str, Any] = {
            "name": name,
            "project": project or os.environ.get("WANDB_PROJECT") or "lightning_fabric_logs",
            "dir": os.fspath(dir or save_dir),
            "id": version or id,
            "resume": "allow",
            **({"mode": "offline"} if offline else {}),
            **kwargs,
        }

    @property
    @rank_zero_experiment  # type: ignore[untyped-decorator]
    def experiment(self) -> Any:
        """The run; it begins here, if none is open."""
        if self._run is None:
            self._run = wandb.run
            if self._run is None:
                os.makedirs(self._begin["dir"], exist_ok=True)
                self._run = wandb.init(**self._begin)
                self._run.define_metric(STEP)
                self._run.define_metric("*", step_metric=STEP, step_sync=True)
        return self._run

    @property
    def name(self) -> str | None:
        """The name of the project."""
        return str(self._begin["project"])

    @property
    def version(self) -> str | None:
        """The run's id; None as long as it has none."""
        return self._begin["id"] if self._run is None else self._run.id

    @property
    def save_dir(self) -> str:
        """The folder that holds the folder of the runs."""
        return str(self._begin["dir"])

    @property
    def root_dir(self) -> str:
        """The same."""
        return self.save_dir

    @property
    def log_dir(self) -> str:
        """The same."""
        return self.save_dir

    @property
    def group_separator(self) -> str:
        """What stands between a group and a name."""
        return self.LOGGER_JOIN_CHAR

    def watch(self, model: Any, log: str = "gradients", log_freq: int = 100, log_graph: bool = True) -> None:
        """See `Run.watch`."""
        self.experiment.watch(model, log=log, log_freq=log_freq, log_graph=log_graph)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_hyperparams(self, params: Union[Dict[str, Any], Namespace]) -> None:
        """Into the config."""
        values = vars(params) if isinstance(params, Namespace) else params
        self.experiment.config.update(dict(values), allow_val_change=True)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """A row; Fabric's step, if it is given, is one of its metrics."""
        row = {f"{self._prefix}-{name}" if self._prefix else name: value for name, value in metrics.items()}
        self.experiment.log(row if step is None else {**row, STEP: step})

    def log_table(
        self,
        key: str,
        columns: Any = None,
        data: List[List[Any]] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """Rows of values, media among them, or a DataFrame."""
        self.log_metrics({key: wandb.Table(columns=columns, data=data, dataframe=dataframe)}, step)

    def log_text(
        self,
        key: str,
        columns: List[str] | None = None,
        data: List[List[str]] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """Texts, as a table."""
        self.log_table(key, columns, data, dataframe, step)

    def log_html(self, key: str, htmls: List[Any], step: int | None = None, **kwargs: Any) -> None:
        """Pages; each of `kwargs` is a list with an item for each."""
        self._log_media(wandb.Html, key, "htmls", htmls, step, kwargs)

    def log_image(self, key: str, images: List[Any], step: int | None = None, **kwargs: Any) -> None:
        """Images: tensors, arrays, pictures, paths; each of `kwargs` is a list with an item for each."""
        self._log_media(wandb.Image, key, "images", images, step, kwargs)

    def log_audio(self, key: str, audios: List[Any], step: int | None = None, **kwargs: Any) -> None:
        """Sounds: arrays or paths; each of `kwargs` is a list with an item for each."""
        self._log_media(wandb.Audio, key, "audios", audios, step, kwargs)

    def log_video(self, key: str, videos: List[Any], step: int | None = None, **kwargs: Any) -> None:
        """Films: arrays or paths; each of `kwargs` is a list with an item for each."""
        self._log_media(wandb.Video, key, "videos", videos, step, kwargs)

    def _log_media(
        self, kind: Any, key: str, what: str, items: Any, step: int | None, options: Dict[str, Sequence[Any]]
    ) -> None:
        if not isinstance(items, list):
            raise TypeError(f"`{what}` is a list, not {type(items).__name__}.")
        for name, values in options.items():
            if len(values) != len(items):
                raise ValueError(f"`{name}` has {len(values)} items for {len(items)} {what}.")
        made = [kind(item, **{name: values[n] for name, values in options.items()}) for n, item in enumerate(items)]
        self.log_metrics({key: made}, step)

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """What a callback like Lightning's ModelCheckpoint calls when it has written a checkpoint."""
        if self._log_model == "all" or (self._log_model and checkpoint_callback.save_top_k == -1):
            self._log_checkpoints(checkpoint_callback)
        elif self._log_model:
            self._checkpoints = checkpoint_callback

    @rank_zero_only  # type: ignore[untyped-decorator]
    def finalize(self, status: str) -> None:
        """Log the checkpoints that are left; the run stays open."""
        if self._checkpoints is not None and self._log_checkpoint_on in (status, "all"):
            self._log_checkpoints(self._checkpoints)

    def _log_checkpoints(self, callback: Any) -> None:
        paths = {str(callback.last_model_path), str(callback.best_model_path), *map(str, callback.best_k_models)}
        for path in sorted(path for path in paths if os.path.isfile(path)):
            changed = os.path.getmtime(path)
            if self._logged.get(path) == changed:
                continue
            self._logged[path] = changed
            aliases = ["latest", "best"] if path == callback.best_model_path else ["latest"]
            name = self._checkpoint_name or f"model-{self.experiment.id}"
            log_files(self.experiment, name, "model", partial(_add_checkpoint, path), aliases)

    def use_artifact(self, artifact: str, artifact_type: str | None = None) -> Any:
        """See `Run.use_artifact`."""
        return self.experiment.use_artifact(artifact, type=artifact_type)


def _add_checkpoint(path: str, artifact: Any) -> None:
    artifact.add_file(path, name="model.ckpt")
