"""Public names that later releases bring: each says so, by name, where it is called."""

from __future__ import annotations

from wandb.errors import NotYetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

RUN_METHODS = (
    "finish_artifact",
    "link_artifact",
    "link_model",
    "log_artifact",
    "log_code",
    "log_model",
    "restore",
    "unwatch",
    "upsert_artifact",
    "use_artifact",
    "use_model",
    "watch",
)
# Classes, functions and modules of the root that this build does not have.
ROOT_NAMES = (
    "Api", "Artifact", "ArtifactTTL", "Audio", "Box3D", "Classes", "EvalTable", "Graph", "Histogram", "Html", "Image",
    "JoinedTable", "Molecule", "Object3D", "PartitionedTable", "Plotly", "Table", "Video", "Visualize",
    "agent", "box3d", "controller", "link_model", "log_artifact", "log_model", "plot", "plot_table", "restore",
    "sagemaker_auth", "sweep", "unwatch", "use_artifact", "use_model", "visualize", "watch",
)  # fmt: skip


def missing(name: str) -> Any:
    """A callable that raises NotYetError for `name`; as a class it also fails to be subclassed usefully."""

    def not_yet(*args: object, **kwargs: object) -> NoReturn:
        raise NotYetError(name)

    not_yet.__name__ = not_yet.__qualname__ = name.rpartition(".")[2]
    not_yet.__doc__ = f"`{name}`: not part of this build yet; raises NotYetError."
    return not_yet


class RunNotYet:
    """The methods of `Run` that later releases bring."""


for _name in RUN_METHODS:
    setattr(RunNotYet, _name, missing(f"Run.{_name}"))
