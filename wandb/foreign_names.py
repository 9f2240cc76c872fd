"""Where files may be written whose names somebody else has chosen: a server, or the run of another person."""

from __future__ import annotations

import os

from wandb.errors import ArgumentValueError


def place_below(root: str, name: str) -> str:
    """The path of the file `name`, whose parts are divided by slashes, below `root`.

    Raises ArgumentValueError for a name that leads out of it, and for one in a `.git`: git runs commands that stand in
    the files there.
    """
    parts = name.split("/")
    if not name or os.path.isabs(name) or ".." in parts or "\0" in name:
        raise ArgumentValueError(f"The file {name!r} would not be written below {root}.")
    if ".git" in (part.lower() for part in parts):  # disks of macOS do not tell .GIT from .git
        raise ArgumentValueError(f"The file {name!r} would be one of git's own, which can have git run commands.")
    return os.path.join(root, *parts)


def shown(name: str) -> str:
    """The name for a terminal, which no character of it can steer."""
    return name if name.isprintable() else repr(name)
