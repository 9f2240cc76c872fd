"""The IPython shell that runs in this process, asked only where somebody has loaded IPython."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def running_shell() -> Any:
    """IPython's shell object; None outside of one: that somebody imported IPython makes no shell."""
    module = sys.modules.get("IPython")
    if module is None or type(module).__name__ == "_LazyModule":  # of importlib; a look at it would load it
        return None
    try:
        get_ipython = getattr(module, "get_ipython", None)
        return get_ipython() if callable(get_ipython) else None
    except Exception:  # a program's stand-in for IPython, of any kind
        return None
