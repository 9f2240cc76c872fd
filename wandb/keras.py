"""Older import path of `wandb.integration.keras`; see ARCHITECTURE.md, "Aliases"."""

from wandb.integration.keras import WandbCallback as WandbCallback
