"""The rows that TensorBoard's writers in Python make: one for each step of each writer, whatever is flushed in between.

What a writer flushes goes to the run's record at once, as a part of its row; that ends with the writer's next step, its
`close`, or the run. Where steps are slow, so does what it is given: people look at it, and a kill takes nothing.
"""

from __future__ import annotations

from functools import partial
from math import inf
from time import monotonic

from wandb.media.event_values import values_of
from wandb.sdk import active
from wandb.sdk.lib.guarded import guarded
from wandb.sdk.lib.serial import Serial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

# A step that begins so long after the one before is slow; so many of its events are handed over one by one. Each costs
# about as much as a row.
_SLOW_SECONDS, _MOST_PARTS = 1.0, 100

safely = partial(guarded, "What is written for TensorBoard")


class _OpenRow:
    """What one writer was given for its latest step; `name` tells it from others of the process."""

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self.prefix = prefix
        self.step = 0
        self.moment = 0.0
        self.values: Dict[str, Any] = {}  # those that the run has not got yet
        self._is_open = False  # the run has got others
        self._begun = -inf
        self._at_once = 0  # so many of the next events are handed over one by one

    def take(self, event: Any) -> None:
        """Add what an event holds; one of another step begins a new row."""
        values = values_of(event.summary, self.prefix)
        if not values:
            return
        if event.step != self.step or self._begun == -inf:
            self.hand_over(commit=True)
            now = monotonic()
            self._at_once = _MOST_PARTS if now - self._begun >= _SLOW_SECONDS else 0
            self._begun = now
        self.step, self.moment = event.step, event.wall_time
        self.values.update(values)
        if self._at_once and active.current() is not None:
            self._at_once -= 1
            self.hand_over(commit=False)

    def hand_over(self, commit: bool) -> None:
        """Log what there is, as a part of the row or as its end; without a run there is nobody to tell."""
        run, values = active.current(), self.values
        if not values and not (commit and self._is_open):
            return
        self.values, self._is_open = {}, not commit
        if run is not None:
            row = {"global_step": self.step, **values, "_timestamp": self.moment} if values else {}
            run._log_beside(self.name, row, commit)


class EventWriters:
    """The writers of one process and their open rows; a forked child begins with none.

    All calls come through `serial`: threads write, and signal handlers.
    """

    def __init__(self) -> None:
        self.serial = Serial()
        self._rows: Dict[int, Tuple[Any, _OpenRow]] = {}  # by id; the writer beside it keeps its id its own
        self._count = 0

    def take(self, writer: Any, event: Any, prefix_of: Callable[[str], str]) -> None:
        """An event was added; `prefix_of(folder)` stands in front of its tags."""
        if id(writer) not in self._rows:
            prefix = prefix_of(str(writer.get_logdir()))
            self._count += 1
            self._rows[id(writer)] = (writer, _OpenRow(f"tensorboard{self._count}", prefix))
        self._rows[id(writer)][1].take(event)

    def flush(self, writer: Any) -> None:
        """What the writer was given goes to the record; its row goes on."""
        if id(writer) in self._rows:
            self._rows[id(writer)][1].hand_over(commit=False)

    def close(self, writer: Any) -> None:
        """The writer has ended, and its row with it."""
        if id(writer) in self._rows:
            self._rows.pop(id(writer))[1].hand_over(commit=True)

    def commit(self) -> None:
        """End the rows of all writers."""
        for _, row in list(self._rows.values()):
            safely(row.hand_over, True)
