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


_PATIENCE_SECONDS = 0.1
# Of another thread that is held inside, by a disk that hangs: how many calls are kept for it, and how long the last
# call of all waits for it.
_MANY_KEPT, _MOST_KEPT = 10_000, 20_000
_LAST_SECONDS = 10.0


class Serial(OwnedLock):
    """Runs calls one after the other."""

    __slots__ = ("kept", "lost")

    def __init__(self) -> None:
        super().__init__()
        self.kept: Deque[Tuple[Callable[..., None], Tuple[Any, ...]]] = deque()
        self.lost = 0  # calls that are not made, since too many were kept already

    def run(self, call: Callable[..., None], *args: Any) -> None:
        """Make the call now, or as soon as the call that this thread is in the middle of has ended.

        What a call raises passes through, after the calls that were kept meanwhile. Another thread is waited for, but
        not for ever: it may itself wait for what this one holds, the lock of a stream that both print to. Then that
        thread makes the call when it is through.
        """
        thread = get_ident()
        if self.thread == thread:
            self.kept.append((call, args))
            return
        try:
            if self.acquire(False) or (self._may_wait() and self.acquire(True, _PATIENCE_SECONDS)):
                self.thread = thread
                if self.kept:  # earlier ones, of this thread perhaps
                    self.make_kept()
                call(*args)
                if self.kept:
                    self.make_kept()
                self.thread = 0
                self.release()
            else:
                self._keep(call, args)
        except BaseException:
            try:
                self.give_up()
            except RecursionError:
                if self.thread == thread:
                    self.thread = 0
                    self.release()
            raise
        if self.kept:
            self.make_kept_if_free()

    def _may_wait(self) -> bool:
        """Where somebody has waited in vain already, the others don't wait one after the other.

        But for whoever is making the kept calls, lest they come faster than they are made.
        """
        return not self.kept or len(self.kept) > _MANY_KEPT

    def _keep(self, call: Callable[..., None], args: Tuple[Any, ...]) -> None:
        if len(self.kept) < _MOST_KEPT:
            self.kept.append((call, args))
        else:
            self.lost += 1

    def make_kept_if_free(self) -> None:
        """Make the calls that were kept behind somebody's last look; who is inside now will look himself."""
        thread = get_ident()
        if self.thread == thread:
            return
        try:
            while self.kept and self.acquire(False):
                self.thread = thread
                self.make_kept()
                self.thread = 0
                self.release()
        except BaseException:
            self.leave()
            raise

    def run_last(self, call: Callable[..., None], *args: Any) -> bool:
        """Make all kept calls and then this one, now, even in the middle of an outer call; whether it was in one.

        For the end: a signal handler that finishes a run may never return to the call that it interrupted. Not made,
        and counted as lost, if another thread is inside for too long.
        """
        if not self.acquire(True, _LAST_SECONDS):
            self.lost += len(self.kept) + 1
            return True
        try:
            outer, self.thread = self.thread, get_ident()
            try:
                self.make_kept()
                call(*args)
                self.make_kept()
            finally:
                self.thread = outer
        finally:
            self.release()
        if outer != get_ident():
            self.make_kept_if_free()
        return outer == get_ident()

    def give_up(self) -> None:
        """`leave`, for a call that an exception has ended; after the calls that were kept meanwhile."""
        try:
            with self.lock:
                if self.thread == get_ident():
                    self.make_kept()
        finally:
            self.leave()
        self.make_kept_if_free()

    def make_kept(self) -> None:
        """Make the calls that were kept, from inside."""
        while self.kept:
            kept, args = self.kept.popleft()
            kept(*args)
