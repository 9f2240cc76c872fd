"""Lines that are appended to a stream of the server: rows of the history, samples of system metrics.

Each has a number, given in the order of sending. Which are sent already is known by a count for each writer, since
only the order within a writer is the same each time the logs are read.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, Dict, List, Tuple


def line_size(line: str) -> int:
    """Bytes of a line in a request."""
    return len(line) if line.isascii() else len(line.encode("utf-8", "replace"))


class SentLines:
    """One stream. `take` and `acknowledge` alternate; what is not acknowledged is taken again."""

    def __init__(self, state: Dict[str, Any], offset: int = 0) -> None:
        """`state` as a checkpoint has it; `offset` is the number of the first line where there is no state."""
        self.offset = int(state.get("offset", offset))
        self.note: Any = state.get("note")  # what the last acknowledged line was added with
        self._sent: Dict[str, int] = dict(state.get("writers") or {})
        self._seen: Dict[str, int] = {}
        self._pending: Deque[Tuple[str, str | None, Any]] = deque()
        self.size = 0  # bytes that wait

    def is_new(self, writer: str) -> bool:
        """Count an entry of a writer; whether it has not been acknowledged, and so has to be added."""
        count = self._seen[writer] = self._seen.get(writer, 0) + 1
        return count > self._sent.get(writer, 0)

    def add(self, writer: str, line: str | None, note: Any = None) -> None:
        """Add what `is_new` has said yes to; None for an entry that makes no line."""
        self._pending.append((writer, line, note))
        self.size += line_size(line or "")

    def waits(self) -> bool:
        """Whether there is anything to acknowledge."""
        return bool(self._pending)

    def take(self, room: int) -> List[str]:
        """The next lines, as many as have room (bytes), and at least one."""
        lines: List[str] = []
        for _, line, _ in self._pending:
            if line is None:
                continue
            room -= line_size(line)
            if lines and room < 0:
                break
            lines.append(line)
        return lines

    def acknowledge(self, count: int) -> None:
        """The server has so many of them, and what stands between them."""
        self.offset += count
        while self._pending and (count or self._pending[0][1] is None):
            writer, line, note = self._pending.popleft()
            self._sent[writer] = self._sent.get(writer, 0) + 1
            self.size -= line_size(line or "")
            if line is not None:
                count -= 1
                self.note = note

    def state(self) -> Dict[str, Any]:
        """For the checkpoint."""
        return {"offset": self.offset, "writers": self._sent, "note": self.note}
