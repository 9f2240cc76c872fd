"""Sends a run that lies on this disk, from whatever state it is in, and says what came of it."""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, Dict, List

from wandb.errors import Error
from wandb.process import ProcessIdentity
from wandb.runlog.lease import Lease
from wandb.sync.client import Client, Unreachable
from wandb.sync.completion import LIVE, SUCCEEDED_SECONDS, complete
from wandb.sync.synced_mark import is_ours, log_size, mark_synced, spool_sizes
from wandb.sync.upload_status import UploadStatus
from wandb.sync.uploader import Uploader

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.sync.access import Access
    from wandb.sync.registration import Overrides

_FOLLOW_SECONDS = 0.5
_LOOK_PAUSES = 20  # how much longer than a look at a run's state takes it is not looked at again


class Outcome:
    """What came of sending one run."""

    def __init__(self) -> None:
        self.place = ("", "", "")  # entity, project and run id, as the server calls them; empty if it was not reached
        self.is_whole = False  # the server has everything, and the run has ended
        self.goes_on = False  # the run is still going on; what there was is sent
        self.counts: Dict[str, int] = {}  # how much the server has, by what it is
        self.problems: List[str] = []  # what is not sent, one sentence each
        self.left_out: List[str] = []  # what is not sent, as it was not to be
        self.waits = False  # the rest comes or can be sent another time, and what belongs behind it has to wait


class Sending:
    """One run. `say` hears of a server that has to be waited for, `progress` how far it is."""

    def __init__(
        self,
        layout: RunLayout,
        access: Access,
        overrides: Overrides,
        say: Callable[[str], None],
        progress: Callable[[Dict[str, Any]], None],
    ) -> None:
        self._layout = layout
        self._client = Client(access, say)
        self._overrides = overrides
        self._status = UploadStatus(layout.upload_status, progress)

    def send(self, follow: bool = False, mark: bool = True, has_later: bool = False) -> Outcome:
        """Complete the run if nobody does, send what the server does not have, and `mark` it if that is all.

        `has_later`: the run goes on in a later part.
        With `follow`, stay with a run that goes on until it ends. Never raises for a server, a disk or a run file.
        """
        outcome, layout = Outcome(), self._layout
        lease = Lease(layout.upload_lease, ProcessIdentity.current())
        try:
            if not lease.acquire():
                outcome.problems, outcome.waits = ["another process is sending it now"], True
                return outcome
            patience = (SUCCEEDED_SECONDS,) if has_later else ()
            sizes, state = spool_sizes(layout), complete(layout, *patience)
            if state == LIVE and follow:
                self._follow()
                sizes, state = spool_sizes(layout), complete(layout)
            sizes.update(log_size(layout))
            outcome.goes_on = state == LIVE
            outcome.waits = outcome.goes_on and is_ours(layout)  # of others, nobody knows whether they go on
            self._send_all(outcome)
            outcome.is_whole = not outcome.goes_on and not outcome.problems
            if outcome.is_whole and mark:
                mark_synced(layout, sizes, outcome.left_out)
        except (Error, OSError) as error:
            outcome.problems.append(str(error))
            outcome.waits = isinstance(error, Unreachable)
        except Exception as error:
            # A record or an answer of a form that nobody has thought of: this run's, and the others go on.
            outcome.problems.append(f"it can't be sent ({type(error).__name__}: {error})")
        finally:
            lease.release()
        return outcome

    def _uploader(self, ends: bool) -> Uploader:
        self._overrides.ends = ends
        return Uploader(self._layout, self._client, self._overrides, self._status, is_folded=ends)

    def _send_all(self, outcome: Outcome) -> None:
        uploader = self._uploader(ends=not outcome.goes_on)
        try:
            uploader.finish()
        finally:
            values = self._status.values
            entity, project, run_id = (str(values.get(name, "")) for name in ("entity", "project", "run_id"))
            outcome.place = (entity, project, run_id)
            outcome.counts = uploader.counts()
            outcome.left_out = uploader.left_out()
            outcome.problems += [*uploader.problems(), *uploader.damage()]
            uploader.close()

    def _follow(self) -> None:
        """Send what comes, as the service does, until the run has ended; a server that fails may come back."""
        uploader = self._uploader(ends=False)
        next_look = 0.0
        try:
            while True:
                with contextlib.suppress(Unreachable):  # the client has said so
                    uploader.step()
                self._client.wait(_FOLLOW_SECONDS)
                now = monotonic()
                if now >= next_look:
                    if complete(self._layout) != LIVE:
                        return
                    # It may have read all of a long log.
                    next_look = monotonic() + _LOOK_PAUSES * (monotonic() - now)
        finally:
            uploader.close()
