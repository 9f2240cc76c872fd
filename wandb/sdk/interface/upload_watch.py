"""What the service says of a run's upload, read from its status file; the training process asks no server."""

from __future__ import annotations

import json
import math
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

    from wandb.sdk.lib.progress import Progress

# How long `finish` waits for a server that fails.
_FAILING_SECONDS = 10.0
# What changes as long as there is progress.
_AMOUNTS = ("left_files", "left_bytes", "sent_bytes")


class UploadWatch:
    """Looked at now and then by the creator, and while it waits at the end."""

    def __init__(self, path: Callable[[], str], hear: Callable[[Dict[str, Any]], None], progress: Progress) -> None:
        """`path` gives the place of the status file: a run folder may be moved.

        `hear` is called with what the service says, each time that has changed; `progress` shows how much is left.
        """
        self._path = path
        self._hear = hear
        self._progress = progress
        self._stamp: Tuple[int, int] | None = None
        self.values: Dict[str, Any] = {}
        self._began = 0.0
        self._amounts: Tuple[int, ...] = ()

    def look(self) -> None:
        """Read the file if it has changed."""
        try:
            status = os.stat(self._path())
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp == self._stamp:
                return
            with open(self._path(), encoding="utf-8") as file:
                values = json.load(file)
        except (OSError, ValueError, RecursionError):
            return  # the service has said nothing yet
        if not _is_status(values):
            return
        self._stamp, self.values = stamp, values
        self._hear(values)

    def extended(self, deadline: float, seconds: float | None, now: float) -> float:
        """The deadline of somebody who waits for the end; with `seconds`, so long behind the last progress."""
        self.look()
        if not self._began:
            self._began = now
            self._progress.begin()
        amounts = tuple(self.values.get(name, 0) for name in _AMOUNTS)
        if amounts != self._amounts:
            self._amounts = amounts
            if seconds is not None:
                deadline = now + seconds
        self._progress.show("Sending the run", self.values)
        return deadline

    def waits_no_more(self) -> None:
        """The end has come, or is not waited for any longer."""
        self._progress.hide()

    def gives_up_at(self) -> float:
        """When nobody waits any longer for a server that fails now; infinity while it does not."""
        return self._began + _FAILING_SECONDS if self.values.get("problem") else math.inf

    def is_sent(self) -> bool:
        """Whether the server has all of it."""
        return bool(self.values.get("is_done")) and not self.values.get("problem")


def _is_status(values: Any) -> bool:
    """Whether it is what the service writes; a disk may have made something else of it."""
    if not isinstance(values, dict):
        return False
    kinds = [(str, ("entity", "project", "run_id", "display_name", "problem")), (int, _AMOUNTS)]
    known = all(type(values.get(name, kind())) is kind for kind, names in kinds for name in names)
    return known and isinstance(values.get("files", {}), dict)
