"""A lock of a thread that knows who is inside, and survives an exception between any two bytecodes.

A signal handler may raise anywhere. Before CPython 3.10 that may be behind the end of a `with` block, but before the
release of its lock, which then stays held: the next thread that prints or logs would wait for ever.
An OwnedLock is never shared through fork; whoever owns one keeps it per process.

It is the interpreter's own lock, not what `threading` has now: gevent and eventlet put locks of greenlets there, which
hang when threads of their pools share one.
"""

from __future__ import annotations

from _thread import RLock
from threading import get_ident


class OwnedLock:
    """Outermost first: `acquire()`, then `thread = get_ident()`, at the end `thread = 0` and `release()`.

    All of that inside a `try` whose `except BaseException` calls `leave()`; a `finally` costs more and, with a handler
    that raises, saves nothing. If that raises RecursionError, the stack has no room for a call in Python: then the last
    two of these, straight on, `if thread == get_ident()`.
    """

    __slots__ = ("acquire", "lock", "release", "thread")

    def __init__(self) -> None:
        self.lock = RLock()
        self.acquire = self.lock.acquire
        self.release = self.lock.release
        self.thread = 0  # who is inside; no thread but this one can tell, or change it, without the lock

    def leave(self) -> None:
        """Give up what an exception may have left behind; for the outermost call of a thread, once it has ended."""
        try:
            self._leave()
        finally:  # once more, if another exception has ended that
            self._leave()

    def _leave(self) -> None:
        with self.lock:
            if self.thread == get_ident():
                self.thread = 0
        while True:
            try:
                self.lock.release()
            except RuntimeError:  # this thread does not hold it any more
                return
