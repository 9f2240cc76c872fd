"""A disk that holds a write for seconds: a thread brings the records to it, until it is quick again.

Or one that takes long for files: then the thread brings those, and the records that came behind them.

The call that meets such a disk is held as long as the kernel holds its write: nothing can call that back. So is the
next one. Those after it leave their records in the backlog and go on. The thread exists only meanwhile: a process whose
disk works has none.
A program that was stopped in the middle of a write (a debugger, Ctrl-Z, a machine with too much to do) looks the same.
So as soon as a write of the thread was quick, the next call writes what is left by itself: what it returns from is on
its way to the disk again, and no thread has to win against a program that prints faster than it. But no call takes
over as long as there are files.
"""

from __future__ import annotations

import threading
from time import monotonic, sleep  # by name: a program may replace the clock of the module

from wandb.sdk.interface.backlog import FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Tuple

    from wandb.sdk.interface.backlog import Backlog

SLOW_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_TRIES_AT_END = 3
# How long a call waits for the record that the thread is writing, to take over from it.
_HANDOVER_SECONDS = 0.05


class SlowDisk:
    """Works from its beginning until a write was quick and nothing is left; then it calls `over`, and is done.

    Or until a call takes over from it; or, with something left, where it fails, or the disk refuses at the end.
    """

    def __init__(
        self,
        backlog: Backlog,
        lock: Any,
        write: Callable[[int, Any], None],
        over: Callable[[], None],
        holds_records: bool = True,
    ) -> None:
        """`lock` is held for a look at the backlog and `over`, never for `write`. Raises RuntimeError: no thread.

        `holds_records`: whether it is there for records, not only for files.
        """
        self._holds_records = holds_records
        self._record_since: float | None = None  # when the one that is being written was begun
        self._backlog = backlog
        self._lock = lock
        self._write = write
        self._over = over
        self._more = threading.Event()
        self._ends = False
        self._is_quick = False
        self._has_written = threading.Event()  # whether nothing is being written
        self._has_written.set()
        self._is_through = False
        self._taken: Tuple[int, Any] | None = None  # what is being written
        self._refusals_at_end = 0
        self._thread = threading.Thread(target=self._work, name="wandb-slow-disk", daemon=True)
        self._thread.start()

    def takes_it(self) -> bool:
        """There is something more in the backlog, from who has the lock; whether the thread writes it.

        If not, all that is in the backlog is the caller's, and the thread does nothing more.
        """
        if self._is_quick and not self._backlog.files and self._has_written.wait(_HANDOVER_SECONDS):
            self._is_through = True
        self._more.set()
        return not self._is_through

    def holds_records(self) -> bool:
        """Whether the disk takes seconds for records, rather than long for files."""
        since = self._record_since
        return self._holds_records or (since is not None and monotonic() - since > SLOW_SECONDS)

    def end(self, seconds: float) -> bool:
        """Write what is left, for so long; whether it is written."""
        self._ends = True
        self._more.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            while not self._is_through:
                self._taken = self._next()
                if self._taken is not None:
                    self._bring(self._taken)
        except BaseException:  # no memory; or what the program has set in this thread
            self._give_back()
            raise

    def _next(self) -> Tuple[int, Any] | None:
        with self._lock:
            if self._is_through:
                return None
            record = self._backlog.take()
            if record is not None:
                self._has_written.clear()
                self._record_since = monotonic()
                if record[0] == FILE:
                    self._record_since, self._is_quick = None, False  # the next call must not wait for it
                return record
            if self._is_quick or self._ends:
                self._is_through = True
                self._over()
                return None
        self._more.wait()
        self._more.clear()
        return None

    def _bring(self, record: Tuple[int, Any]) -> None:
        began = monotonic()
        try:
            self._write(*record)
        except OSError:
            self._is_quick = False
            self._refusals_at_end += self._ends
            if self._refusals_at_end == _TRIES_AT_END:
                self._give_back()
                return
            with self._lock:
                self._backlog.put_back(record)
                self._taken = None
                self._has_written.set()
            sleep(_RETRY_SECONDS)
            return
        self._taken = None
        if record[0] != FILE:
            self._is_quick = monotonic() - began < SLOW_SECONDS
            self._holds_records = not self._is_quick
        self._record_since = None
        self._has_written.set()

    def _give_back(self) -> None:
        with self._lock:
            if self._taken is not None:
                self._backlog.put_back(self._taken)
                self._taken = None
            self._has_written.set()
            if not self._is_through:
                self._is_through = True
                self._over()
