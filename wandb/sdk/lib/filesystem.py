"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union


def mkdir_exists_ok(dir_name: Union[str, os.PathLike[str]]) -> None:
    """Make the folder and those above it; one that is there already is fine."""
    os.makedirs(dir_name, exist_ok=True)
