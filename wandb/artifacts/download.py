"""Brings an artifact's files to a folder: from the cache, the server, or where a reference points.

Each file is proven by its digest before it gets its name; files come several at a time, and a download that was ended
goes on where it was.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from errno import EEXIST, EISDIR, ENAMETOOLONG, ENOTDIR
from typing import NamedTuple

from wandb.artifacts.cache import Cache, copy_proven, replacing
from wandb.artifacts.digests import file_digest, in_parallel
from wandb.artifacts.manifest import ArtifactManifest
from wandb.artifacts.names import entry_path
from wandb.artifacts.targets import copy_target
from wandb.artifacts.transfer import Refused
from wandb.descriptors import lifted
from wandb.errors import CommError
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Iterable, List, Tuple

    from wandb.artifacts.entry import ArtifactManifestEntry
    from wandb.artifacts.server import ArtifactServer
    from wandb.artifacts.server_facts import Place
    from wandb.artifacts.transfer import Transfers

_THREADS = 16
_TOGETHER = 1000  # files whose addresses are asked for at once, and got before they expire
_EXPIRED = (400, 401, 403)
_TRIES = 5
_NO_PLACE = {
    **dict.fromkeys((EEXIST, EISDIR, ENOTDIR), "something would be a file and a folder"),
    ENAMETOOLONG: "a name is too long for this disk",
}


class Options(NamedTuple):
    """How to download."""

    skip_cache: bool = False
    allow_missing_references: bool = False


def fetch_manifest(server: ArtifactServer, artifact_id: str) -> ArtifactManifest:
    """The manifest of an artifact at a server. Raises CommError if what comes is none."""
    with tempfile.TemporaryDirectory(prefix="wandb-") as folder:
        path = os.path.join(folder, "manifest.json")
        server.transfers().fetch(server.manifest_url(artifact_id), path)
        with open(path, encoding="utf-8") as file:
            try:
                return ArtifactManifest.from_manifest_json(json.load(file))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                text = f"The manifest of the artifact {artifact_id} can't be read: {error!r}"
                raise CommError(text, error) from error


class Download:
    """Of entries of one artifact into one folder."""

    def __init__(self, server: ArtifactServer, place: Place, root: str, options: Options) -> None:
        self._server = server
        self._place = place
        self._root = root
        self._options = options
        self._cache = Cache()
        self._transfers: Transfers = server.transfers()

    def run(self, entries: Iterable[ArtifactManifestEntry]) -> List[str]:
        """Bring the entries; their paths on this disk. Raises CommError for one that can't be had as it was logged."""
        try:
            return self._run(entries)
        except OSError as error:
            why = _NO_PLACE.get(error.errno or 0)
            if why is None:
                raise
            raise CommError(f"The files can't be written below {self._root}, as {why}: {error}", error) from error

    def _run(self, entries: Iterable[ArtifactManifestEntry]) -> List[str]:
        os.makedirs(self._root, exist_ok=True)
        wanted = list(entries)
        missing = [entry for entry, is_there in zip(wanted, in_parallel(self._is_there, wanted)) if not is_there]
        references = [entry for entry in missing if entry.ref is not None]
        files: Dict[str, ArtifactManifestEntry] = {entry.path: entry for entry in missing if entry.ref is None}
        if files:
            self._bring_files(files)
        in_parallel(self._bring_reference, references, _THREADS, self._transfers.give_up)
        if missing:
            self._cache.keep_limit()
        return [self._target(entry) for entry in wanted]

    def _target(self, entry: ArtifactManifestEntry) -> str:
        return os.path.join(self._root, *entry_path(entry.path).split("/"))

    def _is_there(self, entry: ArtifactManifestEntry) -> bool:
        """Whether the file is in the folder already, or could be copied from the cache."""
        target = self._target(entry)
        if is_whole(target, entry):
            return True
        return not self._options.skip_cache and self._cache.copy_out(entry, target)

    def _bring_files(self, files: Dict[str, ArtifactManifestEntry]) -> None:
        urls: List[Tuple[ArtifactManifestEntry, str]] = []
        left = dict(files)
        for path, url in self._server.file_urls(self._place):
            if path in left:
                urls.append((left.pop(path), url))
            if urls and (len(urls) >= _TOGETHER or not left):
                in_parallel(self._bring_file, urls, _THREADS, self._transfers.give_up)
                urls = []
            if not left:
                return
        in_parallel(self._bring_file, urls, _THREADS, self._transfers.give_up)
        if left:
            place = self._place.qualified_name
            raise CommError(f"The server lacks {len(left)} files of {place}, such as {min(left)!r}.")

    def _bring_file(self, pair: Tuple[ArtifactManifestEntry, str]) -> None:
        entry, url = pair
        for _ in range(_TRIES):
            # What empties the cache by force takes a part on its way, too: it is got again.
            with suppress(FileNotFoundError):
                self._bring_once(entry, url)
                return
        raise CommError(f"{entry.path!r} can't be kept in {self._cache.root} while it is got: files vanish there.")

    def _bring_once(self, entry: ArtifactManifestEntry, url: str) -> None:
        part = self._cache.part(entry)
        descriptor = _locked(part)
        try:
            if self._is_there(entry):
                os.unlink(part)
            else:
                self._bring_part(entry, url, part)
        finally:
            os.close(descriptor)

    def _bring_part(self, entry: ArtifactManifestEntry, url: str, part: str) -> None:
        try:
            self._transfers.fetch(url, part)
        except Refused as error:
            fresh = self._fresh_url(entry) if error.status in _EXPIRED else None
            if fresh is None or fresh == url:
                raise
            self._transfers.fetch(fresh, part)
        target = self._target(entry)
        if self._options.skip_cache:
            is_sound = file_digest(part, entry.digest_algorithm())[0] == entry.digest
        else:  # from the part, which is locked: who cleans the cache may take what is there at once
            is_sound = copy_proven(part, entry, target)
        if not is_sound:
            os.unlink(part)
            raise CommError(f"What the server sent for {entry.path!r} has another digest than the artifact says.")
        if self._options.skip_cache:
            with replacing(target) as copy:
                os.replace(part, copy)
        else:
            self._cache.add(part, entry)

    def _fresh_url(self, entry: ArtifactManifestEntry) -> str | None:
        return next((url for path, url in self._server.file_urls(self._place) if path == entry.path), None)

    def _bring_reference(self, entry: ArtifactManifestEntry) -> None:
        target = self._target(entry)
        try:
            copy_target(entry, target, self._transfers, self._server, self._options.skip_cache)
        except (OSError, CommError) as error:
            if not self._options.allow_missing_references:
                raise CommError(f"The reference {entry.ref} of {entry.path!r} can't be got: {error}", error) from error
            termwarn(f"The reference {entry.ref} of {entry.path!r} is left out: {error}")


def _locked(part: str) -> int:
    """A descriptor whose lock on the part no other thread or process has; who waits for it finds the file brought."""
    import fcntl

    while True:
        descriptor = lifted(os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.stat(part), os.fstat(descriptor)):
                return descriptor
        except FileNotFoundError:
            pass  # the one before us has moved it into the cache
        os.close(descriptor)


def is_whole(path: str, entry: ArtifactManifestEntry) -> bool:
    """Whether the file at `path` is the entry's, by its size and digest."""
    if not os.path.isfile(path) or (entry.size is not None and os.path.getsize(path) != entry.size):
        return False
    return file_digest(path, entry.digest_algorithm())[0] == entry.digest
