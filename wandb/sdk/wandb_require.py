"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.public import require as require
