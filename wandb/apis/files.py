"""The files of a run, as they lie in its folder."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import mimetypes
import os
import shutil
from pathlib import Path
from typing import IO, TYPE_CHECKING, Iterator, Sequence

from wandb.errors import ArgumentValueError

if TYPE_CHECKING:
    from typing import Any

_PIECE = 1 << 20
# What the service is writing just now, to put it in the place of another file.
_UNFINISHED = ("config.yaml.part", "wandb-metadata.json.part", "wandb-summary.json.part", ".output.log.new")


class File:
    """One file below `files/` of a run folder; `name` is its path there, with slashes."""

    def __init__(self, folder: str, name: str) -> None:
        self.name = name
        self.path = os.path.join(folder, *name.split("/"))

    @property
    def size(self) -> int:
        """Bytes."""
        return os.stat(self.path).st_size

    @property
    def mimetype(self) -> str:
        """As the name suggests; "" if it suggests nothing."""
        return mimetypes.guess_type(self.name)[0] or ""

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

    def download(self, root: str = ".", replace: bool = False, exist_ok: bool = False, api: Any = None) -> IO[str]:
        """Copy it to its place below `root`; the copy, open for reading.

        Raises ArgumentValueError if there is a file already and neither `replace` nor `exist_ok` is given.
        """
        target = os.path.join(root, *self.name.split("/"))
        if os.path.exists(target) and not replace:
            if exist_ok:
                return open(target, encoding="utf-8")
            raise ArgumentValueError(f"{target} is there already: replace=True overwrites it, exist_ok=True keeps it.")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        partial = f"{target}.part"
        shutil.copyfile(self.path, partial)
        os.replace(partial, target)
        return open(target, encoding="utf-8")

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.mimetype}) {self.size} B>"


class Files(Sequence[File]):
    """The files of a run that are there now, sorted by name; `names` and `pattern` (with `*` and `?`) choose."""

    def __init__(self, folder: str, names: Sequence[str] | None = None, pattern: str | None = None) -> None:
        chosen = (name for name in _names_below(folder) if not names or name in names)
        matching = (name for name in chosen if pattern is None or fnmatch.fnmatchcase(name, pattern))
        self._files = [File(folder, name) for name in sorted(matching)]

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, place: Any) -> Any:
        return self._files[place]

    def __repr__(self) -> str:
        return f"<Files ({len(self)})>"


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
