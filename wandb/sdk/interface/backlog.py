"""Records that the disk does not take now, in bounded memory, and the files that come before them.

What is over the bound is counted. Console text goes before metrics: the newest text makes room for a row.
"""

from __future__ import annotations

from collections import deque

from wandb.runlog.spool import FINISH
from wandb.wire.encode import is_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Deque, Tuple

FILE = 0  # not a kind of frame: what stands for the record is a file, whose memory somebody else counts
LIMIT_BYTES = 16 << 20


class Backlog:
    """In the order in which they came; false if there are none."""

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._records: Deque[Tuple[int, Any]] = deque()
        self.files = 0
        self._bytes = 0
        self._text_bytes = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._records)

    def keep(self, frame_kind: int, record_body: bytes) -> None:
        """Put one behind the others; the last word of a run always finds room."""
        size, is_text = len(record_body), is_output(record_body)
        if self._bytes + size > self._limit and frame_kind != FINISH:
            if not is_text and self._text_bytes and size <= self._limit // 2:
                self._drop_texts(size + self._limit // 16)
            if self._bytes + size > self._limit:
                self.dropped += 1
                return
        self._records.append((frame_kind, record_body))
        self._bytes += size
        self._text_bytes += size * is_text

    def keep_file(self, file: Any) -> None:
        """Put a file behind the others."""
        self._records.append((FILE, file))
        self.files += 1

    def first(self) -> Tuple[int, Any]:
        """The oldest. Raises IndexError if there is none."""
        return self._records[0]

    def drop_first(self) -> None:
        """The oldest is written."""
        self._count(self._records.popleft(), -1)

    def _count(self, record: Tuple[int, Any], sign: int) -> None:
        if record[0] == FILE:
            self.files += sign
            return
        self._bytes += sign * len(record[1])
        self._text_bytes += sign * len(record[1]) * is_output(record[1])

    def take(self) -> Tuple[int, Any] | None:
        """The oldest, for whoever writes it now; None if there is none."""
        if not self._records:
            return None
        record = self._records[0]
        self.drop_first()
        return record

    def put_back(self, record: Tuple[int, Any]) -> None:
        """It could not be written, and is the oldest again."""
        self._records.appendleft(record)
        self._count(record, 1)

    def _drop_texts(self, size: int) -> None:
        kept: Deque[Tuple[int, Any]] = deque()
        for record in reversed(self._records):
            if size > 0 and record[0] != FILE and is_output(record[1]):
                size -= len(record[1])
                self._bytes -= len(record[1])
                self._text_bytes -= len(record[1])
                self.dropped += 1
            else:
                kept.appendleft(record)
        self._records = kept
