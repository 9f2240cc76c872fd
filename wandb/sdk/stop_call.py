"""`stop_fn`: what a program wants to be called instead of being interrupted, when somebody stops its run at the server.

The only thing of a run that needs a thread, and only if it was asked for: a program that waits for its devices looks
at nothing. The service says in the upload's status that the run shall stop.
"""

from __future__ import annotations

import threading

from wandb.sdk.interface.upload_watch import UploadWatch
from wandb.sdk.lib.progress import Progress
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

_LOOK_SECONDS = 0.5


class StopCall:
    """Of one run, in its creator: calls at most once, in a thread of its own, as upstream does."""

    def __init__(self, status_path: Callable[[], str], stop_fn: Callable[[], object]) -> None:
        self._watch = UploadWatch(status_path, lambda values: None, Progress(lambda text: None))
        self._stop_fn = stop_fn
        self._ended = threading.Event()
        threading.Thread(target=self._wait, name="wandb-stop", daemon=True).start()

    def end(self) -> None:
        """The run has ended: call nothing any more."""
        self._ended.set()

    def _wait(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self._watch.look()
            if self._watch.values.get("stop_is_asked"):
                try:
                    self._stop_fn()
                except Exception as error:  # the program's own function: nobody stands behind it who could catch that
                    termwarn(f"stop_fn failed ({type(error).__name__}: {error}); the run goes on.")
                return
