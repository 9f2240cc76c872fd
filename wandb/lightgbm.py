"""Older import path of `wandb.integration.lightgbm`; see ARCHITECTURE.md, "Aliases"."""

from wandb.integration.lightgbm import log_summary as log_summary
from wandb.integration.lightgbm import wandb_callback as wandb_callback
