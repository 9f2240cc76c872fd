"""One file on its way to its place: written in pieces as a part of our own, which gets its name once it is whole.

Content that we encoded is in memory, so whoever began a delivery may leave the rest of it to another thread. A user's
file may change or go as soon as the program goes on: it is copied at once, or taken into memory first (`keep`).
"""

from __future__ import annotations

import os
from functools import partial
from hashlib import sha256
from io import FileIO  # closes its descriptor wherever an exception drops it
from time import monotonic  # by name: a program may replace the clock of the module

from wandb.descriptors import high_duplicate
from wandb.sdk.lib.interruption import is_interruption
from wandb.sdk.lib.kernel_copy import clone, copy, digest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Union

PIECE = 1 << 20  # bytes of one write: a thousandth of a second on a disk that is well


class Delivery:
    """One file, begun and ended by whoever calls `go_on`; never by two at once."""

    def __init__(
        self, source: Union[bytes, str], files_dir: str, name_of: Callable[[str], str], sha256: str = ""
    ) -> None:
        """`source` is the content, or the path of a user's file; `name_of(sha256)` is the name below `files_dir`.

        Only the last part of the name depends on the hash. Raises OSError for a user's file that is not there.
        """
        self._data = source if isinstance(source, bytes) else None
        self._path = "" if isinstance(source, bytes) else source
        self._files_dir = files_dir
        self._name_of = name_of
        self.size = len(source) if isinstance(source, bytes) else os.stat(source).st_size
        self.sha256 = sha256
        self._part, self._offset = "", 0
        self._file: FileIO | None = None

    @property
    def name(self) -> str:
        """Where it is below the folder; right once its hash is known, for a user's file after its copy."""
        return self._name_of(self.sha256)

    def keep(self) -> None:
        """Take a user's file into memory."""
        if self._data is None:
            with open(self._path, "rb") as file:
                self._data = file.read()
            self.size, self.sha256 = len(self._data), sha256(self._data).hexdigest()

    def go_on(self, seconds: float) -> bool:
        """Write for about so long, one piece at least; whether the file is whole, under its name.

        A user's file is copied whole. Raises OSError; then nothing of it stays, and the next call begins again.
        """
        until = monotonic() + seconds
        try:
            file = self._file or self._begin()
            if file is None:
                return True
            if self._data is None:
                self._copy(file.fileno())
            elif not self._write(file.fileno(), self._data, until):
                return False
            self._end(file)
        except BaseException:
            self.give_up()
            raise
        return True

    def _target(self) -> str:
        return os.path.join(self._files_dir, *self.name.split("/"))

    def _begin(self) -> FileIO | None:
        """Make the part; None if the file is there already, as the hash in its name says."""
        folder = os.path.dirname(self._target())
        try:
            if self.sha256 and os.path.getsize(self._target()) == self.size:
                return None
        except OSError as error:
            if is_interruption(error):
                raise
            os.stat(os.path.dirname(self._files_dir))  # a run folder that somebody has removed is not made again
        os.makedirs(folder, exist_ok=True)
        self._part, self._offset = f".{os.urandom(8).hex()}.part", 0
        self._file = _out_of_reach(FileIO(os.path.join(folder, self._part), "x+"))
        return self._file

    def _write(self, descriptor: int, data: bytes, until: float) -> bool:
        while self._offset < self.size:
            self._offset += os.write(descriptor, memoryview(data)[self._offset : self._offset + PIECE])
            if monotonic() > until:
                return False  # also behind the last one: a file server may take its time to close the file
        return True

    def _copy(self, descriptor: int) -> None:
        with _out_of_reach(FileIO(self._path)) as source:
            found = clone(source.fileno(), descriptor, digest_of)
            if found is None:
                copy(source.fileno(), descriptor)
                found = digest_of(descriptor)
            self.sha256, self.size = found

    def _end(self, file: FileIO) -> None:
        file.close()
        os.replace(self._part_path(), self._target())  # whole at once, and never through a link
        self._part, self._file = "", None

    def _part_path(self) -> str:
        return os.path.join(os.path.dirname(self._target()), self._part)

    def give_up(self) -> None:
        """Nothing of it stays, unless it is whole; `go_on` begins again."""
        try:
            if self._file is not None:
                self._file.close()
        finally:
            self._file = None
            if self._part and os.path.exists(self._part_path()):
                os.unlink(self._part_path())  # half a file takes room on a disk that may be full
                self._part = ""

    def move_to(self, files_dir: str) -> bool:
        """Bring it below another folder, where the run's files are now; False if it is that one."""
        if files_dir == self._files_dir:
            return False
        self._files_dir = files_dir
        self.give_up()
        return True


def _out_of_reach(file: FileIO) -> FileIO:
    with file:
        high: FileIO = high_duplicate(file.fileno(), partial(FileIO, mode=file.mode))
    return high


def at_once(delivery: Delivery) -> None:
    """Bring it to its end in this thread. Raises OSError."""
    delivery.go_on(float("inf"))
