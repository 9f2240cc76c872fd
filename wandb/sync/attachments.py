"""What of a run goes to the server besides its lines: its files, and its artifacts."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from wandb.sync.run_artifacts import RunArtifacts
from wandb.sync.run_files import RunFiles

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.sync.checkpoint import Checkpoint
    from wandb.sync.client import Client
    from wandb.sync.outgoing import Outgoing

_FILES_SECONDS = 5.0  # between looks at the files, which change; artifacts do not, and programs wait for them


class Attachments:
    """Both kinds, for the uploader, which calls from one thread."""

    def __init__(
        self,
        layout: RunLayout,
        client: Client,
        checkpoint: Checkpoint,
        ignored: List[str],
        kept_back: Tuple[str, ...] = (),
        called: Dict[str, str] | None = None,
    ) -> None:
        """Files that are `ignored` or `kept_back` are not sent, those in `called` by another name; see `RunFiles`."""
        self.files = RunFiles(layout.files_dir, client, checkpoint.part("files"), ignored, kept_back, called)
        self._next_files = 0.0
        self._artifacts = RunArtifacts(client, checkpoint.part("artifacts"), layout.artifact_answer)

    def add(self, outgoing: Outgoing) -> None:
        """Take over what the logs have brought."""
        self.files.add(outgoing.files)
        for key, record in outgoing.artifacts:
            self._artifacts.add(key, record)
        outgoing.files, outgoing.artifacts = [], []

    def start(self, place: Tuple[str, str, str], at_end: bool) -> None:
        """Begin to send what is due, `at_end` everything. Raises CommError."""
        now = monotonic()
        if at_end or now >= self._next_files:
            self._next_files = now + _FILES_SECONDS
            self.files.start(*place, at_end=at_end)
        self._artifacts.start(*place, at_end=at_end)

    def collect(self) -> bool:
        """Take in what is sent; whether there was anything."""
        found = self.files.collect()
        return self._artifacts.collect() or found

    @property
    def waiting(self) -> int:
        """How many transfers are not done."""
        return self.files.waiting + self._artifacts.waiting

    def state(self) -> Dict[str, Any]:
        """For the checkpoint, by its parts."""
        return {"files": self.files.state(), "artifacts": self._artifacts.state()}

    def counts(self) -> Dict[str, int]:
        """How many files the server has, by kind."""
        return {**self.files.counts(), "artifact": self._artifacts.files()}

    def problems(self) -> List[str]:
        """What could not be sent, one sentence each."""
        return self.files.problems() + self._artifacts.problems()

    def close(self) -> None:
        """Start nothing any more."""
        self.files.close()
        self._artifacts.close()
