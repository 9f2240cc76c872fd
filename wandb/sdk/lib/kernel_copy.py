"""A copy of a file by the cheapest way that the kernel has, and the digest of what has been copied."""

from __future__ import annotations

import os
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Tuple

_MOST = 1 << 26  # bytes asked of the kernel at a time; a signal's handler has to wait for as much
_PIECE = 1 << 18  # bytes: as much as stays in a processor's cache


def copy(source: int, target: int, may_share: bool = False) -> None:
    """Write all that is left of an open file to another one, which is empty. Raises OSError.

    With `may_share` the two may share their place on the disk, where the file system can do that (btrfs, XFS), or a
    file server may copy by itself (NFS 4.2). That waits until the device has what was just written to `source`.
    """
    if may_share and hasattr(os, "copy_file_range"):
        _by_kernel(lambda: os.copy_file_range(source, target, _MOST))
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
