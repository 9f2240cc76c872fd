"""A part of a file, or all of it, on its way to the server, from its first try to its last."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
from typing import Any

from wandb.errors import CommError

_READ = 1 << 20


class ChangedFile(CommError):
    """A file is not what it was promised to be. No OSError, which HTTP libraries take for a broken connection."""


class FilePart(io.RawIOBase):
    """What HTTP libraries need of a file. The file may grow meanwhile; the part's length was told before."""

    def __init__(self, path: str, start: int, size: int) -> None:
        """Raises OSError, also for what is no regular file: a pipe could be waited for without an end."""
        super().__init__()
        # Without a buffer, which would show what the file was before. Closed with the part.
        self._file = open(path, "rb", buffering=0, opener=_open_regular)  # noqa: SIM115
        self._start, self._size = start, size
        self._hash = hashlib.md5()
        self._file.seek(start)

    def __len__(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = 0) -> int:
        position = offset + (0, self.tell(), self._size)[whence]
        self._hash = hashlib.md5()  # it is sent again, from its beginning
        return self._file.seek(self._start + position) - self._start

    def readinto(self, buffer: Any) -> int:
        left = self._size - self.tell()
        data = self._file.read(min(len(buffer), left))
        if left > 0 and len(buffer) and not data:
            raise ChangedFile("the file has become shorter")
        buffer[: len(data)] = data
        self._hash.update(data)
        return len(data)

    def go_on_at(self, offset: int) -> bool:
        """Have the bytes behind `offset` read next, if all that were read so far are still the same.

        False if they are not: somebody has what is not in the file any more. Raises OSError.
        """
        reached, known = self.tell(), self.digest()
        self.seek(0)
        self.hash_until(offset)
        at_offset = self._hash.copy()
        self.hash_until(reached)
        is_same = self.digest() == known
        self.seek(offset)
        self._hash = at_offset
        return is_same

    def hash_until(self, offset: int) -> None:
        """Read on up to `offset`, for the digest alone."""
        while self.tell() < offset:
            self.read(min(_READ, offset - self.tell()))

    def digest(self) -> bytes:
        """The md5 of what was read, from the first byte on."""
        return self._hash.digest()

    def close(self) -> None:
        self._file.close()
        super().close()


def digest_of_part(path: str, start: int, size: int) -> bytes:
    """The md5 of a part of a file. Raises OSError."""
    with FilePart(path, start, size) as part:
        part.hash_until(size)
        return part.digest()


def _open_regular(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has none, and no pipes with paths
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no regular file")
    return descriptor


class ProvenFile(FilePart):
    """A whole file whose digest is known: with another content, its last bytes are not given away.

    So what a store takes is always the file that was promised, and one that changes meanwhile is no file there.
    """

    def __init__(self, path: str, size: int, digest: str) -> None:
        """`digest` is the base64 of its md5. Raises OSError."""
        super().__init__(path, 0, size)
        self._path, self._promised = path, digest

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        if self.tell() == self._size and base64.b64encode(self.digest()).decode("ascii") != self._promised:
            raise ChangedFile(has_changed(self._path))
        return count


def has_changed(path: str) -> str:
    """What is said of such a file."""
    return f"{path} has changed since it was added to the artifact"
