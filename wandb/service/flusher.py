"""Brings the logs to the device now and then (the setting `fsync_seconds`), for those who fear a power cut.

Any process may do that for all that has been appended, so the training never waits for it; and here it has a thread
of its own, since a device may take seconds.
"""

from __future__ import annotations

import os
import threading

from wandb.service.diary import diary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.runlog.layout import RunLayout

_LEAST_SECONDS, _MOST_SECONDS = 0.05, 86400.0
# Not on every system.
_fdatasync = getattr(os, "fdatasync", os.fsync)


class Flusher:
    """At most so many seconds of records are not on the device; nothing is done if the setting is not given."""

    def __init__(self, layout: RunLayout, settings: Dict[str, Any]) -> None:
        self._layout = layout
        seconds = float(settings.get("fsync_seconds") or 0.0)
        self._seconds = min(max(seconds, _LEAST_SECONDS), _MOST_SECONDS) if seconds > 0 else 0.0
        self._ends = threading.Event()
        self._sizes: Dict[str, int] = {}
        self._thread = threading.Thread(target=self._work, name="flusher", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        if self._seconds > 0:
            self._thread.start()

    def stop(self) -> None:
        """End it, without waiting: the fold brings the whole log to the device."""
        self._ends.set()

    def _work(self) -> None:
        while not self._ends.wait(self._seconds):
            try:
                self.flush()
            except OSError as error:
                diary().warning("can't bring the logs to the device: %s", error)

    def flush(self) -> None:
        """Bring those that have grown to the device. Raises OSError."""
        for path in (self._layout.transaction_log, *self._layout.spools()):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue  # the fold has taken a spool away
            try:
                size = os.fstat(descriptor).st_size
                if self._sizes.get(path) != size:
                    _fdatasync(descriptor)
                    self._sizes[path] = size
            finally:
                os.close(descriptor)
