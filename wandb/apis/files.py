"""The files of a run: what all have in common, and those that lie in a run's folder."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import mimetypes
import os
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Iterator, Sequence

from wandb.apis.shown import Shown
from wandb.artifacts.cache import replacing
from wandb.errors import ApiValueError
from wandb.foreign_names import place_below

if TYPE_CHECKING:
    from wandb.apis.run import Run

_PIECE = 1 << 20
# What the service is writing just now, to put it in the place of another file.
_UNFINISHED = ("config.yaml.part", "wandb-metadata.json.part", "wandb-summary.json.part", ".output.log.new")


# Servers' names of what is an attribute here, for programs that use those.
_SERVERS_NAMES = {"directUrl": "direct_url", "sizeBytes": "size", "size_bytes": "size", "updatedAt": "updated_at"}


class File(Shown, ABC):
    """One file of a run; `name` is its path below the run's `files/`, with slashes."""

    name: str
    run: Run  # whose file it is

    def __getattr__(self, name: str) -> Any:
        if name not in _SERVERS_NAMES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self, _SERVERS_NAMES[name])

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes."""

    @property
    def mimetype(self) -> str:
        """As the name suggests; "" if it suggests nothing."""
        return mimetypes.guess_type(self.name)[0] or ""

    @abstractmethod
    def _bring(self, path: str) -> None:
        """Write the content to a file."""

    def download(self, root: str = ".", replace: bool = False, exist_ok: bool = False, api: Any = None) -> IO[str]:
        """Copy it to its place below `root`; the copy, open for reading.

        Raises ApiValueError if there is a file already and neither `replace` nor `exist_ok` is given, or if the
        name leads out of `root` or into a `.git`.
        """
        target = place_below(root, self.name)
        if os.path.exists(target) and not replace:
            if exist_ok:
                return open(target, encoding="utf-8")
            raise ApiValueError(f"{target} is there already: replace=True overwrites it, exist_ok=True keeps it.")
        self.write_to(target)
        return open(target, encoding="utf-8")

    def write_to(self, path: str) -> None:
        """Copy it to this path, in the place of what is there; nothing half is ever seen there."""
        with replacing(path) as new:
            self._bring(new)

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.mimetype}) {self.size} B>"


class Files:
    """The files of a run; also by index and slice."""

    run: Run

    def __repr__(self) -> str:
        count = len(self)  # type: ignore[arg-type]  # each kind of list has one
        return f"<Files {'/'.join(filter(None, self.run.path))} ({count})>"


class LocalFile(File):
    """One file below `files/` of a run folder."""

    def __init__(self, run: Run, folder: str, name: str) -> None:
        self.run = run
        self.name = name
        self.path = os.path.join(folder, *name.split("/"))

    @property
    def size(self) -> int:
        """Bytes."""
        return os.stat(self.path).st_size

    @property
    def updated_at(self) -> str:
        """When it was last written, in ISO 8601, UTC."""
        return iso_time(os.stat(self.path).st_mtime)

    @property
    def md5(self) -> str:
        """Of the content, in base64 as servers give it."""
        digest = hashlib.md5()
        with open(self.path, "rb") as file:
            for piece in iter(lambda: file.read(_PIECE), b""):
                digest.update(piece)
        return base64.b64encode(digest.digest()).decode()

    @property
    def url(self) -> str:
        """A file: URL."""
        return Path(self.path).as_uri()

    def _bring(self, path: str) -> None:
        shutil.copyfile(self.path, path)


class LocalFiles(Files, Sequence[LocalFile]):
    """The files of a run that are there now, sorted by name; `names` and `pattern` (with `*` and `?`) choose."""

    def __init__(
        self, run: Run, folders: Sequence[str], names: Sequence[str] | None = None, pattern: str | None = None
    ) -> None:
        """Of `folders`, a later one's files stand for those of earlier ones by the same name."""
        self.run = run
        places = {name: folder for folder in folders for name in _names_below(folder)}
        chosen = (name for name in places if not names or name in names)
        matching = (name for name in chosen if pattern is None or fnmatch.fnmatchcase(name, pattern))
        self._files = [LocalFile(run, places[name], name) for name in sorted(matching)]

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, place: Any) -> Any:
        return self._files[place]


def _names_below(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if name not in _UNFINISHED and os.path.isfile(path):  # a saved file may have lost its original
                yield os.path.relpath(path, folder).replace(os.sep, "/")


def iso_time(moment: float) -> str:
    """Seconds since the epoch as 2026-01-31T12:00:00Z."""
    from datetime import datetime, timezone

    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
