"""Signals: those that helpers pass over, and which one's handler has raised an exception."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Dict

# What batch systems send to every process of a job, at its time limits and before they cancel or suspend it.
_OF_JOBS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGALRM", "SIGXCPU")


def ignore_those_of_jobs() -> None:
    """In a helper: what the program says then is the most important, so it ends when the program has, not before it."""
    import signal

    for name in _OF_JOBS:
        signal.signal(getattr(signal, name), signal.SIG_IGN)


def signal_behind(error: BaseException) -> int:
    """The signal whose handler, one that is installed now, raised it or passed it on; 0 if there is none.

    Python says so nowhere; the frames of the exception do.
    """
    signal = sys.modules.get("signal")
    if signal is None:
        return 0  # then nobody has installed one
    handlers: Dict[CodeType, int] = {}
    for number in range(1, signal.NSIG):
        handler = signal.getsignal(number)
        for function in (handler, getattr(handler, "func", None), getattr(handler, "__call__", None)):  # noqa: B004
            code = getattr(function, "__code__", None)  # of a method, too
            if code is not None:
                handlers[code] = number
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code in handlers:
            return handlers[traceback.tb_frame.f_code]
        traceback = traceback.tb_next
    return 0
