"""The local cache: files of artifacts by their digest, shared by all programs of this user, and with upstream's client.

`obj/md5/<2 digits>/<30 digits>` below the cache folder. A file gets its name only once its digest is proven, and the
digest is proven again with each copy out of the cache: a damaged file is removed and got anew.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress

from wandb.artifacts.digests import MD5, as_hex, digest_of
from wandb.artifacts.places import cache_dir
from wandb.artifacts.sizes import bytes_of
from wandb.descriptors import lifted
from wandb.errors import ArgumentValueError, UsageError
from wandb.sdk.lib.ids import generate_id
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, List, Tuple

    from wandb.artifacts.entry import ArtifactManifestEntry

    Found = Tuple[float, int, str]  # time of the last use, size, path

# What is the cache's below its folder, a pattern for each level: upstream's client names its logs as the last one says.
_OBJECTS = ("artifacts", "obj", "md5|xxh128|etag", "[0-9a-f]{2}", "[0-9a-f]+")
_PARTS = ("artifacts", "tmp", r"(md5|xxh128|etag)-[0-9a-f]{2}-[0-9a-f]+\.part")
_LOGS = ("logs", r"(core|symon)-debug-\d{8}_\d{6}\.log")
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
        try:
            is_sound = copy_proven(place, entry, target)
        except FileNotFoundError:
            if os.path.exists(place):
                raise
            return False  # cleaned away just now
        with suppress(FileNotFoundError):  # likewise
            if is_sound:
                os.utime(place)  # used just now: the last one to be cleaned away
            else:
                os.unlink(place)
        return is_sound

    def part(self, entry: ArtifactManifestEntry) -> str:
        """Where a file that is on its way is kept, so that another try goes on with it."""
        folder = self._made("tmp")
        return os.path.join(folder, os.path.relpath(self.place_of(entry), self._objects).replace(os.sep, "-") + ".part")

    def add(self, path: str, entry: ArtifactManifestEntry) -> None:
        """Move a file, whose digest is proven, into the cache. If it is gone, nothing is done."""
        place = self.place_of(entry)
        while os.path.exists(path):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with suppress(FileNotFoundError):  # somebody empties the cache just now
                os.replace(path, place)

    def clean(self, most: int, remove_parts: bool = False) -> int:
        """Remove the files used longest ago until at most `most` bytes are left; the number of bytes removed."""
        removed = self.remove(self._files(_PARTS))[1] if remove_parts else 0
        files = sorted(self._files(_OBJECTS))
        left = sum(size for _, size, _ in files)
        for found in files:
            if left <= most:
                break
            removed += self.remove([found])[1]
            left -= found[1]
        return removed

    def keep_limit(self) -> None:
        """Clean to the size that WANDB_ARTIFACT_CACHE_SIZE names, if it does; what is no size is warned of, once."""
        limit = os.environ.get(_LIMIT)
        if limit:
            try:
                most = bytes_of(limit)
            except ArgumentValueError as error:
                termwarn(f"{_LIMIT}: {error} The cache has no limit.", repeat=False)
                return
            self.clean(most)

    def older_than(self, moment: float) -> List[Found]:
        """(time of the last use, size, path) of each file of artifacts, and of logs, that was not used since."""
        return [found for kind in (_OBJECTS, _PARTS, _LOGS) for found in self._files(kind) if found[0] <= moment]

    def remove(self, files: List[Found]) -> Tuple[int, int]:
        """Remove these files, unless they are on their way; how many were removed, and their bytes."""
        sizes = [size for _, size, path in files if (_remove_part if path.endswith(".part") else _remove)(path)]
        return len(sizes), sum(sizes)

    def _files(self, patterns: Tuple[str, ...]) -> List[Found]:
        """Each file whose path below the folder fits, level by level. What a link leads to is somebody's own."""
        *above, last = patterns
        folders = [self.root]
        for pattern in above:
            inside = [entry for folder in folders for entry in _entries(folder, pattern)]
            folders = [entry.path for entry in inside if entry.is_dir(follow_symlinks=False)]
        found = []
        for entry in (entry for folder in folders for entry in _entries(folder, last)):
            if entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # another process cleans, too
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime, status.st_size, entry.path))
        return found

    def _made(self, name: str) -> str:
        folder = os.path.join(self._folder, name)
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise UsageError(f"Files can't be kept in the cache {folder} ({error}): set WANDB_CACHE_DIR.") from None
        return folder


def _entries(folder: str, pattern: str) -> List[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if re.fullmatch(pattern, entry.name)]
    except OSError:
        return []  # it is not there, or another user's: nothing that we could remove


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False  # another process was faster, or it is another user's
    return True


def _remove_part(path: str) -> bool:
    """Not one that is on its way: whoever brings it has it locked."""
    import fcntl

    try:
        descriptor = lifted(os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW))
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.stat(path), os.fstat(descriptor)) and _remove(path)
    except OSError:
        return False  # it is locked, or has been moved to its place
    finally:
        os.close(descriptor)


def copy_proven(path: str, entry: ArtifactManifestEntry, target: str) -> bool:
    """Copy a file to `target`, unless it has another digest than the entry; whether it was copied. Raises OSError."""
    with open(path, "rb", buffering=0) as source, replacing(target) as copy:
        with open(copy, "wb") as file:
            is_sound = digest_of(source, entry.digest_algorithm(), file)[0] == entry.digest
        if not is_sound:
            os.unlink(copy)
    return is_sound


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
