"""Did this exception come from the program, in the middle of what we do, rather than from what we do?

A time limit (`signal.alarm` and a handler that raises TimeoutError, which is an OSError) may strike inside `log` or
`print`. Our fallbacks for a full disk or a lost helper must not swallow it: who catches errors on these paths asks
here first, and raises again what is not ours.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Set


def is_from_signal_handler(error: BaseException) -> bool:
    """Whether a signal handler that is installed now raised it, or passed it on."""
    signal = sys.modules.get("signal")
    if signal is None:
        return False  # then nobody has installed one
    handlers: Set[CodeType] = set()
    for number in range(1, signal.NSIG):
        handler = signal.getsignal(number)
        for function in (handler, getattr(handler, "func", None), getattr(handler, "__call__", None)):  # noqa: B004
            code = getattr(function, "__code__", None)  # of a method, too
            if code is not None:
                handlers.add(code)
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code in handlers:
            return True
        traceback = traceback.tb_next
    return False


def is_interruption(error: BaseException) -> bool:
    """The same, and whether another thread has set it (`PyThreadState_SetAsyncExc`): its class is not one of ours.

    For blocks that call no code of the program.
    """
    return type(error).__module__.partition(".")[0] not in _OURS or is_from_signal_handler(error)


# What `log`, `print` and the start of the service may raise by themselves.
_OURS = ("builtins", "wandb", "json", "socket", "struct", "subprocess", "zlib")
