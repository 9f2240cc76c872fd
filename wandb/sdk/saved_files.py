"""`run.save`: user files become part of the run's `files/` folder, as links, so a later version is the one kept."""

from __future__ import annotations

import os

from wandb.errors import UsageError
from wandb.settings import working_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List


def link_files(pattern: str, base_path: str | None, glob: bool, files_dir: str) -> List[str]:
    """Link what matches into `files_dir`; the names below it, sorted.

    Without a base path it is the current folder for a relative pattern, and for an absolute one the folder above
    the last fixed folder of the pattern, so that one folder's name stays.
    """
    absolute = _absolute(pattern)
    base = _default_base(pattern, glob) if base_path is None else _absolute(base_path)
    names = []
    for path in _matches(absolute, glob):
        name = os.path.relpath(path, base)
        if name.startswith(os.pardir):
            raise UsageError(f"`save` can't place {path} in the run: it is not below the base path {base}.")
        if _place(path, os.path.join(files_dir, name)):
            names.append(name)
    return sorted(names)


def _absolute(path: str) -> str:
    """Like `os.path.abspath`, which raises if the current folder is gone."""
    return os.path.normpath(os.path.join(working_dir(), path))


def _default_base(pattern: str, glob: bool) -> str:
    if not os.path.isabs(pattern):
        return working_dir()
    fixed = pattern
    while glob and any(c in fixed for c in "*?["):
        fixed = os.path.dirname(fixed)
    folder = fixed if fixed != pattern else os.path.dirname(fixed)
    return os.path.dirname(folder)


def _matches(pattern: str, glob: bool) -> List[str]:
    if not glob:
        return [pattern] if os.path.isfile(pattern) else []
    from glob import glob as expand

    return [path for path in expand(pattern, recursive=True) if os.path.isfile(path)]


def _place(path: str, target: str) -> bool:
    """Put a link to `path` at `target` (a copy where there are no links); False if the file can't be placed."""
    from wandb.sdk.lib.terminal import termwarn

    if os.path.realpath(path) == os.path.realpath(target) and not os.path.islink(target):
        return True  # it was written into the run folder in the first place
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.lexists(target):
            os.unlink(target)
        try:
            os.symlink(path, target)
        except OSError:
            import shutil

            shutil.copyfile(path, target)
    except OSError as error:
        termwarn(f"{path} can't be made part of the run: {error}")
        return False
    return True
