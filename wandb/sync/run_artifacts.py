"""The artifacts of a run on their way to the server, one after another, as they were logged; in their own thread."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Dict, List

from wandb.errors import CommError, CorruptLog
from wandb.sync.artifact_sender import ArtifactSender

if TYPE_CHECKING:
    from wandb.sync.big_files import Client


class RunArtifacts:
    """Called by the uploader from one thread. What fails is tried again with the next `start` at the end."""

    def __init__(self, client: Client, state: Dict[str, Any]) -> None:
        """`state` is what `state()` gave the last time: which records were sent."""
        self._client = client
        self.sent: Dict[str, int] = dict(state.get("sent") or {})  # key of the record: files that were sent for it
        self._records: Dict[str, Any] = {}  # those not sent yet, in their order
        self._failed: Dict[str, str] = {}
        self._under_way: Dict[str, Future[int]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="artifacts")

    def add(self, key: str, record: Any) -> None:
        """Take in an ArtifactRecord; `key` names it for good, also in the run's folded log."""
        if key not in self.sent:
            self._records[key] = record

    def start(self, entity: str, project: str, run_id: str, at_end: bool) -> None:
        """Begin to send what waits; `at_end` also what failed before."""
        for key, record in self._records.items():
            if key not in self._under_way and (at_end or key not in self._failed):
                sender = ArtifactSender(self._client, entity, project, run_id)
                self._under_way[key] = self._pool.submit(sender.send, record)

    def collect(self) -> bool:
        """Take in those that are done; whether there were any."""
        done = [key for key, future in self._under_way.items() if future.done()]
        for key in done:
            future = self._under_way.pop(key)
            record = self._records[key]
            try:
                self.sent[key] = future.result()
            except (CommError, CorruptLog, OSError, KeyError, TypeError) as error:
                # The last two: an answer of the server that lacks something.
                self._failed[key] = f"The artifact {record.name} could not be sent: {error}"
                continue
            del self._records[key]
            self._failed.pop(key, None)
        return bool(done)

    @property
    def waiting(self) -> int:
        """How many are not done."""
        return len(self._under_way)

    def state(self) -> Dict[str, Any]:
        """For the checkpoint."""
        return {"sent": self.sent}

    def files(self) -> int:
        """How many files were sent; a manifest counts as one."""
        return sum(self.sent.values()) + len(self.sent)

    def problems(self) -> List[str]:
        """The artifacts that could not be sent, one sentence each."""
        return list(self._failed.values())

    def problem_of(self) -> Dict[str, str]:
        """The same by the identifier that the client gave the artifact."""
        return {self._records[key].client_id: text for key, text in self._failed.items()}

    def close(self) -> None:
        """Start nothing any more; what is under way ends by itself, or is abandoned by the client."""
        for future in self._under_way.values():
            future.cancel()
        self._pool.shutdown(wait=False)
