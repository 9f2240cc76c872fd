"""Comes with a later release; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.errors import MissingModuleError

raise MissingModuleError(__name__)
