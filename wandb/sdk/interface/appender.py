"""A process's end of the logs: one append for each record, or bounded memory for a disk that takes nothing.

The creator appends to the transaction log, every other process to the spool; made at first use in each process, never
inherited. Nothing here raises for a disk that fails.
"""

from __future__ import annotations

from collections import deque

from wandb.process import ProcessIdentity, host_name
from wandb.runlog.spool import CREATOR, RECORD, Spool, writer_name
from wandb.sdk.lib.interruption import is_interruption
from wandb.sdk.lib.serial import Serial
from wandb.wire.encode import named, numbered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Deque, Tuple

    from wandb.runlog.layout import RunLayout
    from wandb.runlog.transaction_log import TransactionLog
    from wandb.sdk.interface.source import Source

# What a disk that takes nothing may make us hold; what is over it is counted and said at the end.
BACKLOG_LIMIT_BYTES = 16 << 20


class Appender:
    """Appends records, from any thread, in one order."""

    def __init__(
        self, layout: RunLayout, log: TransactionLog | None, warn: Callable[[str], None], source: Source
    ) -> None:
        """`log` in the creator only; `source` is who writes console text here."""
        self.source = source
        self._layout = layout
        self._log = log
        self._spool: Spool | None = None
        self._warn = warn
        self._serial = Serial()
        self._num = 0
        self._sequence = 0
        self.writer = CREATOR if log else writer_name(ProcessIdentity.current())
        self._backlog: Deque[Tuple[int, bytes]] = deque()
        self._backlog_bytes = 0
        self.dropped = 0
        self._to_say: Deque[str] = deque()

    def append(self, frame_kind: int, record_body: bytes) -> None:
        self._serial.run(self._append, frame_kind, record_body)
        if self._to_say:
            self._say()

    def _say(self) -> None:
        """Not within the serial call: who prints waits for the stream's holder, who may be waiting for that call."""
        while self._to_say:
            try:
                self._warn(self._to_say.popleft())
            except IndexError:
                return  # another thread has said it

    def _append(self, frame_kind: int, record_body: bytes) -> None:
        if not self._backlog:
            try:
                self._write(frame_kind, record_body)
            except OSError as error:
                if is_interruption(error):
                    raise
                self._keep(frame_kind, record_body)
                self._to_say.append(f"The run's files can't be written ({error.strerror}); records are kept in memory.")
            return
        self._keep(frame_kind, record_body)
        try:
            while self._backlog:
                self._write(*self._backlog[0])
                self._backlog_bytes -= len(self._backlog.popleft()[1])
        except OSError as error:
            if is_interruption(error):
                raise
            return  # said once already, when it began
        self._to_say.append("The run's files can be written again; the records kept in memory are in them.")

    def _keep(self, frame_kind: int, record_body: bytes) -> None:
        if self._backlog_bytes + len(record_body) > BACKLOG_LIMIT_BYTES:
            self.dropped += 1
            return
        self._backlog.append((frame_kind, record_body))
        self._backlog_bytes += len(record_body)

    def _write(self, frame_kind: int, record_body: bytes) -> None:
        if self._log is not None and frame_kind == RECORD:
            self._num += 1
            self._log.append(numbered(self._num, record_body))
            return
        if self._spool is None:
            self._spool = Spool(self._layout.spool(host_name()))
        # Counted first: an exception of a signal handler may come right behind the write, and a number that
        # came twice would pass for a record that was read already. A gap is harmless.
        self._sequence += 1
        self._spool.append(frame_kind, named(f"{self.writer}#{self._sequence}", record_body))

    def append_last(self, frame_kind: int, record_body: bytes) -> None:
        """Append the last record, behind everything that is kept, and close the logs."""
        inside = self._serial.run_last(self._append, frame_kind, record_body)
        self._say()
        if not inside:  # an interrupted append may still hold the number of a descriptor
            for log in (self._log, self._spool):
                if log is not None:
                    log.close()

    def unwritten(self) -> int:
        """How many records are not on the disk."""
        return len(self._backlog) + self.dropped
