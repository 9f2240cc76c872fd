"""One follower per run folder at a time: the service, a `finish` without a service, or a later command.

The lock is POSIX's per-process record lock: it ends with its holder, however that dies, and a forked child does
not inherit it.
"""

from __future__ import annotations

import errno
import json
import os
from time import monotonic, sleep

from wandb.descriptors import lifted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wandb.process import ProcessIdentity

_RETRY_SECONDS = 0.01
_HELD_BY_ANOTHER = (errno.EACCES, errno.EAGAIN)


class Lease:
    """Held from a successful `acquire` until `release` or the end of the process."""

    def __init__(self, path: str, identity: ProcessIdentity) -> None:
        self._path = path
        self._identity = identity
        self._descriptor = -1

    def acquire(self, seconds: float = 0.0) -> bool:
        """Take the lease; False if another process has it. Where the file system has no locks, everybody gets it.

        Who has it may just have been killed, and the kernel not be through with it: tried for so long.
        Raises OSError if the file can't be made.
        """
        deadline = monotonic() + seconds
        while not self._acquire():
            if monotonic() >= deadline:
                return False
            sleep(_RETRY_SECONDS)
        return True

    def _acquire(self) -> bool:
        import fcntl

        descriptor = lifted(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666))
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD_BY_ANOTHER:
                os.close(descriptor)
                return False
        self._descriptor = descriptor
        text = json.dumps(self._identity.to_json()).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)  # for a person who wonders; nobody decides by it
        return True

    def release(self) -> None:
        """Give the lease back; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_held(path: str) -> bool:
    """Whether another process has the lease now."""
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _HELD_BY_ANOTHER
    finally:
        os.close(descriptor)
    return False
