"""Sends what is left of the earlier parts of a run, before its own upload begins.

A part that was killed with its helper has lines that no server got. Once this part is registered behind those that
one got, there is no place left for them.
"""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Dict, List

from wandb.errors import CommError
from wandb.process import ProcessIdentity
from wandb.runlog.lease import Lease
from wandb.runlog.part import Part, first_record
from wandb.service.diary import diary
from wandb.settings_fields import SENT_MODES
from wandb.sync.client import Unreachable
from wandb.sync.completion import LIVE, SUCCEEDED_SECONDS, complete
from wandb.sync.registration import Overrides
from wandb.sync.synced_mark import is_synced, log_size, mark_synced, spool_sizes
from wandb.sync.upload_status import UploadStatus
from wandb.sync.uploader import Uploader

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.sync.client import Client

_MOST_PARTS = 100
# How long the helpers of earlier parts may take in all to send them, and may not be known whether those go on.
PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def unsent_parts(layout: RunLayout) -> List[Part]:
    """The earlier parts of a run that were to be sent to the same server and are not, oldest first."""
    found: List[Part] = []
    own = part = first_record(layout)
    while own is not None and part is not None and len(found) < _MOST_PARTS:
        before = part.before()
        part = first_record(before) if before is not None else None
        if part is None or part.settings.get("mode") not in SENT_MODES or is_synced(part.layout):
            break
        if part.settings.get("base_url") != own.settings.get("base_url"):
            break
        found.insert(0, part)
    return found


def send_part(part: Part, client: Client, deadline: float) -> None:
    """Send what is left of a part, unless another program still writes or sends it at the deadline.

    Raises Unreachable and OSError; what is refused for good stays as it is.
    """
    layout = part.layout
    lease = Lease(layout.upload_lease, ProcessIdentity.current())
    while not lease.acquire():
        if part.is_running() or monotonic() >= deadline:
            return
        sleep(_LOOK_SECONDS)
    try:
        sizes = spool_sizes(layout)
        while complete(layout, SUCCEEDED_SECONDS) == LIVE:
            if part.is_running() or monotonic() >= deadline:
                return
            sleep(_LOOK_SECONDS)
            sizes = spool_sizes(layout)
        if not is_synced(layout):
            _send(layout, client, sizes)
    except Unreachable:
        raise
    except CommError as error:
        diary().warning("%s: %s", layout.run_dir, error)
    finally:
        lease.release()


def _send(layout: RunLayout, client: Client, sizes: Dict[str, int]) -> None:
    sizes.update(log_size(layout))
    uploader = Uploader(layout, client, Overrides(), UploadStatus(layout.upload_status), is_folded=True)
    try:
        uploader.finish()
        problems = [*uploader.problems(), *uploader.damage()]
    finally:
        uploader.close()
    for problem in problems:
        diary().warning("%s: %s", layout.run_dir, problem)
    if not problems:
        mark_synced(layout, sizes)
