"""Older import path of a few functions; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

import os

from wandb.artifacts.names import safe_name as make_artifact_name_safe
from wandb.errors import UsageError
from wandb.sdk.lib.ids import generate_id as generate_id
from wandb.sdk.lib.json_values import dumps as json_dumps_safer
from wandb.sdk.lib.json_values import dumps as json_dumps_safer_history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

__all__ = [
    "generate_id",
    "get_module",
    "json_dump_safer",
    "json_dumps_safer",
    "json_dumps_safer_history",
    "make_artifact_name_safe",
    "to_forward_slash_path",
    "to_native_slash_path",
]


def json_dump_safer(obj: object, fp: TextIO) -> None:
    """Write the JSON text of any value."""
    fp.write(json_dumps_safer(obj))


def get_module(name: str, required: str | None = None, lazy: bool = True) -> Any:
    """Import a module by name; if it is not there, None, or a UsageError with the text of `required`."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        if required:
            raise UsageError(required) from error
        return None


def to_forward_slash_path(path: str) -> str:
    """A path of this system with `/` between its parts."""
    return path.replace(os.sep, "/")


def to_native_slash_path(path: str) -> str:
    """A path with `/` between its parts as one of this system."""
    return path.replace("/", os.sep)
