"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.settings import Settings as Settings
