"""The service's life: follow the run while its creator lives, add what it knows of the machine, end the run.

It holds none of the user's descriptors, ignores the terminal's signals, and never outlives its work. Killed at
any moment, the creator starts another one, or whoever opens the run next does its part.
"""

from __future__ import annotations

import os
import time
from functools import partial
from math import inf

from wandb.process import ProcessIdentity, host_name
from wandb.runlog.layout import RunLayout, is_gone
from wandb.runlog.lease import Lease, is_held
from wandb.runlog.part import first_record
from wandb.runlog.plain_reader import size_of
from wandb.service.creator import Creator
from wandb.service.diary import diary
from wandb.service.doorbell import Doorbell
from wandb.service.facts import Facts
from wandb.service.flusher import Flusher
from wandb.service.sampler import Sampler
from wandb.service.spool_writer import SpoolWriter
from wandb.service.waited_for import waits_only_for_us
from wandb.settings_fields import SENT_MODES
from wandb.signals import ignore_those_of_jobs
from wandb.sync.completion import creator_lives, finalize, silence
from wandb.sync.follower import Follower

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict

    from wandb.service.upload import Upload

_LEAST_SECONDS, _BUSY_SECONDS, _IDLE_SECONDS = 0.01, 0.1, 0.25
_ENTRIES_PER_PAUSE = 1000
_FLUSH_SECONDS = 0.5  # people who look at the files see them within a second
_LOOK_SECONDS = 1.0
# How long the end of a run waits for facts of the machine that are still being gathered.
_FACTS_SECONDS = 3.0
# How long without a record until processes that outlive the run are not waited for any more.
_CHILDREN_SILENCE_SECONDS = 86400.0
_MOST_TO_COMPLETE = 8 << 20  # bytes of an earlier part's log: a few seconds
# How often in a row a creator may be seen waiting for its children, where we are the only one.
_LOOKS_WAITED_FOR = 2


def serve(run_dir: str, creator: int = -1) -> int:
    """Follow a run to its end; the process's exit status. `creator` is a descriptor of the process that began it."""
    ignore_those_of_jobs()
    bell = Doorbell()
    layout = RunLayout.find(run_dir)
    if layout is None:
        diary().error("no run in %s", run_dir)
        return 2
    if layout.links():
        diary().error("%s is a link, which leads out of the run's folder; nothing is done", layout.links()[0])
        return 2
    lease = Lease(layout.lease, ProcessIdentity.current())
    while not lease.acquire():
        if not _creator_may_need_us(layout):
            bell.say_done()
            return 0
        time.sleep(_LOOK_SECONDS)
    try:
        _serve(layout, bell, Creator(creator))
    finally:
        lease.release()
    return 0


def _serve(layout: RunLayout, bell: Doorbell, creator: Creator) -> None:
    _complete_part_before(layout)
    follower = Follower(layout)
    # Facts are gathered while the rest is read; but of a run that may have ended already there is nothing to add.
    may_have_ended = bell.abandoned or os.path.exists(layout.closing_report)
    follower.step(inf if may_have_ended else 0.0)
    while follower.tail.unread is not None and not (follower.settings or bell.abandoned):
        bell.is_stuck = True
        bell.wait(_LOOK_SECONDS)  # how it is set decides what we do
        follower.step(0.0)
    writer = SpoolWriter(layout)
    upload = _upload_of(layout, follower.settings)
    facts, flusher = Facts(layout, follower.settings, writer), Flusher(layout, follower.settings)
    sampler = Sampler(follower.settings, writer)
    if not follower.tail.ended:
        facts.start()
        flusher.start()
        sampler.start()
    if upload is not None:
        upload.start()
    _follow(follower, bell, upload)
    flusher.stop()
    sampler.stop()
    facts.wait(_FACTS_SECONDS)
    writer.close()
    follower.step()
    follower = _finish(follower, bell, creator)
    if upload is not None:
        upload.finish(bell)
    bell.say_done()
    if _outlive(follower, bell) or follower.tail.held_back or follower.tail.open_rows.rows:
        follower = _finish(follower, bell, creator)
        if upload is not None:
            upload.again(bell)
    follower.remove_spool()
    for sentence in follower.damage():
        diary().warning("damage: %s", sentence)


def _upload_of(layout: RunLayout, settings: Dict[str, Any]) -> Upload | None:
    """What sends the run while it goes on; None if it is not sent, or there is neither key nor identity."""
    key = os.environ.pop("WANDB_API_KEY", "")  # no command that we run needs to know it
    if settings.get("mode") not in SENT_MODES or not (key or settings.get("identity_token_file")):
        return None
    from wandb.service.upload import Upload  # an HTTP client: more than all else here takes to load

    return Upload(layout, settings, key)


