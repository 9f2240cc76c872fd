"""Signals that an agent gets, for the program that it has started: a scheduler tells only the process it knows."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Dict, Iterator

_FORWARDED = ("SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT")
_LOOK_SECONDS = 0.5


class Forwarding:
    """Waits for one program after the other, and passes signals on; remembers one that wants the agent to end."""

    def __init__(self, is_wanted: bool = False, seconds: float | None = None) -> None:
        """`seconds`: how long a program may live after a signal that ends it; None: as long as it likes."""
        self.is_wanted = is_wanted and threading.current_thread() is threading.main_thread()
        self._seconds = seconds
        self._program: subprocess.Popen[bytes] | None = None
        self._deadline: float | None = None
        self.ended_by: int | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Handlers of ours hold, if that is wanted; afterwards those that were there before."""
        before: Dict[int, Any] = {}
        try:
            for name in _FORWARDED if self.is_wanted else ():
                number = getattr(signal, name, None)
                if number is not None:
                    before[number] = signal.signal(number, self._pass_on)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.ended_by = number
            self._begin_to_end()
        if self._program is not None and self._program.poll() is None:
            self._program.send_signal(number)

    def _begin_to_end(self) -> None:
        if self._seconds is not None and self._deadline is None:
            self._deadline = time.monotonic() + self._seconds

    def wait(self, program: subprocess.Popen[bytes]) -> int:
        """The status of the program, once it has ended; it is killed if it outlives its time.

        An interrupt of this process that is not passed on reaches the program from the terminal, and is raised here
        once the program has ended; a second one kills it.
        """
        self._program, self._deadline = program, None
        try:
            if self.ended_by is not None:  # it came while the program was being started
                self._pass_on(self.ended_by, None)
            return self._wait(program)
        except KeyboardInterrupt:
            self._begin_to_end()
            try:
                self._wait(program)  # it may have a checkpoint to write
            except KeyboardInterrupt:
                program.kill()
                program.wait()
            raise
        finally:
            self._program = None

    def _wait(self, program: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return program.wait(None if self._seconds is None else _LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                if self._deadline is not None and time.monotonic() > self._deadline:
                    program.kill()
