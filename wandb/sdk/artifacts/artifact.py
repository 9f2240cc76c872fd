"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.artifacts.artifact import Artifact as Artifact
