"""`write(2)` that keeps the interpreter's lock, for programs with several threads.

`os.write` lets go of the lock for the time of the call. Where other threads compute, it comes back only when all that
stand in line have had their turn, of 5 ms each: beside three of them, a `print` or a `log` took 3 ms. A write to a disk
that is well is over before any of them has woken up. One that hangs would hold the whole program: so only the main
thread writes like this, without which most programs stand still anyway, and only to a disk of this machine, since those
of file servers may pause for minutes.
"""

from __future__ import annotations

import os

from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Write = Callable[[int, bytes], int]


# File systems as the kernel calls them in /proc/self/mountinfo.
_OF_THIS_MACHINE = ("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "tmpfs", "xfs", "zfs")


def quick_write(device: int) -> Write:
    """A function as `os.write`, for files of this device; `os.write` itself where that may be far, or is not known."""
    if not _is_of_this_machine(device):
        return os.write
    try:
        with loading():
            import ctypes

        call = ctypes.PyDLL(None).write
    except (ImportError, OSError, AttributeError):
        return os.write
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
    call.restype = ctypes.c_ssize_t

    def write(descriptor: int, data: bytes) -> int:
        written: int = call(descriptor, data, len(data))
        return written if written >= 0 else os.write(descriptor, data)  # the error, or the next try after a signal

    return write


def _is_of_this_machine(device: int) -> bool:
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            mounts = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    kinds = [mount.partition(" - ")[2].split()[0] for mount in mounts if mount.split()[2] == number]
    return bool(kinds) and kinds[-1] in _OF_THIS_MACHINE
