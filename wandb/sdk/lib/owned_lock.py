"""A lock of a thread that knows who is inside, and survives an exception between any two bytecodes.

A signal handler may raise anywhere. Before CPython 3.10 that may be behind the end of a `with` block, but before the
release of its lock, which then stays held: the next thread that prints or logs would wait for ever.
An OwnedLock is never shared through fork; whoever owns one keeps it per process.
"""

from __future__ import annotations

from threading import RLock, get_ident


class OwnedLock:
    """`with owned.lock:`, and there `owned.thread = get_ident()` until the end; around it `except BaseException`."""

    __slots__ = ("lock", "thread")

    def __init__(self) -> None:
        self.lock = RLock()
        self.thread = 0  # who is inside; means nothing to a thread that does not hold the lock and is not the one

    def leave(self) -> None:
        """Give up what an exception may have left behind; for the outermost `with` of a thread, once it has ended."""
        with self.lock:
            if self.thread == get_ident():
                self.thread = 0
        while True:
            try:
                self.lock.release()
            except RuntimeError:  # this thread does not hold it any more
                return
