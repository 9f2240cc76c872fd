"""`run.log_code`: the source files below a folder as an artifact."""

from __future__ import annotations

import os

from wandb.artifacts.artifact import Artifact
from wandb.artifacts.names import own_name, safe_name
from wandb.artifacts.walking import files_below
from wandb.loading import loading
from wandb.sdk.lib.notebook import program_and_arguments
from wandb.sdk.lib.terminal import termwarn
from wandb.settings import working_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from wandb.settings import Settings

_OWN_FOLDERS = ("wandb", ".wandb")


def _is_source(path: str) -> bool:
    name = os.path.basename(path)
    return name.endswith(".py") or name.startswith("Dockerfile") or name == "requirements.txt"


def _is_ours(path: str, root: str) -> bool:
    return os.path.relpath(path, root).split(os.sep)[0] in _OWN_FOLDERS


def code_artifact(
    settings: Settings, root: str | None, name: str | None, include: Any, exclude: Any
) -> Artifact | None:
    """See `Run.log_code`."""
    folder = os.path.normpath(os.path.join(working_dir(), root or settings.code_dir or os.curdir))
    included, excluded = _with_root(include or _is_source), _with_root(exclude or _is_ours)
    files = files_below(
        folder, follow_links=False, wanted=lambda path: included(path, folder) and not excluded(path, folder)
    )
    if not files:
        termwarn(f"No source files are in {folder}: no code is logged.")
        return None
    program = program_and_arguments(settings)[0]
    last = os.path.relpath(program, working_dir()) if os.path.isabs(program) else program
    called = own_name(name) if name else safe_name(f"source-{settings.project}-{last}")
    artifact = Artifact.of_reserved_type(called, "code")
    for path in files:
        artifact.add_file(path, os.path.relpath(path, folder))
    return artifact


def _with_root(function: Callable[..., Any]) -> Callable[[str, str], Any]:
    """A function of a path and its folder, from one that may take the path only."""
    with loading():
        from inspect import signature

    try:
        takes = len(signature(function).parameters)
    except (TypeError, ValueError):
        takes = 1  # written in C, and silent about it
    return function if takes >= 2 else lambda path, _: function(path)
