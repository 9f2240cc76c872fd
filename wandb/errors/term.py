"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.lib.terminal import termerror as termerror
from wandb.sdk.lib.terminal import termlog as termlog
from wandb.sdk.lib.terminal import termsetup as termsetup
from wandb.sdk.lib.terminal import termwarn as termwarn
