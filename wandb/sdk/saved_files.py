"""`run.save`: user files become part of the run's `files/` folder, as links, so a later version is the one kept.

What a program has put into that folder by itself is found there, too. Nothing is read or copied where links work.
"""

from __future__ import annotations

import os

from wandb.errors import ArgumentValueError
from wandb.loading import loading
from wandb.settings import working_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List

    from wandb.settings import Settings


def link_files(pattern: str, base_path: str | None, glob: bool, settings: Settings) -> List[str]:
    """Link what matches into the run's files; the names there, sorted. A ValueError for what is not below the base.

    Without a base path it is the current folder for a relative pattern; of an absolute one the last folder and the
    file name stay, and in front of a `**` everything below the folder that holds it.
    """
    files_dir, absolute = str(settings.files_dir), _absolute(pattern)
    base = _absolute(base_path) if base_path is not None else ""
    if not base and not os.path.isabs(pattern):
        base = working_dir()
    names = set(_names_in(files_dir, _name(absolute, base, absolute), glob))
    ours = _absolute(str(settings.wandb_dir)) + os.sep
    for path in _matches(absolute, glob):
        if path.startswith(ours) and not absolute.startswith(ours):
            continue  # a `**` that happens to reach into the folder of the runs does not mean those
        name = _name(path, base, absolute)
        if _place(path, os.path.join(files_dir, name), bool(settings.symlink)):
            names.add(name)
    if not names:
        _say_why_none(pattern, absolute)
    return sorted(names)


def _absolute(path: str) -> str:
    """Like `os.path.abspath`, which raises if the current folder is gone."""
    return os.path.normpath(os.path.join(working_dir(), path))


def _name(path: str, base: str, pattern: str) -> str:
    """The place in the run of what has matched; without a base, the parts from the pattern's last folder on."""
    if not base:
        depth = os.path.dirname(os.path.dirname(pattern)).rstrip(os.sep).count(os.sep) + 1
        parts = path.split(os.sep)
        return os.sep.join(parts[min(depth, len(parts) - 1) :])
    name = os.path.relpath(path, base)
    if name.split(os.sep)[0] == os.pardir:
        raise ArgumentValueError(f"`save` can't place {path} in the run: it is not below the base path {base}.")
    return name


def _matches(pattern: str, glob: bool) -> List[str]:
    if not glob:
        return [pattern] if os.path.isfile(pattern) else []
    with loading():
        from glob import glob as expand

    return [path for path in expand(pattern, recursive=True) if os.path.isfile(path)]


def _names_in(files_dir: str, name: str, glob: bool) -> List[str]:
    """The names of files in the run's folder that match: put there by the program, or saved before."""
    with loading():
        from glob import escape

    pattern = os.path.join(escape(files_dir) if glob else files_dir, name)
    return [os.path.relpath(path, files_dir) for path in _matches(pattern, glob)]


def _place(path: str, target: str, symlink: bool) -> bool:
    """Put a link to `path` at `target` (a copy where there are no links); False if the file can't be placed."""
    from wandb.sdk.lib.terminal import termwarn

    if os.path.realpath(path) == os.path.realpath(target) and not os.path.islink(target):
        return True  # it was written into the run folder in the first place
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.lexists(target):
            os.unlink(target)
        _link(path, target, symlink)
    except OSError as error:
        termwarn(f"{path} can't be made part of the run: {error}")
        return False
    return True


def _link(path: str, target: str, symlink: bool) -> None:
    try:
        if symlink:
            os.symlink(path, target)
        else:
            os.link(os.path.realpath(path), target)
    except OSError:
        with loading():
            import shutil

        shutil.copyfile(path, target)


def _say_why_none(pattern: str, absolute: str) -> None:
    """Nothing saved is never silent: the file that is missing then may be the model."""
    from wandb.sdk.lib.terminal import termwarn

    reason = f"`save` finds no file for {pattern!r}."
    if "://" in pattern:
        reason += " It takes files of this machine; an artifact can refer to others."
    elif os.path.isdir(absolute):
        reason += f" It is a folder; {os.path.join(pattern, '**')!r} means the files in it."
    termwarn(reason)
