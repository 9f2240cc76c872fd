"""One file on its way to its place: written in pieces as a part of our own, which gets its name once it is whole.

Content that we encoded is in memory, so whoever began a delivery may leave the rest of it to another thread. A user's
file may change or go as soon as the program goes on: it is copied at once, or taken into memory first (`keep`).
"""

from __future__ import annotations

import os
from hashlib import sha256
from time import monotonic  # by name: a program may replace the clock of the module

from wandb.descriptors import lifted, out_of_reach
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
        self._part, self._descriptor, self._offset = "", -1, 0

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
            if self._descriptor < 0 and not self._begin():
                return True
            if self._data is None:
                self._copy()
            elif not self._write(self._data, until):
                return False
            self._end()
        except BaseException:
            self._give_up()
            raise
        return True

    def _target(self) -> str:
        return os.path.join(self._files_dir, *self.name.split("/"))

    def _begin(self) -> bool:
        """Make the part; False if the file is there already, as the hash in its name says."""
        folder = os.path.dirname(self._target())
        try:
            if self.sha256 and os.path.getsize(self._target()) == self.size:
                return False
        except OSError:
            os.stat(os.path.dirname(self._files_dir))  # a run folder that somebody has removed is not made again
        os.makedirs(folder, exist_ok=True)
        part = os.path.join(folder, f".{os.urandom(8).hex()}.part")
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._part, self._descriptor, self._offset = part, out_of_reach(lifted(descriptor)), 0
        return True

    def _write(self, data: bytes, until: float) -> bool:
        while self._offset < self.size:
            self._offset += os.write(self._descriptor, memoryview(data)[self._offset : self._offset + PIECE])
            if monotonic() > until:
                return False  # also behind the last one: a file server may take its time to close the file
        return True

    def _copy(self) -> None:
        source = lifted(os.open(self._path, os.O_RDONLY | os.O_CLOEXEC))
        try:
            found = clone(source, self._descriptor, digest_of)
            if found is None:
                copy(source, self._descriptor)
                found = digest_of(self._descriptor)
            self.sha256, self.size = found
        finally:
            os.close(source)

    def _end(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)
        os.replace(self._part, self._target())  # whole at once, and never through a link
        self._part = ""

    def _give_up(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        if self._part and os.path.exists(self._part):
            os.unlink(self._part)  # half a file takes room on a disk that may be full
        self._part = ""


def at_once(delivery: Delivery) -> None:
    """Bring it to its end in this thread. Raises OSError."""
    delivery.go_on(float("inf"))
