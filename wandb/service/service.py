"""The service's life: follow the run while its creator lives, add what it knows of the machine, end the run.

It holds none of the user's descriptors, ignores the terminal's signals, and never outlives its work. Killed at
any moment, the creator starts another one, or whoever opens the run next does its part.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import stat
import time
from typing import TYPE_CHECKING

from wandb.errors import LogError
from wandb.process import ProcessIdentity, host_name, is_alive
from wandb.runlog.layout import RunLayout
from wandb.runlog.lease import Lease
from wandb.service.facts import Facts
from wandb.service.sampler import Sampler
from wandb.service.spool_writer import SpoolWriter
from wandb.sync.follower import Follower

if TYPE_CHECKING:
    from typing import Callable

_log = logging.getLogger(__name__)

_BUSY_SECONDS, _IDLE_SECONDS = 0.1, 1.0
_FLUSH_SECONDS = 1.0
_LOOK_SECONDS = 1.0
# How long the end of a run waits for facts of the machine that are still being gathered.
_FACTS_SECONDS = 3.0
_OTHER_HOST_SILENCE_SECONDS = 600.0


def serve(run_dir: str) -> int:
    """Follow a run to its end; the process's exit status."""
    logging.basicConfig(format="%(asctime)s %(process)d %(levelname)s %(message)s", level=logging.INFO)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"):
        # A batch system signals every process of a job; we end when the creator has, not before it.
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    layout = RunLayout.find(run_dir)
    if layout is None:
        _log.error("no run in %s", run_dir)
        return 2
    lease = Lease(layout.lease, ProcessIdentity.current())
    while not lease.acquire():
        if not _creator_may_need_us(layout):
            return 0
        time.sleep(_LOOK_SECONDS)
    follower = Follower(layout)
    follower.step()
    writer = SpoolWriter(layout)
    facts = Facts(layout, follower.settings, writer)
    facts.start()
    try:
        _follow(follower, Sampler(follower.settings, writer))
        facts.wait(_FACTS_SECONDS)
        writer.close()
        follower.step()
        _persist(follower.finish)
    finally:
        lease.release()
    for sentence in follower.damage():
        _log.warning("damage: %s", sentence)
    _say_done()
    return 0


def _say_done() -> None:
    """Tell the creator, at the other end of the doorbell, that its run is complete."""
    try:
        if stat.S_ISSOCK(os.fstat(0).st_mode):
            os.write(0, b"done")
    except OSError:
        return  # it does not listen any more


def _creator_may_need_us(layout: RunLayout) -> bool:
    """Another follower has the lease; whether it is worth waiting for it to die."""
    follower = Follower(layout)
    follower.step()
    return not follower.tail.ended and _creator_lives(follower)


def _follow(follower: Follower, sampler: Sampler) -> None:
    """Read until the creator has said its last word, or is found dead."""
    doorbell: int | None = 0
    pause, last_flush, last_look = _BUSY_SECONDS, 0.0, 0.0
    while True:
        count = follower.step()
        if follower.tail.finish is not None or follower.tail.ended:
            return
        now = time.monotonic()
        _try(sampler.sample_if_due, now)
        if now - last_flush >= _FLUSH_SECONDS:
            last_flush = now
            _try(follower.flush)
        if now - last_look >= _LOOK_SECONDS:
            last_look = now
            if not _creator_lives(follower):
                follower.step()
                return
        pause = _BUSY_SECONDS if count else min(_IDLE_SECONDS, pause * 1.5)
        doorbell = _sleep(doorbell, pause)


def _sleep(doorbell: int | None, seconds: float) -> int | None:
    """Sleep, or less if the creator rings; None for a doorbell that is gone."""
    if doorbell is None:
        time.sleep(seconds)
        return None
    try:
        ready, _, _ = select.select([doorbell], [], [], seconds)
        if ready and not os.read(doorbell, 4096):
            return None  # every holder of the other end has closed it: look at once, then by the clock
    except (OSError, ValueError):
        return None
    return doorbell


def _creator_lives(follower: Follower) -> bool:
    known = follower.settings.get("_creator")
    if not known:
        return False
    creator = ProcessIdentity.from_json(known)
    if creator.host == host_name():
        return is_alive(creator)
    return time.time() - follower.last_time < _OTHER_HOST_SILENCE_SECONDS


def _try(action: Callable[..., None], *args: object) -> bool:
    try:
        action(*args)
    except OSError as error:
        _log.warning("the disk refuses: %s", error)
        return False
    return True


def _persist(action: Callable[[], None], seconds: float = 60.0) -> None:
    """Try until it works, or for a while: a full disk may get room again, but we don't wait for ever."""
    deadline = time.monotonic() + seconds
    while not _try(action):
        if time.monotonic() >= deadline:
            raise SystemExit(1)
        time.sleep(1.0)


def finalize(run_dir: str, timeout: float) -> bool:
    """Complete and fold a run that has nobody to do it; False if that can't be done, or somebody else is at it."""
    layout = RunLayout.find(run_dir)
    if layout is None:
        return False
    lease = Lease(layout.lease, ProcessIdentity.current())
    try:
        if not lease.acquire():
            return False
        follower = Follower(layout)
        follower.step()
        follower.finish()
    except (OSError, LogError) as error:
        _log.warning("the run in %s can't be completed: %s", run_dir, error)
        return False
    finally:
        lease.release()
    return True
