"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

import sys


def in_ipython() -> bool:
    """Whether the program runs inside an IPython shell or a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def in_notebook() -> bool:
    """Whether the program runs in a notebook's kernel."""
    return in_ipython() and hasattr(sys.modules["IPython"].get_ipython(), "kernel")


def in_jupyter() -> bool:
    """The same."""
    return in_notebook()
