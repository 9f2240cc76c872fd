"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.init import setup as setup
from wandb.sdk.init import teardown as teardown
