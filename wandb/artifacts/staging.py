"""Copies of files that wait to be sent: the program may change or remove its own meanwhile.

They lie below the data folder, in the names that upstream's client knows too, and are removed by whoever has sent them.
"""

from __future__ import annotations

import os
import re
import tempfile

from wandb.artifacts.digests import digest_of
from wandb.artifacts.places import data_dir
from wandb.errors import UsageError
from wandb.sdk.lib.kernel_copy import clone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Tuple

    from wandb.artifacts.enums import DigestAlgorithm


_COPY = re.compile("tmp[a-z0-9_]{8}")  # as `tempfile` names them, here and in upstream's client


def staging_dir() -> str:
    """Where the copies are; absolute, made if it is not there. Raises UsageError if it can't be."""
    folder = _folder()
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise UsageError(f"Files of artifacts can't be kept in {folder} ({error}): set WANDB_DATA_DIR.") from None
    return folder


def _folder() -> str:
    return os.path.join(os.path.abspath(os.path.expanduser(data_dir())), "artifacts", "staging")


def new_staged_file() -> str:
    """The path of a new, empty file of ours."""
    folder = staging_dir()
    try:
        descriptor, path = tempfile.mkstemp(dir=folder)
    except OSError as error:
        raise UsageError(f"Files of artifacts can't be kept in {folder} ({error}): set WANDB_DATA_DIR.") from None
    os.close(descriptor)
    return path


def stage(path: str, algorithm: DigestAlgorithm) -> Tuple[str, str, int]:
    """Copy a file; the copy's path, its digest and its size. Raises OSError; then nothing of the copy stays."""
    with open(path, "rb", buffering=0) as source:
        copy = new_staged_file()
        try:
            with open(copy, "w+b") as target:
                found = clone(source.fileno(), target.fileno(), lambda file: _digest_of(file, algorithm))
                digest, size = found or digest_of(source, algorithm, target)
        except BaseException:
            os.unlink(copy)
            raise
    return copy, digest, size


def stage_bytes(data: bytes) -> str:
    """A new file of ours with this content; its path. Raises OSError; then nothing of it stays."""
    path = new_staged_file()
    try:
        with open(path, "wb") as file:
            file.write(data)
    except BaseException:
        os.unlink(path)
        raise
    return path


def _digest_of(descriptor: int, algorithm: DigestAlgorithm) -> Tuple[str, int]:
    with open(descriptor, "rb", buffering=0, closefd=False) as file:
        file.seek(0)
        return digest_of(file, algorithm)


def is_staged(path: str) -> bool:
    """Whether a file is one of our copies, also those of a program with another data folder.

    Programs have folders of that name for files of their own, which must neither be moved nor removed.
    """
    folder, name = os.path.split(path)
    return folder.endswith(os.path.join("artifacts", "staging")) and _COPY.fullmatch(name) is not None


def unstage(path: str | None) -> None:
    """Remove a copy that is not needed any more; a file of the program's own stays."""
    if path is None or not is_staged(path):
        return
    try:
        os.unlink(path)
    except FileNotFoundError:
        return  # another process has sent it, and removed it
