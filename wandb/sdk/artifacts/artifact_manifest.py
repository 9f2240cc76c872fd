"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.artifacts.manifest import ArtifactManifest as ArtifactManifest
