"""Which notebook is this? Answered by the running shell alone; a script never asks, and nothing is ever said.

That ipdb or IPython was imported makes no notebook: what counts is a kernel's shell, see `Settings._jupyter`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wandb.settings import Settings


def notebook_name(settings: Settings) -> str:
    """The notebook's file name, as far as the kernel knows it; "" in a script and where nobody knows."""
    if not settings._jupyter:
        return ""
    if settings.notebook_name:
        return settings.notebook_name
    # The server hands its kernels the session's name; VS Code puts the path among the user's names.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    known = getattr(shell, "user_ns", {})
    return str(os.environ.get("JPY_SESSION_NAME") or known.get("__session__") or known.get("__vsc_ipynb_file__") or "")
