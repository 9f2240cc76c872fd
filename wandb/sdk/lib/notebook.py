"""Which notebook is this, what does it show, and what does its person answer? A script never asks.

That ipdb or IPython was imported makes no notebook: what counts is a kernel's shell, see `Settings._jupyter`.
"""

from __future__ import annotations

import os
import sys

from wandb.running_shell import running_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Tuple

    from wandb.settings import Settings


def notebook_name(settings: Settings) -> str:
    """The notebook's file name, as far as the kernel knows it; "" in a script and where nobody knows."""
    if not settings._jupyter:
        return ""
    told = settings.notebook_name or settings.x_jupyter_path or settings.x_jupyter_name
    if told:
        return told
    # The server hands its kernels the session's name; VS Code puts the path among the user's names.
    known = getattr(running_shell(), "user_ns", {})
    return str(os.environ.get("JPY_SESSION_NAME") or known.get("__session__") or known.get("__vsc_ipynb_file__") or "")


def program_and_arguments(settings: Settings) -> Tuple[str, List[str]]:
    """What runs here, and with which arguments: a script's, or the notebook's name and none.

    A kernel's own command line (`ipykernel_launcher.py -f kernel.json`) says nothing of the notebook and is never
    the answer; where the name is not known the program is "".
    """
    if settings._jupyter:
        return notebook_name(settings) or settings.program or "", []
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return settings.program or main or sys.argv[0], sys.argv[1:]


def ask_below_cell(prompt: str) -> str | None:
    """What the person types below the cell of a notebook, unseen; None where its cells are run without a person."""
    import getpass

    try:
        return getpass.getpass(prompt).strip()  # the kernel's: it asks whoever runs the cell
    except NotImplementedError:
        return None
