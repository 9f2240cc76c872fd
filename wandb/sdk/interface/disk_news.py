"""What a person is told of a disk that refuses: when it begins and when it is over, not with each record.

Said by the appender's caller, outside of its serial call: who prints waits for the stream's holder, who may be waiting
for that call.
"""

from __future__ import annotations

from collections import deque
from time import monotonic  # by name: a program may replace the clock of the module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Deque

_QUIET_SECONDS = 60.0  # between two sentences about a disk that comes and goes


class DiskNews:
    """Collects sentences in `waiting`, until `say`."""

    __slots__ = ("_has_said", "_next_word", "_warn", "waiting")

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.waiting: Deque[str] = deque()
        self._warn = warn
        self._has_said, self._next_word = False, 0.0  # that it refuses; when that may be said next

    def refuses(self, why: str | None) -> None:
        """Nothing can be written now; may be said again and again while it is so."""
        now = monotonic()
        if not self._has_said and now >= self._next_word:
            self._has_said, self._next_word = True, now + _QUIET_SECONDS
            self.waiting.append(f"The run's files can't be written ({why}); records are kept in memory.")

    def takes_again(self, dropped: int) -> None:
        """What was kept is written, but for so many records."""
        if self._has_said:
            self._has_said = False
            lost = f", but for {dropped} that memory had no room for" if dropped else ""
            self.waiting.append(f"The run's files can be written again; the records kept in memory are in them{lost}.")

    def say(self) -> None:
        """Say what waits."""
        while self.waiting:
            try:
                self._warn(self.waiting.popleft())
            except IndexError:
                return  # another thread has said it
