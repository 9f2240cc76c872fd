"""Where files may be written or read whose names somebody else has chosen: a server, or the run of another person."""

from __future__ import annotations

import os

from wandb.errors import ArgumentValueError
from wandb.process import belongs_to_user


def place_below(root: str, name: str) -> str:
    """The path of the file `name`, whose parts are divided by slashes, below `root`.

    Raises ArgumentValueError for a name that leads out of it, and for one in a `.git`: git runs commands that stand in
    the files there.
    """
    parts = name.split("/")
    if _leads_out(name):
        raise ArgumentValueError(f"The file {name!r} would not be written below {root}.")
    if ".git" in (part.lower() for part in parts):  # disks of macOS do not tell .GIT from .git
        raise ArgumentValueError(f"The file {name!r} would be one of git's own, which can have git run commands.")
    return os.path.join(root, *parts)


def place_to_read(root: str, name: str) -> str:
    """The path of the file `name` below `root`, for a run that is sent; it may come from somebody else.

    Raises ArgumentValueError for a name that leads out of the folder, and for one that does so by a link of another
    user. The user's own links are followed: other clients save files by links.
    """
    if _leads_out(name):
        raise ArgumentValueError(f"it is no file below {root}")
    place = root
    for part in name.split("/"):
        place = os.path.join(place, part)
        if os.path.islink(place) and not belongs_to_user(os.lstat(place)):
            raise ArgumentValueError(f"{place} is another user's link")
    return place


def _leads_out(name: str) -> bool:
    return not name or os.path.isabs(name) or ".." in name.split("/") or "\0" in name


def shown(name: str) -> str:
    """The name for a terminal, which no character of it can steer."""
    return name if name.isprintable() else repr(name)
