"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.artifacts.enums import ArtifactState as ArtifactState
