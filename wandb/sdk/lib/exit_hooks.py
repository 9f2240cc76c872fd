"""How the program ends: the exit code that `finish` records, from `sys.exit`, `sys.excepthook` and atexit.

Hooks are chained and undone; where somebody put their own on top of ours, ours becomes a passthrough. Only the
process that installed them acts on them: a forked child that exits never ends the parent's run.
"""

from __future__ import annotations

import sys

from wandb.process import at_exit, is_current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Type

_INTERRUPTED = 255  # the code that the tool people know records for Ctrl-C


class ExitHooks:
    """Installed by `init`, restored by `finish`."""

    def __init__(self, on_exit: Callable[[int], None], pid: int) -> None:
        """`on_exit(exit_code)` is called once, when the interpreter ends and nobody called `restore`."""
        self._on_exit = on_exit
        self._pid = pid
        self._exit_code: int | None = None
        self._earlier_error = id(_last_error())  # not itself: its frames may hold tensors
        self._active = False
        self._original_exit, self._original_hook = sys.exit, sys.excepthook
        self._exit, self._hook = self._make_exit(), self._make_hook()
        self._unregister: Callable[[], object] | None = None

    def install(self) -> None:
        """Begin to watch. Interrupted half-way, `restore` takes back what was done."""
        self._active = True
        sys.exit = self._exit
        sys.excepthook = self._hook
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
        if sys.excepthook is self._hook:
            sys.excepthook = self._original_hook

    def _make_exit(self) -> Any:
        original = self._original_exit

        def exit(status: object = None, /) -> Any:
            """Exit the interpreter by raising SystemExit(status)."""
            if self._active and is_current(self._pid):
                self._exit_code = exit_code_of(status)
            return original(status)  # type: ignore[arg-type]

        return exit

    def _make_hook(self) -> Any:
        original = self._original_hook

        def excepthook(kind: Type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
            if self._active and is_current(self._pid):
                self._exit_code = exit_code_for(value)
            original(kind, value, traceback)

        return excepthook

    def _at_exit(self) -> None:
        if not self._active:
            return
        code, error = self._exit_code, _last_error()
        is_new = id(error) != self._earlier_error
        if code is None and is_new and sys.excepthook is not self._hook:
            code = exit_code_for(error)  # a hook of the program's own has heard of it, and ours has not
        self._on_exit(code or 0)


def _last_error() -> BaseException | None:
    """The exception that has ended the main module, as the interpreter has reported it; consoles report theirs, too."""
    error = getattr(sys, "last_value", None)
    traceback = getattr(error, "__traceback__", None)
    return error if traceback is not None and traceback.tb_frame.f_back is None else None


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


def last_text(error: BaseException) -> str:
    """What the interpreter writes to stderr when a program ends with this exception; "" if nothing."""
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return ""
        try:
            return f"{error.code}\n"
        except Exception:  # its own code has failed, and fails again where the interpreter writes it
            return ""
    import traceback

    return "".join(traceback.format_exception(type(error), error, error.__traceback__))
