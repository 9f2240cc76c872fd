"""Older import path of `wandb.integration.catboost`; see ARCHITECTURE.md, "Aliases"."""

from wandb.integration.catboost import WandbCallback as WandbCallback
from wandb.integration.catboost import log_summary as log_summary
