"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.run import Run as Run
from wandb.sdk.run_status import RunStatus as RunStatus
