"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from wandb.artifacts.exceptions import ArtifactFinalizedError as ArtifactFinalizedError
from wandb.artifacts.exceptions import ArtifactNotLoggedError as ArtifactNotLoggedError
from wandb.artifacts.exceptions import ArtifactStatusError as ArtifactStatusError
from wandb.artifacts.exceptions import WaitTimeoutError as WaitTimeoutError
