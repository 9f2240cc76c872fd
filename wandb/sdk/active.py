"""Which runs are open in this process, and which one `wandb.log`, `wandb.run` and `wandb.finish` mean.

That is the newest one, except that runs made with reinit="create_new" stand beside it and are never meant.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Protocol

    from wandb.sdk.run import Run

    class Mirror(Protocol):
        """Makes rows of the current run of what a program writes by another library."""

        def run_ends(self, run: Run) -> None:
            """Log what is open."""


_open: List[Run] = []  # both lists in the order in which they began
_meant: List[Run] = []  # those of them that do not stand beside
# While there are any, rows are numbered by the order in which they come, whatever step `log` is given; and before a run
# ends each of them is asked for what it has.
mirrors: List[Mirror] = []


def current() -> Run | None:
    """The run that `wandb.run` is, or None."""
    return _meant[-1] if _meant else None


def opened(run: Run, beside: bool = False) -> None:
    """Make this run the current one, or one that stands beside it."""
    _open.append(run)
    if not beside:
        _meant.append(run)


def closed(run: Run) -> None:
    """Forget a run; the one before it becomes the current one."""
    for runs in (_open, _meant):
        if run in runs:
            runs.remove(run)


def open_runs() -> List[Run]:
    """All open runs, in the order in which they began."""
    return list(_open)
