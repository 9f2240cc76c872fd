"""An experiment tracker that never hurts the training: programs written for `wandb` run unchanged.

Importing this changes nothing in the process, but that a notebook's shell learns `%wandb`, and loads no third-party
module; every public name is resolved at its first use, by the tables of `wandb.sdk.public`. An independent fork, not
affiliated with the vendor.
"""

from __future__ import annotations

from sys import modules as _modules

from wandb.loading import load as _load
from wandb.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

    from wandb import apis as apis
    from wandb import data_types as data_types
    from wandb import plot as plot
    from wandb import sklearn as sklearn
    from wandb import tensorboard as tensorboard
    from wandb.apis.public import Api as Api
    from wandb.artifacts.artifact import Artifact as Artifact
    from wandb.artifacts.enums import ArtifactTTL as ArtifactTTL
    from wandb.errors import CommError as CommError
    from wandb.errors import Error as Error
    from wandb.errors import UsageError as UsageError
    from wandb.media.audio import Audio as Audio
    from wandb.media.charts import Visualize as Visualize
    from wandb.media.charts import plot_table as plot_table
    from wandb.media.charts import visualize as visualize
    from wandb.media.classes import Classes as Classes
    from wandb.media.eval_table import EvalTable as EvalTable
    from wandb.media.graph import Graph as Graph
    from wandb.media.histogram import Histogram as Histogram
    from wandb.media.html import Html as Html
    from wandb.media.image import Image as Image
    from wandb.media.joined_tables import JoinedTable as JoinedTable
    from wandb.media.joined_tables import PartitionedTable as PartitionedTable
    from wandb.media.molecule import Molecule as Molecule
    from wandb.media.object3d import Box3D as Box3D
    from wandb.media.object3d import Object3D as Object3D
    from wandb.media.object3d import box3d as box3d
    from wandb.media.plotly import Plotly as Plotly
    from wandb.media.table import Table as Table
    from wandb.media.video import Video as Video
    from wandb.sdk.alert_level import AlertLevel as AlertLevel
    from wandb.sdk.attach import attach as attach
    from wandb.sdk.config import Config as Config
    from wandb.sdk.init import init as init
    from wandb.sdk.init import setup as setup
    from wandb.sdk.init import teardown as teardown
    from wandb.sdk.lib.terminal import termerror as termerror
    from wandb.sdk.lib.terminal import termlog as termlog
    from wandb.sdk.lib.terminal import termsetup as termsetup
    from wandb.sdk.lib.terminal import termwarn as termwarn
    from wandb.sdk.login import login as login
    from wandb.sdk.public import alert as alert
    from wandb.sdk.public import define_metric as define_metric
    from wandb.sdk.public import ensure_configured as ensure_configured
    from wandb.sdk.public import finish as finish
    from wandb.sdk.public import join as join
    from wandb.sdk.public import log as log
    from wandb.sdk.public import mark_preempting as mark_preempting
    from wandb.sdk.public import pin_config_keys as pin_config_keys
    from wandb.sdk.public import require as require
    from wandb.sdk.public import save as save
    from wandb.sdk.public import unwatch as unwatch
    from wandb.sdk.public import watch as watch
    from wandb.sdk.public_artifacts import link_model as link_model
    from wandb.sdk.public_artifacts import log_artifact as log_artifact
    from wandb.sdk.public_artifacts import log_model as log_model
    from wandb.sdk.public_artifacts import use_artifact as use_artifact
    from wandb.sdk.public_artifacts import use_model as use_model
    from wandb.sdk.restored_files import restore as restore
    from wandb.sdk.run import Run as Run
    from wandb.sdk.sagemaker import sagemaker_auth as sagemaker_auth
    from wandb.sdk.summary import Summary as Summary
    from wandb.settings import Settings as Settings
    from wandb.sweeps.controller import controller as controller
    from wandb.sweeps.public import agent as agent
    from wandb.sweeps.public import sweep as sweep

    config: Config
    run: Run | None
    summary: Summary

# What `from wandb import *` has always brought; many more names are there by `wandb.name`.
__all__ = [
    "Api",
    "ArtifactTTL",
    "Audio",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "Molecule",
    "Object3D",
    "Plotly",
    "Run",
    "Table",
    "Video",
    "__version__",
    "agent",
    "box3d",
    "config",
    "controller",
    "define_metric",
    "finish",
    "init",
    "join",
    "link_model",
    "log",
    "log_artifact",
    "log_model",
    "plot_table",
    "save",
    "setup",
    "summary",
    "sweep",
    "unwatch",
    "use_artifact",
    "use_model",
    "watch",
]


def __getattr__(name: str) -> Any:
    return _load("wandb.sdk.public").resolve(name, globals())


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__, *_load("wandb.sdk.public").names()})


if "IPython" in _modules:
    from wandb.sdk.notebook_display import register as _register

    _register()
