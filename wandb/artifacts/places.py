"""The folders of artifacts outside a run: the cache, what waits to be sent, and downloads. Nothing is made here."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping


def cache_dir(environ: Mapping[str, str] | None = None) -> str:
    """WANDB_CACHE_DIR, or this user's folder for what can be fetched again."""
    environ = os.environ if environ is None else environ
    return environ.get("WANDB_CACHE_DIR") or _user_folder("XDG_CACHE_HOME", ".cache", "Caches")


def data_dir(environ: Mapping[str, str] | None = None) -> str:
    """WANDB_DATA_DIR, or this user's folder for what must not get lost."""
    environ = os.environ if environ is None else environ
    return environ.get("WANDB_DATA_DIR") or _user_folder("XDG_DATA_HOME", ".local/share", "Application Support")


def download_dir(environ: Mapping[str, str] | None = None) -> str:
    """WANDB_ARTIFACT_DIR, or `artifacts` in the current folder; absolute."""
    environ = os.environ if environ is None else environ
    return os.path.abspath(environ.get("WANDB_ARTIFACT_DIR") or "artifacts")


def _user_folder(variable: str, usual: str, on_mac: str) -> str:
    """This user's folder of that kind for us, where the operating system wants it."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        above = os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    elif sys.platform == "darwin":
        above = os.path.join(home, "Library", on_mac)
    else:
        above = os.environ.get(variable) or os.path.join(home, usual)
    return os.path.join(above, "wandb")
