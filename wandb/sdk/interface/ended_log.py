"""What stands in the place of a run's transaction log once the run has ended."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wandb.runlog.quick_write import Write


class EndedLog:
    """Takes appends and forgets them: what comes after the end is nobody's any more."""

    def append(self, payload: bytes, write: Write = os.write) -> None:
        """Takes nothing."""

    def close(self) -> None:
        """There is nothing to close."""
