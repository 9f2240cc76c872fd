"""What a media file holds, and how it gets its place: `media/<kind>/<key>_<step>_<20 hex of sha256><extension>`.

Content that we encode stays in memory, as bytes, until it is written; a user's file is read when the run takes it.
Either way the file is whole before anybody is told of it, and the same content is never written twice.
"""

from __future__ import annotations

import os
import shutil
from hashlib import md5, sha256

from wandb.descriptors import lifted
from wandb.sdk.lib.json_texts import clean_text
from wandb.settings import working_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, Tuple, Union

_PIECE = 1 << 20  # of a user's file, in memory at a time
_NAME_BYTES = 255  # of one name, on the file systems that there are
_HASH_DIGITS = 20


class Content:
    """The bytes of one media file."""

    def __init__(self, source: Union[bytes, str], extension: str) -> None:
        """`source` is the content itself, or the path of a user's file that has it."""
        self.extension = extension
        self._data = source if isinstance(source, bytes) else None
        self._path = "" if isinstance(source, bytes) else os.path.join(working_dir(), source)
        self._sha256 = ""
        self._size = -1

    @property
    def sha256(self) -> str:
        """Its SHA-256, in hexadecimal digits."""
        if not self._sha256:
            self._measure()
        return self._sha256

    @property
    def size(self) -> int:
        """Its length in bytes."""
        if self._size < 0:
            self._measure()
        return self._size

    def read(self) -> bytes:
        """All of it."""
        if self._data is not None:
            return self._data
        with open(self._path, "rb") as file:
            return file.read()

    def add_to(self, artifact: Any, subdir: str) -> str:
        """Make it a file of an artifact, named by its content; the name. What the artifact has already stays."""
        if self._data is None:
            name = f"{subdir}/{self.sha256[:_HASH_DIGITS]}/{os.path.basename(self._path)}"
        else:
            name = f"{subdir}/{md5(self._data).hexdigest()[:_HASH_DIGITS]}{self.extension}"
        if name not in artifact.manifest.entries:
            if self._data is None:
                artifact.add_file(self._path, name=name)
            else:
                with artifact.new_file(name, mode="wb") as file:
                    file.write(self._data)
        return name

    def place(self, files_dir: str, subdir: str, key: str, step: object) -> str:
        """Write it below `files_dir`; its name there, with slashes. Raises OSError if that can't be done."""
        name = f"{subdir}/{file_name(key, step, self.sha256, self.extension)}"
        target = os.path.join(files_dir, *name.split("/"))
        try:
            if os.path.getsize(target) == self._size:
                return name  # the hash in the name says that it is the same
        except OSError:
            os.stat(os.path.dirname(files_dir))  # a run folder that somebody has removed is not made again
            os.makedirs(os.path.dirname(target), exist_ok=True)
        part = os.path.join(os.path.dirname(target), f".{os.urandom(8).hex()}.part")
        try:
            self._write(part)
            os.replace(part, target)  # whole at once, and never through a link
        except OSError:
            if os.path.exists(part):
                os.unlink(part)  # half a file takes room on a disk that may be full
            raise
        return name

    def _write(self, path: str) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with open(lifted(descriptor), "wb") as file:
            if self._data is not None:
                file.write(self._data)
                return
            with open(self._path, "rb") as source:
                shutil.copyfileobj(source, file, _PIECE)

    def _measure(self) -> None:
        digest, size = sha256(), 0
        for piece in self._pieces():
            digest.update(piece)
            size += len(piece)
        self._sha256, self._size = digest.hexdigest(), size

    def _pieces(self) -> Iterator[bytes]:
        if self._data is not None:
            yield self._data
            return
        with open(self._path, "rb") as file:
            while True:
                piece = file.read(_PIECE)
                if not piece:
                    return
                yield piece


def reference_in(artifact: Any, address: str, subdir: str) -> Tuple[str, str]:
    """Make what is kept elsewhere an entry of an artifact, named by its address; (SHA-256 of the address, name)."""
    digest = sha256(address.encode("utf-8", "replace")).hexdigest()
    name = f"{subdir}/{digest[:_HASH_DIGITS]}/{address.rpartition('/')[2]}"
    if name not in artifact.manifest.entries:
        artifact.add_reference(address, name=name)
    return digest, name


def file_name(key: str, step: object, sha256: str, extension: str) -> str:
    """The name below the folder of a kind: slashes in the key make folders, but none leads out of it."""
    folders, last = _parts(clean_text(str(key)))
    end = f"_{step}_{sha256[:_HASH_DIGITS]}{extension}"
    return "/".join(
        [*(_cut(folder, _NAME_BYTES) for folder in folders), _cut(last, _NAME_BYTES - len(_utf8(end))) + end]
    )


def _parts(key: str) -> Tuple[Tuple[str, ...], str]:
    """The folders of a key, and its last part, which may be empty."""
    *folders, last = key.replace("\0", "_").split("/")
    safe = tuple("_" * len(part) if part in (".", "..") else part for part in folders if part)
    return safe, "_" * len(last) if last in (".", "..") else last


def _cut(name: str, most: int) -> str:
    data = _utf8(name)
    return name if len(data) <= most else data[: max(0, most)].decode("utf-8", "ignore")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def type_in_name(file: Any) -> str | None:
    """The type of an open file by its name, if it has one with an ending."""
    name = getattr(file, "name", None)
    return (os.path.splitext(name)[1][1:] or None) if isinstance(name, str) else None


def content_of(file: Any) -> bytes:
    """All that is in an open file, from its beginning where it can be wound back."""
    if hasattr(file, "seek") and (not hasattr(file, "seekable") or file.seekable()):
        file.seek(0)
    data = file.read()
    return data if isinstance(data, bytes) else data.encode("utf-8", "replace")
