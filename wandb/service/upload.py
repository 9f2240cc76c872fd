"""The upload of a run of mode online, while it goes on and at its end, in a thread of the service.

It reads the logs by itself, so neither a server that hangs nor one that is slow keeps the follower from its work, and
what waits to be sent lies on the disk. Nothing here ends the service: a server that refuses the run for good is said
in the upload's status, and the run stays what it is without a server.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Dict

from wandb.errors import CommError, UsageError
from wandb.process import ProcessIdentity, is_alive
from wandb.runlog.lease import Lease
from wandb.service.diary import diary
from wandb.service.parts_before import PATIENCE_SECONDS, send_part, unsent_parts
from wandb.settings import resolve
from wandb.sync.access import Access
from wandb.sync.client import Abandoned, Client, Unreachable
from wandb.sync.registration import Overrides
from wandb.sync.synced_mark import log_size, mark_synced
from wandb.sync.upload_status import UploadStatus
from wandb.sync.uploader import Uploader

if TYPE_CHECKING:
    from typing import Callable

    from wandb.runlog.layout import RunLayout
    from wandb.service.doorbell import Doorbell

_PAUSE_SECONDS = 0.5
_LOOK_SECONDS = 0.1
# How long a server may take for an answer until it is said that it gives none.
_SILENT_SECONDS = 10.0
# How long a server that fails is waited for once nobody waits for us any more.
_ABANDONED_SECONDS = 60.0
# ... and one that does not even fail: it may be taking a large file.
_LONGEST_ANSWER_SECONDS = 600.0
# How long a request that is under way then is waited for: nothing interrupts a look-up of a name, or a read.
_LAST_SECONDS = 5.0


class Upload:
    """One run's."""

    def __init__(self, layout: RunLayout, settings: Dict[str, Any], key: str) -> None:
        """`settings` are those of the run's record, `key` the server's."""
        diary()  # the HTTP client writes there, too
        self._layout = layout
        self._settings = settings
        self._is_at_its_end = False
        self._woken = threading.Event()
        self._gives_up = False
        self._last_success = time.monotonic()
        self._failures = 0
        self._lease = Lease(layout.upload_lease, ProcessIdentity.current())
        self._status = UploadStatus(layout.upload_status)
        self._thread = threading.Thread(target=self._work, name="upload", daemon=True)
        self._client = Client(Access({**_given(), **settings}, key), self._heard)

    def start(self) -> None:
        """Begin, in the background."""
        if self._lease.acquire():
            self._thread.start()

    def wake(self) -> None:
        """There is something that shall not wait."""
        self._woken.set()

    def finish(self, bell: Doorbell) -> None:
        """The run is whole on the disk: send the rest, as long as somebody waits or the server takes it."""
        if self._thread.ident is None:
            return
        self._is_at_its_end = True
        self.wake()
        self._client.hurry()
        left = float("inf")
        while self._thread.is_alive() and time.monotonic() < left:
            self._thread.join(_LOOK_SECONDS)
            self.look()
            is_gone = not os.path.exists(self._layout.transaction_log)
            if left == float("inf") and (is_gone or (bell.abandoned and self._fails_for_long())):
                self._gives_up = True
                self._client.abandon()
                left = time.monotonic() + _LAST_SECONDS
        if not self._thread.is_alive():
            self._lease.release()  # or else the end of this process does

    def _fails_for_long(self) -> bool:
        silent = time.monotonic() - self._last_success
        return silent > (_ABANDONED_SECONDS if self._failures else _LONGEST_ANSWER_SECONDS)

    def look(self) -> None:
        """See whether the server owes an answer for long, and say how far a long request is."""
        if self._client.sent_bytes:
            self._status.update(sent_bytes=self._client.sent_bytes)
        if self._client.silent_seconds() > _SILENT_SECONDS:
            self._status.update(problem=f"{self._client.access.host} does not answer")

    def again(self, bell: Doorbell) -> None:
        """The run has been folded once more: send what came late."""
        if not self._gives_up and self._lease.acquire():
            self._is_at_its_end = True
            self._thread = threading.Thread(target=self._work, name="upload", daemon=True)
            self._thread.start()
            self.finish(bell)

    def _heard(self, problem: str) -> None:
        """The client says that a request has failed, or with "" that one has worked."""
        self._failures = self._failures + 1 if problem else 0
        if not problem:
            self._last_success = time.monotonic()
            self._status.update(problem="")
        elif self._failures > 1:  # one alone is nothing to speak of
            self._status.update(problem=problem)
        if problem:
            diary().warning("%s", problem)

    def _work(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        for part in unsent_parts(self._layout):
            while not self._gives_up and not self._attempt(partial(send_part, part, self._client, deadline)):
                self._pause()
        uploader = self._uploader(is_folded=self._is_at_its_end)
        while not self._is_at_its_end and not self._gives_up:
            self._attempt(uploader.step)
            self._pause()
        if not uploader.note_fold():
            uploader.close()
            uploader = self._uploader(is_folded=True)
        while not self._gives_up and not self._attempt(lambda: self._finish(uploader)):
            self._pause()  # the server failed for long, and may come back
        uploader.close()

    def _pause(self) -> None:
        self._woken.wait(_PAUSE_SECONDS)
        self._woken.clear()

    def _uploader(self, is_folded: bool) -> Uploader:
        live = Overrides(is_live=True)
        return Uploader(self._layout, self._client, live, self._status, is_folded, self._stop_training)

    def _finish(self, uploader: Uploader) -> None:
        sizes = log_size(self._layout)
        uploader.finish()
        problems = [*uploader.problems(), *uploader.damage()]
        for problem in problems:
            diary().warning("%s", problem)
        if not problems:
            mark_synced(self._layout, sizes)
        self._status.update(is_done=True, problem="; ".join(problems))

    def _attempt(self, action: Callable[[], None]) -> bool:
        """Whether it worked; what can't work another time either ends the upload."""
        try:
            action()
            return True
        except Abandoned:
            self._gives_up = True
        except Unreachable as error:
            self._failures += 1
            self._status.update(problem=str(error))
        except OSError as error:
            self._failures += 1
            diary().warning("the disk refuses: %s", error)
        except CommError as error:
            diary().error("%s", error)
            self._refuse(str(error))
        except Exception as error:
            # An answer that is not what any server gives: the record stays, and `wandb sync` may do better later.
            diary().exception("the upload ends")
            self._refuse(f"The server's answer can't be understood ({type(error).__name__}).")
        return False

    def _refuse(self, problem: str) -> None:
        self._gives_up = True
        self._status.update(problem=problem, is_refused=True)
        if self._settings.get("stop_on_fatal_error"):
            self._stop_training()

    def _stop_training(self) -> None:
        """Somebody wants the run to stop: as Ctrl-C does, in the creator, unless it has a function for that."""
        if self._settings.get("_stops_by_call"):
            self._status.update(stop_is_asked=True)
            return
        creator = self._settings.get("_creator")
        identity = ProcessIdentity.from_json(creator) if creator else None
        if identity is not None and is_alive(identity):
            os.kill(identity.pid, signal.SIGINT)


def _given() -> Dict[str, Any]:
    """The settings of files and environment; those of the run, without its secrets, stand in its record."""
    try:
        return resolve({}, {}).to_dict(explicit_only=True)
    except UsageError:
        return {}  # the creator has said so
