"""The service as a writer: its records go to the spool like those of any other process that is not the creator."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from wandb.process import ProcessIdentity
from wandb.runlog.spool import RECORD, Spool

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout


class SpoolWriter:
    """Appends records under one identity, from any thread of the service."""

    def __init__(self, layout: RunLayout) -> None:
        identity = ProcessIdentity.current()
        self._path = layout.spool(identity.host)
        self._writer = f"{identity.pid}-{os.urandom(6).hex()}"
        self._sequence = 0
        self._lock = threading.Lock()
        self._closed = False

    def append(self, record: Any) -> None:
        """Append one record; nothing once the writer is closed. Raises OSError."""
        with self._lock:
            if self._closed:
                return
            record.uuid = f"{self._writer}#{self._sequence + 1}"
            # Opened each time: the records are few, and a spool that the fold has removed is not written to.
            spool = Spool(self._path)
            try:
                spool.append(RECORD, record.SerializeToString())
            finally:
                spool.close()
            self._sequence += 1

    def close(self) -> None:
        """End it: the run is about to be folded, and what came later would be left out."""
        with self._lock:
            self._closed = True
