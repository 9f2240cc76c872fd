"""The artifacts of a run on their way to the server, one after another, as they were logged; in their own thread."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Tuple

from wandb.errors import Error
from wandb.foreign_answers import understood
from wandb.sync.artifact_sender import ArtifactSender
from wandb.sync.rewrite import rewrite

if TYPE_CHECKING:
    from wandb.sync.big_files import Client


class RunArtifacts:
    """Called by the uploader from one thread. What fails is tried again with the next `start` at the end.

    What came of an artifact is written to a file of its own, for programs that wait for it.
    """

    def __init__(self, client: Client, state: Dict[str, Any], answer_path: Callable[[str], str]) -> None:
        """`state` is what `state()` gave the last time: which records were sent; `answer_path` is the layout's."""
        self._client = client
        self._answer_path = answer_path
        self.sent: Dict[str, int] = dict(state.get("sent") or {})  # key of the record: files that were sent for it
        self._records: Dict[str, Any] = {}  # those not sent yet, in their order
        self._failed: Dict[str, str] = {}
        self._under_way: Dict[str, Future[Tuple[int, str]]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="artifacts")

    def add(self, key: str, record: Any) -> None:
        """Take in an ArtifactRecord or a UseArtifactRecord; `key` names it for good, also in the run's folded log."""
        if key not in self.sent:
            self._records[key] = record

    def start(self, entity: str, project: str, run_id: str, at_end: bool) -> None:
        """Begin to send what waits; `at_end` also what failed before."""
        for key, record in self._records.items():
            if key not in self._under_way and (at_end or key not in self._failed):
                sender = ArtifactSender(self._client, entity, project, run_id)
                self._under_way[key] = self._pool.submit(self._send, sender, record)

    def collect(self) -> bool:
        """Take in those that are done; whether there were any."""
        done = [key for key, future in self._under_way.items() if future.done()]
        for key in done:
            future = self._under_way.pop(key)
            files, problem = future.result()
            if problem:
                self._failed[key] = problem
                continue
            self.sent[key] = files
            del self._records[key]
            self._failed.pop(key, None)
        return bool(done)

    def _send(self, sender: ArtifactSender, record: Any) -> Tuple[int, str]:
        """How many files were sent, and what went wrong. In a thread of its own; who waits is told here, at once."""
        try:
            with understood("an artifact"):
                if not _is_made(record):
                    return sender.use(record)[1], ""
                artifact_id, files = sender.send(record)
        except (Error, OSError) as error:
            problem = f"The artifact {record.name} could not be sent: {error}"
            if _is_made(record):
                self._answer(record, {"problem": problem})
            return 0, problem
        self._answer(record, {"id": artifact_id})
        return files, ""

    def _answer(self, record: Any, answer: Dict[str, str]) -> None:
        path = self._answer_path(record.client_id)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            rewrite(path, json.dumps(answer))
        except OSError:
            return  # a full disk: who waits will hear of the run's end

    @property
    def waiting(self) -> int:
        """How many are not done."""
        return len(self._under_way)

    def state(self) -> Dict[str, Any]:
        """For the checkpoint."""
        return {"sent": self.sent}

    def files(self) -> int:
        """How many files were sent, the lists of files among them."""
        return sum(self.sent.values())

    def problems(self) -> List[str]:
        """The artifacts that could not be sent, one sentence each."""
        return list(self._failed.values())

    def close(self) -> None:
        """Start nothing any more; what is under way ends by itself, or is abandoned by the client."""
        for future in self._under_way.values():
            future.cancel()
        self._pool.shutdown(wait=False)


def _is_made(record: Any) -> bool:
    """Whether it is the record of an artifact that the run has made, not of one that it uses."""
    return bool(record.DESCRIPTOR.name == "ArtifactRecord")
