"""When does a cell of an IPython shell begin? Told by the shell's own events, where such a shell runs.

From IPython 9 on the shell puts its own `write` on the streams for each cell, and afterwards puts back what it had
found: what a cell has put there is gone then. A tap comes back at once by itself; the beginning of a cell is the
moment to look again, also for a stream object that is new. IPython is never imported, and nothing of it is patched.
"""

from __future__ import annotations

from wandb.running_shell import running_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


class ShellCells:
    """Calls back at each cell of the running shell."""

    def __init__(self, begins: Callable[[bool], None]) -> None:
        """`begins(is_nested)` is called before a cell's code runs; a nested one is run by the code of another."""
        self._begins = begins
        self._events: Any = None
        self._depth = 0

    def follow(self) -> None:
        """Begin, if a shell runs."""
        events = getattr(running_shell(), "events", None)
        if self._events is not None or events is None:
            return
        events.register("pre_run_cell", self._before)
        events.register("post_run_cell", self._after)
        self._events = events

    def leave(self) -> None:
        """End; a second call does nothing."""
        events, self._events = self._events, None
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            try:
                if events is not None:
                    events.unregister(event, callback)
            except ValueError:
                continue  # somebody has emptied the shell's list before us

    def are_followed(self) -> bool:
        """Whether a shell's cells are followed now."""
        return self._events is not None

    def _before(self, *_: Any) -> None:
        self._depth += 1
        self._begins(self._depth > 1)

    def _after(self, *_: Any) -> None:
        # The cell that called `follow` ends without having begun for us.
        self._depth = max(0, self._depth - 1)
