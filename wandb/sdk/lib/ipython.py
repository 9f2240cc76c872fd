"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.running_shell import running_shell


def in_ipython() -> bool:
    """Whether the program runs inside an IPython shell or a notebook."""
    return running_shell() is not None


def in_notebook() -> bool:
    """Whether the program runs in a notebook's kernel."""
    return hasattr(running_shell(), "kernel")


def in_jupyter() -> bool:
    """The same."""
    return in_notebook()
