"""The functions of the root package that concern artifacts, for the current run; found by `wandb.sdk.public`."""

from __future__ import annotations

from wandb.sdk.public import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import List, Union

    from wandb.artifacts.artifact import Artifact


def log_artifact(
    artifact_or_path: Union[Artifact, str, os.PathLike[str]],
    name: str | None = None,
    type: str | None = None,
    aliases: List[str] | None = None,
    tags: List[str] | None = None,
) -> Artifact:
    """`Run.log_artifact` of the current run."""
    return current("log_artifact").log_artifact(artifact_or_path, name, type, aliases, tags)


def use_artifact(
    artifact_or_name: Union[str, Artifact],
    type: str | None = None,
    aliases: List[str] | None = None,
    use_as: str | None = None,
) -> Artifact:
    """`Run.use_artifact` of the current run."""
    return current("use_artifact").use_artifact(artifact_or_name, type, aliases, use_as)


def log_model(path: Union[str, os.PathLike[str]], name: str | None = None, aliases: List[str] | None = None) -> None:
    """`Run.log_model` of the current run."""
    current("log_model").log_model(path, name, aliases)


def use_model(name: str) -> str:
    """`Run.use_model` of the current run."""
    return current("use_model").use_model(name)


def link_model(
    path: Union[str, os.PathLike[str]],
    registered_model_name: str,
    name: str | None = None,
    aliases: List[str] | None = None,
) -> Artifact | None:
    """`Run.link_model` of the current run."""
    return current("link_model").link_model(path, registered_model_name, name, aliases)
