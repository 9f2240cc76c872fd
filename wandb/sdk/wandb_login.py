"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.login import login as login
