"""Older import path of `wandb.integration.xgboost`; see ARCHITECTURE.md, "Aliases"."""

from wandb.integration.xgboost import WandbCallback as WandbCallback
from wandb.integration.xgboost import wandb_callback as wandb_callback
