"""The files of a run on their way to the server: several at a time, to signed addresses, and again if they changed.

Which version the server has is known by the digests in the checkpoint. Files that say how a run was, such as
output.log, are sent at its end; those that were saved with policy "live" also when they change.
"""

from __future__ import annotations

import fnmatch
import os
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Tuple

from wandb.errors import CommError, Error
from wandb.foreign_answers import understood
from wandb.foreign_names import place_to_read, shown
from wandb.sync.big_files import headers_of
from wandb.sync.client import Abandoned, Unreachable
from wandb.sync.file_part import FilePart, digest_of_part
from wandb.sync.queries import CREATE_RUN_FILES
from wandb.sync.resumable import StaleAddress

if TYPE_CHECKING:
    from wandb.sync.client import Client

_NOW, _END, _LIVE = 0, 1, 2
_WANDB, _MEDIA = 1, 2
_MEDIA_FOLDER = "media/"  # records of media say that they are others, also those of upstream's client
_TRANSFERS = 8
_MOST_ASKED = 100  # addresses in one request
_MOST_REFUSED = 20  # files that are refused one by one until all others are taken for refused, too
_ADDRESSES = 3  # that one transfer is begun at
_LIVE_SECONDS = 30.0  # a file that goes on changing is not sent more often
_EARLY = ("wandb-metadata.json",)
_AT_THE_END = ("config.yaml", "output.log", "wandb-summary.json", *_EARLY)


