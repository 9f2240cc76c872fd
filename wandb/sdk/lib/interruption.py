"""Did this exception come from the program, in the middle of what we do, rather than from what we do?

A time limit (`signal.alarm` and a handler that raises TimeoutError, which is an OSError) may strike inside `log` or
`print`. Our fallbacks for a full disk or a lost helper must not swallow it: who catches errors on these paths asks
here first, and raises again what is not ours.
"""

from __future__ import annotations

from wandb.signals import signal_behind


def is_from_signal_handler(error: BaseException) -> bool:
    """Whether a signal handler that is installed now raised it, or passed it on."""
    return signal_behind(error) != 0


def is_interruption(error: BaseException) -> bool:
    """The same, and whether another thread has set it (`PyThreadState_SetAsyncExc`): its class is not one of ours.

    For blocks that call no code of the program.
    """
    return type(error).__module__.partition(".")[0] not in _OURS or is_from_signal_handler(error)


# What `log`, `print` and the start of the service may raise by themselves.
_OURS = ("builtins", "wandb", "json", "socket", "struct", "subprocess", "zlib")
