"""How the program ends: the exit code that `finish` records, from `sys.exit`, `sys.last_value` and atexit.

`sys.exit` is chained and undone; where somebody put their own on top of ours, ours becomes a passthrough. Only the
process that installed it acts on it: a forked child that exits never ends the parent's run. `sys.excepthook` is left
alone: consoles (`code`, Python's own) show an error another way where that is not the interpreter's.
"""

from __future__ import annotations

import sys
import threading

from wandb.loading import loading
from wandb.process import at_exit, is_current
from wandb.running_shell import running_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable

_INTERRUPTED = 255  # the code that the tool people know records for Ctrl-C
_COROUTINE = 0x80  # CO_COROUTINE of the module inspect, which takes long to load


class ExitHooks:
    """Installed by `init`, restored by `finish`."""

    def __init__(self, on_exit: Callable[[int], None], pid: int) -> None:
        """`on_exit(exit_code)` is called once, when the interpreter ends and nobody called `restore`."""
        self._on_exit = on_exit
        self._pid = pid
        self._exit_code = 0  # of the last `sys.exit`, which the program may have caught
        self._earlier_error = id(_last_error())  # what came before that; not itself: its frames may hold tensors
        self._active = False
        self._original_exit = sys.exit
        self._exit = self._make_exit()
        self._unregister: Callable[[], object] | None = None

    def install(self) -> None:
        """Begin to watch. Interrupted half-way, `restore` takes back what was done."""
        self._active = True
        sys.exit = self._exit
        self._unregister = at_exit(self._at_exit)

    def restore(self) -> None:
        """Give back what is still ours; a second call does nothing."""
        if not self._active:
            return
        self._active = False
        if self._unregister is not None:
            self._unregister()
        if sys.exit is self._exit:
            sys.exit = self._original_exit

    def _make_exit(self) -> Any:
        original = self._original_exit

        def exit(status: object = None, /) -> Any:
            """Exit the interpreter by raising SystemExit(status)."""
            if self._active and is_current(self._pid) and _ends_program():
                self._exit_code, self._earlier_error = exit_code_of(status), id(_last_error())
            return original(status)  # type: ignore[arg-type]

        return exit

    def _at_exit(self) -> None:
        if not self._active:
            return
        last_cell, error = _last_cell(), _last_error()
        if last_cell is not None:
            code = exit_code_for(last_cell.error_before_exec or last_cell.error_in_exec)
        elif error is not None and id(error) != self._earlier_error:
            code = exit_code_for(error)
        else:
            code = self._exit_code
        self._on_exit(code)


def _ends_program() -> bool:
    """Whether SystemExit can: outside of the main thread it ends a thread, and in a cell of a shell nothing."""
    # The kernel's number: what `get_ident` says becomes a greenlet with gevent and eventlet, also after `init`.
    return threading.get_native_id() == threading.main_thread().native_id and _last_cell() is None


def _last_cell() -> Any:
    """How the last cell of IPython's shell has ended; the shell catches what cells raise, SystemExit too."""
    return getattr(running_shell(), "last_execution_result", None)


def _last_error() -> BaseException | None:
    """The exception that has ended the main module, as the interpreter has reported it; consoles report theirs, too."""
    error = getattr(sys, "last_value", None)
    frame = getattr(getattr(error, "__traceback__", None), "tb_frame", None)
    if frame is None or frame.f_back is not None or frame.f_code.co_flags & _COROUTINE:
        return None
    is_line = hasattr(sys, "ps1") and frame.f_code.co_filename.startswith("<stdin>")  # of the prompt
    return None if is_line else error


def exit_code_of(status: object) -> int:
    """The exit code of `sys.exit(status)`: None is 0, a number itself, anything else is printed and means 1."""
    if status is None:
        return 0
    return status if isinstance(status, int) else 1


def exit_code_for(error: BaseException | None) -> int:
    """The exit code of a program that ends with this exception."""
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        return exit_code_of(error.code)
    return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def last_text(error: BaseException, traceback: TracebackType | None) -> str:
    """What the interpreter writes to stderr when a program ends with this exception; "" if nothing."""
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return ""
        try:
            return f"{error.code}\n"
        except Exception:  # its own code has failed, and fails again where the interpreter writes it
            return ""
    with loading():
        from traceback import format_exception

    return "".join(format_exception(type(error), error, traceback))
