"""Older import path of a few functions; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.lib.ids import generate_id as generate_id
from wandb.sdk.lib.json_values import dumps as json_dumps_safer
from wandb.sdk.lib.json_values import dumps as json_dumps_safer_history

__all__ = ["generate_id", "json_dumps_safer", "json_dumps_safer_history"]
