"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.metric import Metric as Metric
