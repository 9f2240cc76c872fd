"""The relay process of a run: `python -m wandb.relay RUN_DIR SPOOL CHANNELS`; started by the SDK with open descriptors.

Two processes: one moves the bytes, the other only waits for it. If the first is killed or stopped, the other one starts
another, at once; what was on its way lies in the kernel. It is light on purpose: no library but the standard one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from time import monotonic, sleep

from wandb.process import ProcessIdentity
from wandb.relay.channel import Channel
from wandb.relay.pump import Pump
from wandb.runlog.spool import JOINED, Spool, writer_name
from wandb.signals import ignore_those_of_jobs
from wandb.wire.encode import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List

_WINDOW_SECONDS = 0.25


def main(arguments: List[str]) -> int:
    """Move bytes until no process can write to any channel; the process's exit status."""
    spool_path, described = arguments[0], json.loads(arguments[1])
    ignore_those_of_jobs()
    channels = [Channel(numbers) for numbers in described["channels"]]
    _join(spool_path)
    while True:
        started = monotonic()
        pid = os.fork()
        if not pid:
            _move(channels, spool_path, described["creator"])
            os._exit(0)
        if _has_ended_well(pid):
            return 0
        if monotonic() - started < _WINDOW_SECONDS:
            sleep(_WINDOW_SECONDS / 10)


def _join(spool_path: str) -> None:
    """Let the service know that this process belongs to the run, and what it appends has to be waited for."""
    try:
        spool = Spool(spool_path)
        spool.append(JOINED, named(f"{writer_name(ProcessIdentity.current())}#1", b""))
        spool.close()
    except OSError as error:
        os.write(2, f"the disk refuses: {error}\n".encode())  # the diary


def _has_ended_well(pid: int) -> bool:
    """Wait for a process; one that is stopped is ended, since whoever prints waits for it."""
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
        os.kill(pid, signal.SIGKILL)


def _move(channels: List[Channel], spool_path: str, creator: int) -> None:
    threading.excepthook = _give_up
    threads = [threading.Thread(target=_move_one, args=(channel, spool_path), daemon=True) for channel in channels]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for channel in channels:
            if channel.follow_window():
                _tell_of_window(creator)
        threads[0].join(_WINDOW_SECONDS)


def _move_one(channel: Channel, spool_path: str) -> None:
    while not channel.lock():  # the creator is at it, at its end, or a predecessor that is being ended
        if channel.positions.is_done:
            return
        threading.Event().wait(_WINDOW_SECONDS)
    if not channel.positions.is_done:
        Pump(channel, spool_path).run()


def _give_up(failed: threading.ExceptHookArgs) -> None:
    """One movement has failed: end all, and let the other process start them anew from where they are."""
    threading.__excepthook__(failed)
    os._exit(1)


def _tell_of_window(creator: int) -> None:
    """Programs that asked for the size of the window at the terminal's own signal were too early."""
    try:
        os.killpg(os.getpgid(creator), signal.SIGWINCH)
    except OSError:
        return  # it has ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
