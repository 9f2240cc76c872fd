"""A file that is sent, and that tells how far it is: whoever waits for a large one must see that it goes on."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from wandb.sync.file_part import FilePart

_BLOCK = 1 << 18


class Counted:
    """What the HTTP library needs of a file. `note` hears how many bytes have been read."""

    def __init__(self, file: IO[bytes] | FilePart, note: Callable[[int], None]) -> None:
        self._file = file
        self._note = note
        self._size = len(file) if hasattr(file, "__len__") else _size_of(file)

    def __len__(self) -> int:
        return self._size

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go there: what was sent before has to be sent again."""
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """The next bytes; more than the library's 16 KiB, each of which would wake up the reader for itself."""
        block = self._file.read(max(size, _BLOCK) if size >= 0 else size)
        self._note(len(block))
        return block


def _size_of(file: IO[bytes] | FilePart) -> int:
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size
