"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.lib import RunDisabled as RunDisabled
