"""Completes runs that nobody looks after any more, and says of a run whether that is so.

Used by the service, by commands before they read or send a run, and at the end of a training process that has no
service.
"""

from __future__ import annotations

import os
import time

from wandb.errors import CorruptLog
from wandb.process import ProcessIdentity, belongs_to_user, host_name, is_alive, is_written_by_somebody
from wandb.runlog.layout import RunLayout
from wandb.runlog.lease import Lease
from wandb.sync.follower import Follower

# How long without a record until a creator on another host counts as gone.
_SILENCE_SECONDS = 600.0
# ... one whose run goes on in a later part: its helper would have taken samples of the machine.
SUCCEEDED_SECONDS = 60.0

# What `complete` finds: a run that goes on, one that is whole now, one of another client, whose log is left alone.
LIVE, WHOLE, FOREIGN = "live", "whole", "foreign"


def creator_lives(follower: Follower, patience: float = _SILENCE_SECONDS) -> bool:
    """Whether the process that began the run still runs; False for runs of other clients, which don't say.

    On another host, or in another container, it is gone after `patience` seconds without a record.
    """
    known = follower.settings.get("_creator")
    if not known:
        return False
    creator = ProcessIdentity.from_json(known)
    if creator.is_in_sight():
        return is_alive(creator)
    return silence(follower) < patience


def _is_written(follower: Follower) -> bool:
    """Whether another client goes on with its run: it keeps the log open as long as that lasts."""
    status = os.stat(follower.layout.transaction_log)
    if follower.host == host_name() and belongs_to_user(status):
        return is_written_by_somebody(follower.layout.transaction_log)
    return time.time() - status.st_mtime < _SILENCE_SECONDS


def silence(follower: Follower) -> float:
    """Seconds since the last record that has a time, or since the beginning of the run; 0 if nothing was read yet."""
    last = max(follower.last_time, follower.start_time)
    return time.time() - last if last else 0.0


def finalize(run_dir: str, patience: float = 0.0) -> str:
    """Complete and fold a run that has nobody to do it; what went wrong, or "" if nothing did.

    Waits for `patience` seconds for another process that may be about to end.
    Also called in the training process, at its end and where no service can be started: it never raises, says
    nothing by itself, and touches no logging.
    """
    layout = RunLayout.find(run_dir)
    if layout is None:
        return f"There is no run in {run_dir}."
    lease = Lease(layout.lease, ProcessIdentity.current())
    try:
        if layout.links():
            return _foreign_link(layout)
        if not lease.acquire(patience):
            return f"Another process is completing the run in {run_dir}."
        follower = Follower(layout)
        follower.step()
        _finish(follower)
    except Exception as error:
        # A full disk, a damaged log, a protobuf that is missing or broken in this program: the record stays as it is.
        return f"The run in {run_dir} can't be completed now ({type(error).__name__}: {error})."
    finally:
        lease.release()
    return ""


def _foreign_link(layout: RunLayout) -> str:
    return f"{layout.links()[0]} is a link, which leads out of the run's folder: nothing was done."


def _finish(follower: Follower) -> None:
    follower.finish()
    follower.remove_spool()
    follower.close()


def complete(layout: RunLayout, patience: float = _SILENCE_SECONDS) -> str:
    """Bring a run that has ended, or whose processes are dead, to its end: LIVE, WHOLE or FOREIGN.

    A creator on another host, or in another container, counts as dead after `patience` seconds without a record.
    Raises OSError if the disk refuses, CorruptLog if this is no run file.
    """
    if os.path.exists(layout.closing_report) and not layout.spools():
        return WHOLE
    if layout.links():
        raise CorruptLog(_foreign_link(layout))
    lease = Lease(layout.lease, ProcessIdentity.current())
    if not lease.acquire():
        return LIVE
    try:
        follower = Follower(layout)
        follower.step()
        if follower.tail.unread is not None:
            raise follower.tail.unread  # what can't be read now is not another client's run
        is_foreign = "_creator" not in follower.settings
        if not follower.tail.ended and (_is_written(follower) if is_foreign else creator_lives(follower, patience)):
            return LIVE
        if is_foreign:
            follower.complete_files()
            follower.close()
            return FOREIGN
        _finish(follower)
        return WHOLE
    finally:
        lease.release()
