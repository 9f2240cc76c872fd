"""An experiment tracker that never hurts the training: programs written for `wandb` run unchanged.

Importing this changes nothing in the process and loads no third-party module; every public name is resolved at
its first use, by the tables of `wandb.sdk.public`. An independent fork, not affiliated with the vendor.
"""

from __future__ import annotations

from wandb.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List

    from wandb import apis as apis
    from wandb import data_types as data_types
    from wandb import plot as plot
    from wandb import sklearn as sklearn
    from wandb import tensorboard as tensorboard
    from wandb.errors import CommError, Error, UsageError
    from wandb.sdk.alert_level import AlertLevel
    from wandb.sdk.attach import attach
    from wandb.sdk.config import Config
    from wandb.sdk.init import init, setup, teardown
    from wandb.sdk.lib.terminal import termerror, termlog, termsetup, termwarn
    from wandb.sdk.login import login
    from wandb.sdk.not_yet_types import Api as Api
    from wandb.sdk.not_yet_types import Artifact as Artifact
    from wandb.sdk.not_yet_types import ArtifactTTL as ArtifactTTL
    from wandb.sdk.not_yet_types import Audio as Audio
    from wandb.sdk.not_yet_types import Box3D as Box3D
    from wandb.sdk.not_yet_types import Classes as Classes
    from wandb.sdk.not_yet_types import EvalTable as EvalTable
    from wandb.sdk.not_yet_types import Graph as Graph
    from wandb.sdk.not_yet_types import Histogram as Histogram
    from wandb.sdk.not_yet_types import Html as Html
    from wandb.sdk.not_yet_types import Image as Image
    from wandb.sdk.not_yet_types import JoinedTable as JoinedTable
    from wandb.sdk.not_yet_types import Molecule as Molecule
    from wandb.sdk.not_yet_types import Object3D as Object3D
    from wandb.sdk.not_yet_types import PartitionedTable as PartitionedTable
    from wandb.sdk.not_yet_types import Plotly as Plotly
    from wandb.sdk.not_yet_types import Table as Table
    from wandb.sdk.not_yet_types import Video as Video
    from wandb.sdk.not_yet_types import Visualize as Visualize
    from wandb.sdk.public import (
        alert,
        define_metric,
        ensure_configured,
        finish,
        join,
        log,
        mark_preempting,
        pin_config_keys,
        require,
        save,
    )
    from wandb.sdk.run import Run
    from wandb.sdk.summary import Summary
    from wandb.settings import Settings

    config: Config
    run: Run | None
    summary: Summary
    agent: Callable[..., Any]
    box3d: Callable[..., Any]
    controller: Callable[..., Any]
    link_model: Callable[..., Any]
    log_artifact: Callable[..., Any]
    log_model: Callable[..., Any]
    plot_table: Callable[..., Any]
    restore: Callable[..., Any]
    sagemaker_auth: Callable[..., Any]
    sweep: Callable[..., Any]
    unwatch: Callable[..., Any]
    use_artifact: Callable[..., Any]
    use_model: Callable[..., Any]
    visualize: Callable[..., Any]
    watch: Callable[..., Any]

__all__ = [
    "AlertLevel",
    "CommError",
    "Config",
    "Error",
    "Run",
    "Settings",
    "Summary",
    "UsageError",
    "__version__",
    "alert",
    "attach",
    "config",
    "define_metric",
    "ensure_configured",
    "finish",
    "init",
    "join",
    "log",
    "login",
    "mark_preempting",
    "pin_config_keys",
    "require",
    "run",
    "save",
    "setup",
    "summary",
    "teardown",
    "termerror",
    "termlog",
    "termsetup",
    "termwarn",
]


def __getattr__(name: str) -> Any:
    from wandb.sdk.public import resolve

    return resolve(name, globals())


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
