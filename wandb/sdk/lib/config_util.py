"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.errors import ConfigError as ConfigError
