"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.cli.main import main as cli

__all__ = ["cli"]
