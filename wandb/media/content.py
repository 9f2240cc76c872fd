"""What a media file holds, and how it gets its place: `media/<kind>/<key>_<step>_<20 hex of sha256><extension>`.

Content that we encode stays in memory, as bytes, until it is written; a user's file is read when the run takes it.
Either way the file is whole before anybody is told of it, and the same content is never written twice.
"""

from __future__ import annotations

import os
from hashlib import md5, sha256

from wandb.sdk.lib.delivery import Delivery, at_once
from wandb.sdk.lib.json_texts import clean_text
from wandb.sdk.lib.kernel_copy import digest_of
from wandb.settings import working_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Tuple, Union

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

    def place(
        self, files_dir: str, subdir: str, key: str, step: object, deliver: Callable[[Delivery], None] = at_once
    ) -> str:
        """Have it brought below `files_dir`; its name there, with slashes. Raises OSError if that can't be done."""
        delivery = Delivery(
            self._path if self._data is None else self._data,
            files_dir,
            lambda sha256: f"{subdir}/{file_name(key, step, sha256, self.extension)}",
            self.sha256 if self._data is not None else self._sha256,
        )
        deliver(delivery)
        self._sha256, self._size = delivery.sha256, delivery.size
        return delivery.name

    def _measure(self) -> None:
        if self._data is not None:
            self._sha256, self._size = sha256(self._data).hexdigest(), len(self._data)
            return
        with open(self._path, "rb", buffering=0) as file:
            self._sha256, self._size = digest_of(file.fileno())


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
        [*(cut_name(folder, _NAME_BYTES) for folder in folders), cut_name(last, _NAME_BYTES - len(_utf8(end))) + end]
    )


def _parts(key: str) -> Tuple[Tuple[str, ...], str]:
    """The folders of a key, and its last part, which may be empty."""
    *folders, last = key.replace("\0", "_").split("/")
    safe = tuple("_" * len(part) if part in (".", "..") else part for part in folders if part)
    return safe, "_" * len(last) if last in (".", "..") else last


def cut_name(name: str, most: int) -> str:
    """As much of a name as has that many bytes on a disk."""
    data = _utf8(name)
    return name if len(data) <= most else data[: max(0, most)].decode("utf-8", "ignore")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def type_in_name(file: Any) -> str | None:
    """The type of an open file by its name, if it has one with an ending."""
    name = getattr(file, "name", None)
    return (os.path.splitext(name)[1][1:] or None) if isinstance(name, str) else None


def all_of(file: Any) -> Union[bytes, str]:
    """All that is in an open file, from its beginning where it can be wound back."""
    if hasattr(file, "seek") and (not hasattr(file, "seekable") or file.seekable()):
        file.seek(0)
    data: Union[bytes, str] = file.read()
    return data


def content_of(file: Any) -> bytes:
    """The same as bytes."""
    data = all_of(file)
    return data if isinstance(data, bytes) else data.encode("utf-8", "replace")
