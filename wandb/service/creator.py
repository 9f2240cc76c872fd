"""How the process that called `init` has ended, as far as the kernel tells one who is not its parent.

A parent alone may wait for a process. But Linux 6.15 and newer tell whoever has a descriptor of a process how that has
ended, once its parent has asked; and until then, any Linux tells whoever may know.
"""

from __future__ import annotations

import os
import struct

# ioctl PIDFD_GET_INFO of linux/pidfd.h, with its first 64 bytes: what is asked for and told (8 bytes), numbers of the
# process, and at the end the status, as wait(2) gives it.
_GET_INFO = 0xC040FF0B
_INFO = struct.Struct("<Q52xi")
_INFO_EXIT = 1 << 3


class Creator:
    """The process that a descriptor stands for, which it has opened of itself and given to us; -1 if it could not."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def exit_code(self) -> int | None:
        """Its exit code once it has ended, 128 and the signal's number if a signal has ended it; None if not known."""
        if self._descriptor < 0:
            return None
        status = self._status_of_ended()
        if status is None:
            status = self._status_of_zombie()
        if status is None:
            return None
        return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def _status_of_ended(self) -> int | None:
        import fcntl

        info = bytearray(_INFO.pack(_INFO_EXIT, 0))
        try:
            fcntl.ioctl(self._descriptor, _GET_INFO, info)
        except OSError:
            return None  # an older kernel does not know the question
        told, status = _INFO.unpack(info)
        return int(status) if told & _INFO_EXIT else None  # nor a somewhat older one the answer

    def _status_of_zombie(self) -> int | None:
        """While its parent has not asked: the last field of its line in proc(5); 0 of a stranger is none."""
        try:
            with open(f"/proc/self/fdinfo/{self._descriptor}", encoding="ascii") as file:
                pid = int(file.read().partition("\nPid:")[2].split()[0])
            with open(f"/proc/{pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
                is_ours = os.fstat(stat.fileno()).st_uid == os.geteuid()
            status = int(fields[-1])
            return status if fields[0] == b"Z" and (status or is_ours) else None
        except (OSError, IndexError, ValueError):
            return None
