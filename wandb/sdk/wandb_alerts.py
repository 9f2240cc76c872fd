"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.alert_level import AlertLevel as AlertLevel
