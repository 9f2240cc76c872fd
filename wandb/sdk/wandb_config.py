"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.config import Config as Config
