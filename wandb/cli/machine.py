"""Checks of `wandb verify` that look at this machine: its Python, the folders that are written to, room, limits."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from importlib import import_module
from typing import Iterator, Tuple

from wandb.cli.finding import FAILED, OK, WARNING, Finding
from wandb.settings import Settings
from wandb.settings_files import system_settings_path
from wandb.version import __version__

_LEAST_PYTHON = (3, 8)
_NEEDED = ("click", "google.protobuf", "psutil", "requests", "yaml")
_MIB, _GIB = 1 << 20, 1 << 30
_LITTLE_ROOM, _NO_ROOM = _GIB, 50 * _MIB
_FEW_INODES = 1000
_FEW_FILES = 256  # open at once; a run needs a handful, data loaders and their workers the rest


def check_python(settings: Settings) -> Iterator[Finding]:
    """The interpreter, this package, and the packages that it needs."""
    version = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    if sys.version_info < _LEAST_PYTHON:
        least = ".".join(map(str, _LEAST_PYTHON))
        yield Finding(FAILED, "Python", f"{version} is too old", f"use Python {least} or newer")
    else:
        yield Finding(OK, "Python", version)
    missing = []
    for name in _NEEDED:
        try:
            import_module(name)
        except Exception as error:  # a package may fail at its import in any way: a missing library, another version
            missing.append(f"{name} ({error})")
    if missing:
        text = f"wandb {__version__} lacks " + ", ".join(missing)
        yield Finding(FAILED, "packages", text, f"{sys.executable} -m pip install --force-reinstall wandb")
    else:
        yield Finding(OK, "packages", f"wandb {__version__} and all that it needs")


def check_folders(settings: Settings) -> Iterator[Finding]:
    """That runs, temporary files and settings can be written, and that there is room for them."""
    system = system_settings_path(os.environ)
    places = (
        ("run folder", str(settings.wandb_dir), "set WANDB_DIR to a folder that you may write", FAILED),
        ("temporary folder", tempfile.gettempdir(), "set TMPDIR to a folder that you may write", FAILED),
        ("settings folder", os.path.dirname(system), "set WANDB_CONFIG_DIR to a folder that you may write", WARNING),
    )
    for subject, folder, remedy, level in places:
        problem = _write_problem(folder)
        if problem:
            yield Finding(level, subject, f"{folder or 'there is none'}: {problem}", remedy)
        else:
            yield Finding(*_room(subject, _existing(folder)))


def _existing(folder: str) -> str:
    """The folder, or the nearest one above it that is there: a check leaves nothing behind that was not there."""
    while folder and not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _write_problem(folder: str) -> str:
    """Why nothing can be written there; "" if it can."""
    if not folder:
        return "no home folder is known"
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(os.path.abspath(folder)), prefix=".wandb-verify-") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _room(subject: str, folder: str) -> Tuple[str, str, str, str]:
    free = shutil.disk_usage(folder).free
    status = os.statvfs(folder)
    inodes = status.f_favail if status.f_files else _FEW_INODES
    text = f"{folder} can be written, {free / _GIB:.1f} GiB are free"
    if free < _NO_ROOM or not inodes:
        return FAILED, subject, text, "make room, or use a folder on another disk"
    if free < _LITTLE_ROOM or inodes < _FEW_INODES:
        return WARNING, subject, f"{text}, and {inodes} files more fit", "make room, or use a folder on another disk"
    return OK, subject, text, ""


def check_limits(settings: Settings) -> Iterator[Finding]:
    """The limits of the shell that runs are started from."""
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if 0 <= files < _FEW_FILES:
        text = f"at most {files} at once, which data loaders exceed"
        yield Finding(WARNING, "open files", text, f"ulimit -n {4 * _FEW_FILES}")
    size = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if size != resource.RLIM_INFINITY:
        text = f"at most {size / _MIB:.0f} MiB each: a longer run loses its end"
        yield Finding(WARNING, "size of files", text, "ulimit -f unlimited")
