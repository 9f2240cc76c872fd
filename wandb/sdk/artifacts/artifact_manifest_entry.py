"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.artifacts.entry import ArtifactManifestEntry as ArtifactManifestEntry