def _complete_part_before(layout: RunLayout) -> None:
    """A part that was killed together with its helper: the run that goes on from it is the first to open it."""
    own = first_record(layout)
    before = None if own is None or own.goes_on_from_an_end() else own.before()
    part = None if before is None else first_record(before)
    if before is None or part is None or not part.is_orphan() or is_held(before.lease):
        return
    if size_of(before.transaction_log) > _MOST_TO_COMPLETE:
        return  # it would take long, and this run is waiting; a command does it
    problem = finalize(before.run_dir)
    if problem:
        diary().warning("%s", problem)


def _finish(follower: Follower, bell: Doorbell, creator: Creator) -> Follower:
    if follower.has_lost_files():
        follower = Follower(follower.layout)
    exit_code = creator.exit_code()
    finish = follower.finish if exit_code is None else partial(follower.finish, exit_code)
    _persist(finish, follower.layout, bell)
    follower.remove_spool()
    return follower


def _creator_may_need_us(layout: RunLayout) -> bool:
    """Another follower has the lease; whether it is worth waiting for it to die."""
    follower = Follower(layout)
    follower.step()
    return follower.tail.unread is not None or (not follower.tail.ended and creator_lives(follower))


def _follow(follower: Follower, bell: Doorbell, upload: Upload | None) -> None:
    """Read until the creator has said its last word, or no process of the run is left."""
    pause, patience = _BUSY_SECONDS, _LOOKS_WAITED_FOR
    last_look, last_flush = 0.0, time.monotonic()  # the files of a run that is over at once are written once
    more = False
    while True:
        began = time.monotonic()
        count = follower.step(_FLUSH_SECONDS)
        bell.is_stuck = follower.tail.unread is not None
        if follower.tail.finish is not None or follower.tail.ended:
            return
        _try(follower.mirror, _FLUSH_SECONDS)
        now = time.monotonic()
        was_behind, more = more, now - began >= _FLUSH_SECONDS
        if now - last_flush >= _FLUSH_SECONDS or (was_behind and not more):
            last_flush = now
            _try(follower.flush)
        if now - last_look >= _LOOK_SECONDS:
            last_look = now
            if upload is not None:
                upload.look()
            patience = patience - 1 if _creator_waits_only_for_us(follower) else _LOOKS_WAITED_FOR
            if not patience:
                raise SystemExit(0)  # it will start another one, at its next record or at its end
            is_over = not (creator_lives(follower) or _others_live(follower, bell))
            if is_over or is_gone(follower.layout.transaction_log):
                follower.step()
                return
        pause = _next_pause(pause, count)
        if not more and bell.wait(pause) and upload is not None:
            upload.wake()


def _next_pause(pause: float, count: int) -> float:
    """How long to wait for new records where so many have come in the last pause.

    As long as so few come that reading them at the end of the run takes no time.
    """
    if not count:
        return min(_IDLE_SECONDS, pause * 1.5)
    return min(max(pause * _ENTRIES_PER_PAUSE / count, _LEAST_SECONDS), _BUSY_SECONDS)


def _outlive(follower: Follower, bell: Doorbell) -> bool:
    """Go on while other processes of the ended run live; whether they have said something."""
    heard = follower.step()
    while _others_live(follower, bell) and not is_gone(follower.layout.transaction_log):
        bell.wait(_LOOK_SECONDS)
        count = follower.step()
        if count:
            heard += count
            _try(follower.flush)
    return heard + follower.step() > 0


def _others_live(follower: Follower, bell: Doorbell) -> bool:
    """Whether there are processes of the run besides its creator: forked ones hold the bell, others have joined.

    While the creator lives it holds the bell itself.
    """
    if silence(follower) > _CHILDREN_SILENCE_SECONDS:
        return False
    return not bell.abandoned or bool(follower.tail.living_writers(host_name()))


def _creator_waits_only_for_us(follower: Follower) -> bool:
    creator = follower.settings.get("_creator") or {}
    return waits_only_for_us(int(creator.get("pid", 0)))


def _try(action: Callable[..., None], *args: object) -> bool:
    try:
        action(*args)
    except OSError as error:
        diary().warning("the disk refuses: %s", error)
        return False
    return True


def _persist(action: Callable[[], None], layout: RunLayout, bell: Doorbell, seconds: float = 60.0) -> None:
    """Try until it works, or for a while: a full disk may get room again, but we don't wait for ever.

    What a job cleans up behind itself makes room. After us nobody knows how the program has ended, if its last word
    found none; and the files are not complete, nor is the rest sent, until somebody asks for it. Nor shall the creator
    wait, who has handed over everything: it hears nothing more until it has worked.
    """
    deadline = time.monotonic() + seconds
    while not _try(action):
        bell.is_stuck = True
        if time.monotonic() >= deadline or is_gone(layout.transaction_log):
            raise SystemExit(1)
        time.sleep(1.0)
