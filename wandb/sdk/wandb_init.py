"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.init import init as init
