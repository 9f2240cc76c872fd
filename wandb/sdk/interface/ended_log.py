"""What stands in the place of a run's transaction log once the run has ended."""

from __future__ import annotations


class EndedLog:
    """Takes appends and forgets them: what comes after the end is nobody's any more."""

    def append(self, payload: bytes) -> None:
        """Takes nothing."""

    def close(self) -> None:
        """There is nothing to close."""
