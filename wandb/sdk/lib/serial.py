"""One call at a time, from any thread, and never one inside another of the same thread.

A signal handler, a finalizer or a stream's own `write` may log or print while its thread is in the middle of
doing so. Such an inner call is kept and made when the outer one is through: nothing is lost, nothing nested.
A Serial is never shared through fork; whoever owns one keeps it per process.
"""

from __future__ import annotations

from collections import deque
from threading import get_ident

from wandb.sdk.lib.owned_lock import OwnedLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Deque, Tuple


class Serial(OwnedLock):
    """Runs calls one after the other."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        super().__init__()
        self._kept: Deque[Tuple[Callable[..., None], Tuple[Any, ...]]] = deque()

    def run(self, call: Callable[..., None], *args: Any) -> None:
        """Make the call now, or as soon as the call that this thread is in the middle of has ended.

        What a call raises passes through, after the calls that were kept meanwhile.
        """
        outermost = False
        try:
            with self.lock:
                thread = get_ident()
                if self.thread == thread:
                    self._kept.append((call, args))
                    return
                outermost = True
                self.thread = thread
                try:
                    call(*args)
                finally:
                    if self._kept:
                        self._make_kept()
                    self.thread = 0
        except BaseException:
            # It may have come behind the end of the `try` or, before CPython 3.10, behind the end of the `with`.
            if outermost:
                self.leave()
            raise
        if self._kept:  # by a signal handler, behind the last look above
            self.run(_nothing)

    def run_last(self, call: Callable[..., None], *args: Any) -> bool:
        """Make all kept calls and then this one, now, even in the middle of an outer call; whether it was in one.

        For the end: a signal handler that finishes a run may never return to the call that it interrupted.
        """
        with self.lock:
            outer, self.thread = self.thread, get_ident()
            try:
                self._make_kept()
                call(*args)
                self._make_kept()
            finally:
                self.thread = outer
            return outer == get_ident()

    def _make_kept(self) -> None:
        while self._kept:
            kept, args = self._kept.popleft()
            kept(*args)


def _nothing() -> None:
    """There may be kept calls to make, and nothing else."""
