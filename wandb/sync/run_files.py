"""The files of a run on their way to the server: several at a time, to signed addresses, and again if they changed.

Which version the server has is known by the digests in the checkpoint. Files that say how a run was, such as
output.log, are sent at its end; those that were saved with policy "live" also when they change.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from wandb.errors import CommError
from wandb.sync.client import Abandoned
from wandb.sync.file_part import FilePart
from wandb.sync.queries import CREATE_RUN_FILES
from wandb.sync.resumable import StaleAddress

if TYPE_CHECKING:
    from wandb.sync.client import Client

_NOW, _END, _LIVE = 0, 1, 2
_WANDB, _MEDIA = 1, 2
_TRANSFERS = 8
_MOST_ASKED = 100  # addresses in one request
_ADDRESSES = 3  # that one transfer is begun at
_READ_SIZE = 1 << 20
_LIVE_SECONDS = 30.0  # a file that goes on changing is not sent more often
_EARLY = ("wandb-metadata.json",)
_AT_THE_END = ("config.yaml", "output.log", "wandb-summary.json", *_EARLY)


class RunFiles:
    """Called by the uploader from one thread; only the transfers have threads of their own."""

    def __init__(
        self, files_dir: str, client: Client, state: Dict[str, Any], ignored: List[str], kept_back: Tuple[str, ...] = ()
    ) -> None:
        """`ignored` are patterns of names, relative to `files_dir`, of what users save and never want sent.

        `kept_back` are names that are not sent this time.
        """
        self._files_dir = files_dir
        self._client = client
        self._ignored = ignored
        self._kept_back = kept_back
        self.sent: Dict[str, str] = dict(state.get("sent") or {})  # name: digest of the version the server has
        self.untold: List[str] = list(state.get("untold") or ())  # sent, and the file stream has not told it yet
        self._policies: Dict[str, int] = dict.fromkeys(_EARLY, _NOW)
        self._kinds: Dict[str, int] = dict.fromkeys(_AT_THE_END, _WANDB)
        self._looked: Dict[str, Tuple[int, int]] = {}  # size and time of the version that was sent or is being sent
        self._next_look: Dict[str, float] = {}  # of files that may change
        self._failed: Dict[str, str] = {}
        self._under_way: Dict[str, Future[str]] = {}
        self._pool = ThreadPoolExecutor(_TRANSFERS, thread_name_prefix="transfer")

    def add(self, items: List[Any]) -> None:
        """Take in FilesItems of the record."""
        for item in items:
            name = item.path.replace(os.sep, "/")
            if not any(fnmatch.fnmatch(name, pattern) for pattern in self._ignored):
                self._policies[name] = item.policy
                self._kinds[name] = item.type

    def state(self) -> Dict[str, Any]:
        """For the checkpoint."""
        return {"sent": self.sent, "untold": self.untold}

    def counts(self) -> Dict[str, int]:
        """How many files the server has, of each kind that the end of a run tells."""
        kinds = [self._kinds.get(name, 0) for name in self.sent]
        wandb, media = kinds.count(_WANDB), kinds.count(_MEDIA)
        return {"wandb": wandb, "media": media, "other": len(kinds) - wandb - media}

    def problems(self) -> List[str]:
        """The files that could not be sent, one sentence each."""
        return [self._failed[name] for name in sorted(self._failed)]

    @property
    def waiting(self) -> int:
        """How many transfers are not done."""
        return len(self._under_way)

    def start(self, entity: str, project: str, run_id: str, at_end: bool) -> None:
        """Begin to send what is due and has changed. Raises CommError if no addresses can be had."""
        place = {"entity": entity, "project": project, "run": run_id}
        names = [name for name in self._due(at_end) if name not in self._under_way and self._has_changed(name)]
        for first in range(0, len(names), _MOST_ASKED):
            for name, url, headers in self._addresses(place, names[first : first + _MOST_ASKED]):
                self._under_way[name] = self._pool.submit(self._send, place, name, url, headers)

    def collect(self) -> bool:
        """Take in the transfers that are done; whether there were any."""
        done = [name for name, future in self._under_way.items() if future.done()]
        for name in done:
            future = self._under_way.pop(name)
            try:
                self.sent[name] = future.result()
            except (CommError, OSError) as error:
                self._looked.pop(name, None)
                if not isinstance(error, Abandoned):
                    self._failed[name] = f"{name} could not be sent: {error}"
                continue
            self._failed.pop(name, None)
            if name not in self.untold:
                self.untold.append(name)
        return bool(done)

    def told(self, names: List[str]) -> None:
        """The file stream has told these to the server."""
        self.untold = [name for name in self.untold if name not in names]

    def close(self) -> None:
        """Start no transfer any more; those under way end by themselves, or are abandoned by the client."""
        self._pool.shutdown(wait=False)

    def _due(self, at_end: bool) -> List[str]:
        """Names to look at: what failed once is tried again at the end only."""
        if at_end:
            return sorted({*self._policies, *_AT_THE_END}.difference(self._kept_back))
        now = monotonic()

        def is_due(name: str, policy: int) -> bool:
            if policy == _LIVE:
                return now >= self._next_look.get(name, 0.0)
            return policy == _NOW and name not in self._looked

        policies = self._policies.items()
        return sorted(name for name, policy in policies if name not in self._failed and is_due(name, policy))

    def _path(self, name: str) -> str:
        return os.path.join(self._files_dir, *name.split("/"))

    def _has_changed(self, name: str) -> bool:
        """Whether the file is there and is not the version that was sent; it is read only if it may have changed."""
        self._next_look[name] = monotonic() + _LIVE_SECONDS
        try:
            status = os.stat(self._path(name))
            version = (status.st_size, status.st_mtime_ns)
            if self._looked.get(name) == version:
                return False
            self._looked[name] = version
            return _digest(self._path(name)) != self.sent.get(name)
        except OSError as error:
            if name in self._policies and name not in _EARLY:
                self._failed[name] = f"{name} could not be sent: {error.strerror}"
            return False

    def _addresses(self, place: Dict[str, str], names: List[str]) -> List[Tuple[str, str, Dict[str, str]]]:
        """Name, address and headers of each file. Raises CommError."""
        answer = self._client.graphql("CreateRunFiles", CREATE_RUN_FILES, {**place, "files": names})["createRunFiles"]
        headers = dict(_header(text) for text in answer.get("uploadHeaders") or () if ":" in text)
        return [(file["name"], str(file.get("uploadUrl") or ""), headers) for file in answer["files"]]

    def _send(self, place: Dict[str, str], name: str, url: str, headers: Dict[str, str]) -> str:
        """The digest of what was sent. In a thread of its own. Raises CommError and OSError."""
        for _ in range(_ADDRESSES):
            try:
                return self._send_to(url, headers, self._path(name))
            except StaleAddress as error:
                problem = error
                url = self._addresses(place, [name])[0][1]
        raise problem

    def _send_to(self, url: str, headers: Dict[str, str], path: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise CommError("the server gives no address for it.")
        size = os.path.getsize(path)
        with FilePart(path, 0, size) as part:
            self._client.put(url, headers, part if size else b"")
            return part.digest().hex()


def _digest(path: str) -> str:
    found = hashlib.md5()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_READ_SIZE), b""):
            found.update(block)
    return found.hexdigest()


def _header(text: str) -> Tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), value.strip()
