"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.lib.ids import generate_id as generate_fast_id
from wandb.sdk.lib.ids import generate_id as generate_id

__all__ = ["generate_fast_id", "generate_id"]
