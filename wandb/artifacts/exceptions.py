"""The errors of artifacts that programs catch by name; all are of the package's tree (see `wandb.errors`)."""

from __future__ import annotations

from wandb.errors import Error, UsageError


class ArtifactStatusError(UsageError, AttributeError):
    """The artifact is not in the state that the call needs; an AttributeError too, so `hasattr` answers no."""


class ArtifactNotLoggedError(ArtifactStatusError):
    """What was asked for is known only once the artifact is at a server."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Artifact.{what} is known only once the artifact is at a server: log it and call its wait(). "
            "What was logged offline gets there by `wandb sync`."
        )


class ArtifactFinalizedError(ArtifactStatusError):
    """The artifact was logged or finalized; what it holds can't change any more."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Artifact.{what} would change an artifact that is logged already: make a new one instead.")


class WaitTimeoutError(Error):
    """An artifact was not at the server within the time that `wait` was given."""

    def __init__(self, message: str, artifact_name: str) -> None:
        super().__init__(message)
        self.artifact_name = artifact_name


class NoEntryError(UsageError, KeyError):
    """An artifact has no entry at a path; a KeyError too."""

    def __str__(self) -> str:
        return self.message  # a KeyError would show its quotes
