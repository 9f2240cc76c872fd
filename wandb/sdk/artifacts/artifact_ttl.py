"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.artifacts.enums import ArtifactTTL as ArtifactTTL
