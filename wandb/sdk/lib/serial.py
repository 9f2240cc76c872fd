"""One call at a time, from any thread, and never one inside another of the same thread.

A signal handler, a finalizer or a stream's own `write` may log or print while its thread is in the middle of
doing so. Such an inner call is kept and made when the outer one is through: nothing is lost, nothing nested.
A Serial is never shared through fork; whoever owns one keeps it per process.
"""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Tuple


class Serial:
    """Runs calls one after the other."""

    __slots__ = ("_busy", "_lock", "_pending")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._busy = False
        self._pending: List[Tuple[Callable[..., None], Tuple[Any, ...]]] = []

    def run(self, call: Callable[..., None], *args: Any) -> None:
        """Make the call now, or as soon as the call that this thread is in the middle of has ended.

        What a call raises passes through, after the calls that were kept meanwhile.
        """
        with self._lock:
            # An interrupt between any two lines here is harmless: it finds either the flag set, and its call is
            # kept for the loop below, or not set, and its call is made at once.
            if self._busy:
                self._pending.append((call, args))
                return
            self._busy = True
            try:
                call(*args)
            finally:
                self._busy = False
                self._make_kept()

    def run_last(self, call: Callable[..., None], *args: Any) -> bool:
        """Make all kept calls and then this one, now, even in the middle of an outer call; whether it was in one.

        For the end: a signal handler that finishes a run may never return to the call that it interrupted.
        """
        with self._lock:
            inside, self._busy = self._busy, False
            self._make_kept()
            call(*args)
            self._busy = inside
            return inside

    def _make_kept(self) -> None:
        while self._pending:
            kept, kept_args = self._pending.pop(0)
            self.run(kept, *kept_args)
