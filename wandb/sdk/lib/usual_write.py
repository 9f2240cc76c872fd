"""The usual case of a captured print in C, where it was compiled: `_usual_write.c` says what it does, and why it may.

Without it everything works, and a line costs twice as much.
"""

from __future__ import annotations

from threading import get_ident, main_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

try:
    from wandb.sdk.lib import _usual_write  # type: ignore[attr-defined,unused-ignore]
except ImportError:  # no compiler where the package was installed, or a kernel that is too old
    _usual_write = None
else:
    if get_ident.__module__ != "_thread":
        _usual_write = None  # gevent's or eventlet's, which count greenlets: C knows the system's threads only


def usual_output(*arguments: Any) -> Any:
    """A `UsualOutput`; None where there is none."""
    return _usual_write.UsualOutput(*arguments) if _usual_write else None


def usual_write(otherwise: Any, *arguments: Any) -> Any:
    """The `write` of a `UsualWrite`, which calls `otherwise` in all other cases; or `otherwise` itself."""
    return _usual_write.UsualWrite(otherwise, main_thread().ident, *arguments).write if _usual_write else otherwise
