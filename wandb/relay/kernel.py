"""Calls of the operating system that move bytes without a moment in which only this process has them.

`splice` moves them inside the kernel, so that a process killed between any two instructions has them either moved or
not. Where it can't be done (not Linux, an old kernel for terminals), the caller reads and writes instead.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOVE, _NONBLOCK = 1, 2
_KEEP_SIZE, _PUNCH_HOLE = 1, 2
_SET_PIPE_SIZE = 1031
_FIONREAD = 0x541B if sys.platform.startswith("linux") else 0x4004667F

_libc: Any = None


def _library() -> Any:
    global _libc
    if _libc is None:
        import ctypes

        _libc = ctypes.CDLL(None, use_errno=True)
        _libc.splice.restype = ctypes.c_ssize_t
    return _libc


def splice(source: int, target: int, count: int, offset: int | None = None) -> int:
    """Move up to `count` bytes from or to a pipe, to `offset` of the target if given; 0 at the end of the source.

    Never waits. Raises OSError: BlockingIOError if nothing is there, and others where it can't be done at all.
    """
    if sys.version_info >= (3, 10) and hasattr(os, "splice"):
        return os.splice(source, target, count, offset_dst=offset, flags=_MOVE | _NONBLOCK)
    if not sys.platform.startswith("linux"):
        raise OSError("splice is a call of Linux")
    import ctypes

    place = None if offset is None else ctypes.byref(ctypes.c_longlong(offset))
    moved: int = _library().splice(source, None, target, place, ctypes.c_size_t(count), _MOVE | _NONBLOCK)
    if moved < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return moved


def give_back(descriptor: int, start: int, end: int) -> None:
    """Free the memory behind this range of a file, which stays as long as it is. Where that can't be done, nothing."""
    if sys.platform.startswith("linux"):
        import ctypes

        range_ = ctypes.c_longlong(start), ctypes.c_longlong(end - start)
        _library().fallocate(descriptor, _KEEP_SIZE | _PUNCH_HOLE, *range_)


def waiting_bytes(descriptor: int) -> int:
    """How many bytes can be read from a pipe now."""
    return int(struct.unpack("i", fcntl.ioctl(descriptor, _FIONREAD, bytes(4)))[0])


def widen_pipe(descriptor: int, size: int) -> None:
    """Let a pipe hold so much, as far as the system allows it."""
    try:
        fcntl.fcntl(descriptor, _SET_PIPE_SIZE, size)
    except OSError:
        return  # not Linux, or over this user's limit: the usual size will do


def memory_file(name: str) -> int:
    """A file in memory without a name, not inherited by programs that are started. Raises OSError."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    import tempfile

    with tempfile.TemporaryFile(prefix=name) as file:
        return os.dup(file.fileno())
