"""Older import path of `wandb.integration.sacred`; see ARCHITECTURE.md, "Aliases"."""

from wandb.integration.sacred import WandbObserver as WandbObserver
