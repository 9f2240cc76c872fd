"""A copy of a file by the cheapest way that the kernel has, and the digest of what has been copied.

A clone shares its place on the disk with the file (btrfs, XFS, some file servers), so it costs neither time nor room.
But it waits until the device has what was just written, which takes longer than a copy in memory.
"""

from __future__ import annotations

import os
from hashlib import sha256
from time import time  # by name: a program may replace the clock of the module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Tuple, TypeVar

    T = TypeVar("T")

_MOST = 1 << 26  # bytes asked of the kernel at a time; a signal's handler has to wait for as much
_SETTLED_SECONDS = 60.0  # after its last change a file is on the device: the kernel writes back after half of it
_FICLONE = 0x40049409  # of ioctl_ficlone(2)
_PIECE = 1 << 18  # bytes: as much as stays in a processor's cache


def clone(source: int, target: int, digest: Callable[[int], T]) -> T | None:
    """Clone an open file into another one, which is empty; `digest(descriptor)` of the clone, None if there is none.

    Raises OSError. What is in memory is the source, so that is what `digest` is asked to read.
    """
    before = os.fstat(source)
    if time() - before.st_mtime <= _SETTLED_SECONDS or not _clone(source, target):
        return None
    found = digest(source)
    return found if os.fstat(source).st_mtime_ns == before.st_mtime_ns else digest(target)


def _clone(source: int, target: int) -> bool:
    import fcntl

    try:
        return fcntl.ioctl(target, _FICLONE, source) == 0
    except OSError as error:  # not this file system, or not between these
        if error.errno is None:
            raise  # the program's own: a time limit
        return False


def copy(source: int, target: int) -> None:
    """Write all that is left of an open file to another one, which is empty. Raises OSError."""
    if hasattr(os, "sendfile"):
        _by_kernel(lambda: os.sendfile(target, source, None, _MOST))  # type: ignore[arg-type,unused-ignore]
    while True:  # what is left, where the kernel does it for other kinds of files only
        piece = memoryview(os.read(source, _PIECE))
        if not piece:
            return
        while piece:
            piece = piece[os.write(target, piece) :]


def _by_kernel(call: Callable[[], int]) -> None:
    try:
        while call():
            continue
    except OSError as error:  # not between these files; what else is wrong, the plain way meets too
        if error.errno is None:
            raise  # the program's own: a time limit


def digest_of(descriptor: int) -> Tuple[str, int]:
    """SHA-256, in hexadecimal digits, and size of an open file, from its beginning. Raises OSError."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    hasher, size, piece = sha256(), 0, memoryview(bytearray(_PIECE))
    while True:
        count = os.readv(descriptor, [piece])
        if not count:
            return hasher.hexdigest(), size
        hasher.update(piece[:count])
        size += count
