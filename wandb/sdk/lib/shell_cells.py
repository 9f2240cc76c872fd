"""When does a cell of an IPython shell begin, and what has ended it? Told by the shell's own events, where one runs.

From IPython 9 on the shell puts its own `write` on the streams for each cell, and afterwards puts back what it had
found: what a cell has put there is gone then. A tap comes back at once by itself; the beginning of a cell is the
moment to look again, also for a stream object that is new. A kernel shows the error of a cell without writing it to
a stream; what a terminal's shell shows is printed, and so are its own errors and groups of exceptions. IPython is
never imported, and nothing of it is patched.
"""

from __future__ import annotations

import builtins

from wandb.running_shell import running_shell
from wandb.sdk.lib.exit_hooks import last_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_PRINTED = getattr(builtins, "BaseExceptionGroup", ())


class ShellCells:
    """Calls back at each cell of the running shell."""

    def __init__(self, begins: Callable[[bool], None], shows: Callable[[str], None]) -> None:
        """`begins(is_nested)` is called before a cell's code runs; a nested one is run by the code of another.

        `shows(text)` is called with the traceback of a cell that has failed, where that is not printed.
        """
        self._begins = begins
        self._shows = shows
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

    def _after(self, result: Any = None) -> None:
        # The cell that called `follow` ends without having begun for us.
        self._depth = max(0, self._depth - 1)
        before, error = getattr(result, "error_before_exec", None), getattr(result, "error_in_exec", None)
        if "ZMQ" not in type(running_shell()).__name__ or isinstance(error, _PRINTED):
            return
        if before is not None:  # no Python: all frames are the shell's
            self._shows(last_text(before, None))
        elif error is not None and type(error).__module__ != "IPython.core.error":
            traceback = error.__traceback__
            self._shows(last_text(error, traceback and traceback.tb_next))  # without the shell's frame
