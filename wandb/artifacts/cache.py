"""The local cache: files of artifacts by their digest, shared by all programs of this user, and with upstream's client.

`obj/md5/<2 digits>/<30 digits>` below the cache folder. A file gets its name only once its digest is proven, and the
digest is proven again with each copy out of the cache: a damaged file is removed and got anew.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager

from wandb.artifacts.digests import MD5, as_hex, digest_of
from wandb.artifacts.places import cache_dir
from wandb.artifacts.sizes import bytes_of
from wandb.errors import ArgumentValueError, UsageError
from wandb.sdk.lib.ids import generate_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, List, Tuple

    from wandb.artifacts.entry import ArtifactManifestEntry


_LIMIT = "WANDB_ARTIFACT_CACHE_SIZE"


class Cache:
    """The cache of this user."""

    def __init__(self) -> None:
        self.root = os.path.abspath(os.path.expanduser(cache_dir()))
        self._folder = os.path.join(self.root, "artifacts")
        self._objects = os.path.join(self._folder, "obj")

    def place_of(self, entry: ArtifactManifestEntry) -> str:
        """Where a file with the entry's digest is, if it is in the cache."""
        algorithm = "md5" if entry.digest_algorithm() is MD5 else "xxh128"
        try:
            digits = as_hex(entry.digest)
        except ValueError:  # a tag of a web server
            algorithm, digits = "etag", hashlib.sha256(f"{entry.ref}\n{entry.digest}".encode()).hexdigest()
        return os.path.join(self._objects, algorithm, digits[:2], digits[2:])

    def copy_out(self, entry: ArtifactManifestEntry, target: str) -> bool:
        """Copy the file with the entry's digest to `target`; False if the cache has none that is sound."""
        place = self.place_of(entry)
        if not os.path.isfile(place):
            return False
        with open(place, "rb", buffering=0) as source, replacing(target) as copy:
            with open(copy, "wb") as file:
                digest = digest_of(source, entry.digest_algorithm(), file)[0]
            if digest != entry.digest:
                os.unlink(copy)
        if digest != entry.digest:
            os.unlink(place)
            return False
        os.utime(place)  # used just now: the last one to be cleaned away
        return True

    def part(self, entry: ArtifactManifestEntry) -> str:
        """Where a file that is on its way is kept, so that another try goes on with it."""
        folder = self._made("tmp")
        return os.path.join(folder, os.path.relpath(self.place_of(entry), self._objects).replace(os.sep, "-") + ".part")

    def add(self, path: str, entry: ArtifactManifestEntry) -> str:
        """Move a file, whose digest is proven, into the cache; its new path."""
        place = self.place_of(entry)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.replace(path, place)
        return place

    def clean(self, most: int, remove_parts: bool = False) -> int:
        """Remove the files used longest ago until at most `most` bytes are left; the number of bytes removed."""
        removed = self._remove_parts() if remove_parts else 0
        files = sorted(self._files(self._objects))
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= most:
                break
            removed += _remove(path, size)
            left -= size
        return removed

    def keep_limit(self) -> None:
        """Clean to the size that WANDB_ARTIFACT_CACHE_SIZE names, if it does. Raises UsageError if that is no size."""
        limit = os.environ.get(_LIMIT)
        if limit:
            try:
                most = bytes_of(limit)
            except ArgumentValueError as error:
                raise ArgumentValueError(f"{_LIMIT}: {error}") from error
            self.clean(most)

    def older_than(self, moment: float) -> List[Tuple[float, int, str]]:
        """(time of the last use, size, path) of each file of artifacts, and of logs, that was not used since."""
        files = [found for name in ("artifacts", "logs") for found in self._files(os.path.join(self.root, name))]
        return [found for found in files if found[0] <= moment]

    def remove(self, files: List[Tuple[float, int, str]]) -> int:
        """Remove these files; the number of bytes removed."""
        return sum(_remove(path, size) for _, size, path in files)

    def _remove_parts(self) -> int:
        return self.remove(self._files(os.path.join(self._folder, "tmp")))

    def _files(self, folder: str) -> List[Tuple[float, int, str]]:
        """(time of the last use, size, path) of each file."""
        found = []
        for path, _, names in os.walk(folder):
            for name in names:
                file = os.path.join(path, name)
                try:
                    status = os.stat(file)
                except FileNotFoundError:  # another process cleans, too
                    continue
                found.append((status.st_mtime, status.st_size, file))
        return found

    def _made(self, name: str) -> str:
        folder = os.path.join(self._folder, name)
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise UsageError(f"Files can't be kept in the cache {folder} ({error}): set WANDB_CACHE_DIR.") from None
        return folder


def _remove(path: str, size: int) -> int:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return 0
    return size


@contextmanager
def replacing(target: str) -> Iterator[str]:
    """The path of a new file beside `target`, which takes its place at the end, if it is there; folders are made.

    Whoever looks sees the old file or the new one, never a part.
    """
    folder = os.path.dirname(target) or os.curdir
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f".wandb-{generate_id(16)}")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    try:
        yield path
        if os.path.exists(path):
            os.replace(path, target)
    except BaseException:
        if os.path.exists(path):
            os.unlink(path)
        raise
