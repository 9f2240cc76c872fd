"""Which runs are open in this process, and which of them `wandb.log` means: the newest one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List

    from wandb.sdk.run import Run

_open: List[Run] = []


def current() -> Run | None:
    """The run that `wandb.run` is, or None."""
    return _open[-1] if _open else None


def opened(run: Run) -> None:
    """Make this run the current one."""
    _open.append(run)


def closed(run: Run) -> None:
    """Forget a run; the one before it becomes the current one."""
    if run in _open:
        _open.remove(run)


def open_runs() -> List[Run]:
    """All open runs, oldest first."""
    return list(_open)