class RunFiles:
    """Called by the uploader from one thread; only the transfers have threads of their own."""

    def __init__(
        self,
        files_dir: str,
        client: Client,
        state: Dict[str, Any],
        ignored: List[str],
        kept_back: Tuple[str, ...] = (),
        called: Mapping[str, str] | None = None,
    ) -> None:
        """`ignored` are patterns of names, relative to `files_dir`, of what is never to be sent.

        `kept_back` are names that are not sent this time, `called` has those that are others at the server.
        """
        self._called = called or {}
        self._files_dir = files_dir
        self._client = client
        self._unwanted = (*ignored, *kept_back)
        self.sent: Dict[str, str] = dict(state.get("sent") or {})  # name: digest of the version the server has
        self.untold: List[str] = list(state.get("untold") or ())  # sent (as called there), not told by the stream
        self._policies: Dict[str, int] = dict.fromkeys(_EARLY, _NOW)
        self._kinds: Dict[str, int] = dict.fromkeys(_AT_THE_END, _WANDB)
        self._asked = set(_EARLY)  # files of policy "now" that have not been sent since they were saved
        self._looked: Dict[str, Tuple[int, int]] = {}  # size and time of the version that was sent or is being sent
        self._next_look: Dict[str, float] = {}  # of files that may change
        self._failed: Dict[str, str] = {}
        self._under_way: Dict[str, Future[str]] = {}
        self._pool = ThreadPoolExecutor(_TRANSFERS, thread_name_prefix="transfer")

    def add(self, items: List[Any]) -> None:
        """Take in FilesItems of the record."""
        for item in items:
            name = item.path.replace(os.sep, "/")
            self._policies[name] = item.policy
            if item.policy == _NOW:
                self._asked.add(name)
            self._kinds[name] = item.type

    def state(self) -> Dict[str, Any]:
        """For the checkpoint."""
        return {"sent": self.sent, "untold": self.untold}

    def counts(self) -> Dict[str, int]:
        """How many files the server has, of each kind that the end of a run tells."""
        kinds = [_MEDIA if name.startswith(_MEDIA_FOLDER) else self._kinds.get(name, 0) for name in self.sent]
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
        """Begin to send what is due and has changed. Raises Unreachable if no addresses can be had now."""
        place = {"entity": entity, "project": project, "run": run_id}
        versions: Dict[str, Tuple[int, int]] = {}
        for name in self._due(at_end):
            version = None if name in self._under_way else self._new_version(name)
            if version is not None:
                versions[name] = version
        names, refused = list(versions), 0
        batches = [names[first : first + _MOST_ASKED] for first in range(0, len(names), _MOST_ASKED)]
        while batches:
            batch = batches.pop(0)
            try:
                addresses, headers = self._addresses(place, batch)
            except Unreachable:
                raise
            except CommError as error:
                if len(batch) > 1 and refused < _MOST_REFUSED:
                    # It may be for one of them.
                    batches[:0] = [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
                    continue
                refused += len(batch)
                self._failed.update((name, f"{shown(name)} could not be sent: {error}") for name in batch)
                continue
            for name in batch:
                self._asked.discard(name)
                self._looked[name] = versions[name]
                sending = self._pool.submit(self._send, place, name, addresses.get(self._name(name), ""), headers)
                self._under_way[name] = sending

    def collect(self) -> bool:
        """Take in the transfers that are done; whether there were any."""
        done = [name for name, future in self._under_way.items() if future.done()]
        for name in done:
            future = self._under_way.pop(name)
            try:
                self.sent[name] = future.result()
            except (Error, OSError) as error:
                self._looked.pop(name, None)
                if not isinstance(error, Abandoned):
                    self._failed[name] = f"{shown(name)} could not be sent: {error}"
                continue
            self._failed.pop(name, None)
            if self._name(name) not in self.untold:
                self.untold.append(self._name(name))
        return bool(done)

    def told(self, names: List[str]) -> None:
        """The file stream has told these to the server."""
        self.untold = [name for name in self.untold if name not in names]

    def close(self) -> None:
        """Start no transfer any more; those under way end by themselves, or are abandoned by the client."""
        for future in self._under_way.values():
            future.cancel()
        self._pool.shutdown(wait=False)

    def _due(self, at_end: bool) -> List[str]:
        """Names to look at: what failed once is tried again at the end only; what is sent once is looked at once."""
        if at_end:
            open_names = {name for name, policy in self._policies.items() if policy != _NOW or name in self._asked}
            return sorted(filter(self._is_wanted, {*open_names, *self._failed, *_AT_THE_END}))
        now = monotonic()

        def is_due(name: str, policy: int) -> bool:
            if policy == _LIVE:
                return now >= self._next_look.get(name, 0.0)
            return policy == _NOW and name in self._asked

        due = {name for name, policy in self._policies.items() if is_due(name, policy)}
        return sorted(filter(self._is_wanted, due.difference(self._failed)))

    def _is_wanted(self, name: str) -> bool:
        return not any(fnmatch.fnmatch(name, pattern) for pattern in self._unwanted)

    def _new_version(self, name: str) -> Tuple[int, int] | None:
        """Size and time of a file that is not the version that was sent; it is read only if it may have changed."""
        self._next_look[name] = monotonic() + _LIVE_SECONDS
        try:
            path = place_to_read(self._files_dir, name)
            status = os.stat(path)
            version = (status.st_size, status.st_mtime_ns)
            if self._looked.get(name) != version:
                if digest_of_part(path, 0, status.st_size).hex() != self.sent.get(name):
                    return version
                self._looked[name] = version
            self._asked.discard(name)
        except (Error, OSError) as error:
            if name in self._policies and name not in _EARLY:
                self._failed[name] = f"{shown(name)} could not be sent: {getattr(error, 'strerror', None) or error}"
        return None

    def _name(self, name: str) -> str:
        """What a file is called at the server."""
        return self._called.get(name, name)

    def _addresses(self, place: Dict[str, str], names: List[str]) -> Tuple[Dict[str, str], Dict[str, str]]:
        """The address of each of the files that the server gives one, and the headers for all. Raises CommError."""
        called = [self._name(name) for name in names]
        answer = self._client.graphql("CreateRunFiles", CREATE_RUN_FILES, {**place, "files": called})
        with understood("CreateRunFiles"):
            made = answer["createRunFiles"]
            addresses = {file["name"]: str(file.get("uploadUrl") or "") for file in made["files"]}
            return addresses, headers_of(made)

    def _send(self, place: Dict[str, str], name: str, url: str, headers: Dict[str, str]) -> str:
        """The digest of what was sent. In a thread of its own. Raises CommError and OSError."""
        for _ in range(_ADDRESSES):
            try:
                return self._send_to(url, headers, place_to_read(self._files_dir, name))
            except StaleAddress as error:
                problem = error
                url = self._addresses(place, [name])[0].get(self._name(name), "")
        raise problem

    def _send_to(self, url: str, headers: Dict[str, str], path: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise CommError("the server gives no address for it.")
        size = os.path.getsize(path)
        with FilePart(path, 0, size) as part:
            self._client.put(url, headers, part if size else b"")
            return part.digest().hex()
