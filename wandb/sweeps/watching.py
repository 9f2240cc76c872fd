"""What goes on beside a trial: somebody looks every few seconds whether it is to end before its time.

Beside a program that an agent has started, that is a thread of the agent. Beside a function, which is called in the
user's process, it is a process of its own (`main`): Python warns of a fork in a process with threads, and training
forks.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager

from wandb.sdk.interface.launcher import start_companion
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Mapping, Protocol

    class Watch(Protocol):
        """Made of what a request says; see `watch_of`."""

        seconds: float

        def look(self) -> bool:
            """Whether the trial is to end now."""

        def look_back(self) -> None:
            """The trial is over: take in what has come since the last look."""

        def report(self) -> Dict[str, Any]:
            """What its agent has to know afterwards, as JSON."""


_REQUEST = "WANDB__TRIAL"
_END_SECONDS = 15.0


def watch_of(request: Mapping[str, Any]) -> Watch:
    """The watch that a request is for: of a sweep of a server, or of one on this disk."""
    if request["kind"] == "server":
        from wandb.sweeps.heartbeat import ServerWatch

        return ServerWatch.of(request)
    from wandb.sweeps.local_sweep import LocalWatch

    return LocalWatch.of(request)


def _watch(watch: Watch, is_over: Callable[[float], bool], stop: Callable[[], None]) -> None:
    try:
        _look_until_over(watch, is_over, stop)
    except OSError as error:  # a disk that is full: the trial goes on to its end
        termwarn(f"Nobody looks any more whether this trial is to end before its time: {error}", repeat=False)


def _look_until_over(watch: Watch, is_over: Callable[[float], bool], stop: Callable[[], None]) -> None:
    while not is_over(watch.seconds):
        if watch.look():
            if not is_over(0.0):  # it may have ended by itself meanwhile: then nobody else is to be interrupted
                stop()
            return
    watch.look_back()


@contextmanager
def beside_program(watch: Watch, stop: Callable[[], None]) -> Iterator[None]:
    """Holds while the trial's program runs; `stop` is called once if it is to end."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(watch, over.wait, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_END_SECONDS)


@contextmanager
def beside_function(
    request: Mapping[str, Any], folder: str, environment: Mapping[str, str], take: Callable[[Dict[str, Any]], None]
) -> Iterator[None]:
    """Holds while a function of this process runs; it is interrupted, as by Ctrl-C, if it is to end.

    `take` is given the report afterwards. `environment` is what must not be seen in an argument.
    """
    os.makedirs(folder, exist_ok=True)
    report = os.path.join(folder, f"report-{request['run']}.json")
    asked = {**request, "report": report, "process": _own_pid()}
    given = {**environment, _REQUEST: json.dumps(asked)}
    try:
        process = start_companion("sweeps.watching", folder, os.path.join(folder, "agent.log"), given)
    except OSError as error:
        termwarn(f"Nobody can look after the trials of this sweep: {error}", repeat=False)
        yield
        return
    try:
        yield
    finally:
        process.ring()
        left = _Countdown(_END_SECONDS)
        process.wait_for_end(left)
        process.disown()
        found = _read(report)
        if found:
            os.unlink(report)
            take(found)


class _Countdown:
    """The seconds that are left."""

    def __init__(self, seconds: float) -> None:
        from time import monotonic

        self._now = monotonic
        self._end = monotonic() + seconds

    def __call__(self) -> float:
        return self._end - self._now()


def _own_pid() -> int:
    from wandb.process import ProcessIdentity

    return ProcessIdentity.current().pid


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}  # the process was killed
    return found if isinstance(found, dict) else {}


def main(arguments: List[str]) -> int:
    """The process beside a function: until it is rung, or its creator is gone; the exit status."""
    import select

    request = json.loads(os.environ.pop(_REQUEST))
    watch = watch_of(request)

    def is_over(seconds: float) -> bool:
        return bool(select.select([0], [], [], seconds)[0])

    _watch(watch, is_over, lambda: os.kill(request["process"], signal.SIGINT))
    partial = f"{request['report']}.part"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(watch.report(), file)
    os.replace(partial, request["report"])
    select.select([0], [], [])  # once it has interrupted the function, it waits to be rung
    os.write(0, b"done")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
