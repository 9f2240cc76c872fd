"""A disk that holds a write for seconds: a thread brings the records to it, until it is quick again.

The call that meets such a disk is held as long as the kernel holds its write: nothing can call that back. Those after
it leave their records in the backlog and go on. The thread exists only meanwhile: a process whose disk works has none.
"""

from __future__ import annotations

import threading
from time import monotonic, sleep  # by name: a program may replace the clock of the module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from wandb.sdk.interface.backlog import Backlog

SLOW_SECONDS = 1.0
_RETRY_SECONDS = 1.0


class SlowDisk:
    """Works from its beginning until a write was quick and nothing is left; then it calls `over`, and is done."""

    def __init__(
        self, backlog: Backlog, lock: Any, write: Callable[[int, bytes], None], over: Callable[[], None]
    ) -> None:
        """`lock` is held for a look at the backlog and `over`, never for `write`. Raises RuntimeError: no thread."""
        self._backlog = backlog
        self._lock = lock
        self._write = write
        self._over = over
        self._more = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._work, name="wandb-slow-disk", daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """There is something more in the backlog."""
        self._more.set()

    def end(self, seconds: float) -> bool:
        """Write what is left, for so long; whether it is written."""
        self._ends = True
        self._more.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        is_quick = False
        while True:
            with self._lock:
                record = self._backlog.take()
                if record is None and (is_quick or self._ends):
                    self._over()
                    return
            if record is None:
                self._more.wait()
                self._more.clear()
                continue
            began = monotonic()
            try:
                self._write(*record)
            except OSError:
                with self._lock:
                    self._backlog.put_back(record)
                sleep(_RETRY_SECONDS)
                continue
            is_quick = monotonic() - began < SLOW_SECONDS
