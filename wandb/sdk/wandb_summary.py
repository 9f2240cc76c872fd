"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.summary import Summary as Summary
