"""Files of media on a disk that takes long for them: `log` begins one, and leaves the rest to another thread.

What `log` copies to the kernel outlives a SIGKILL, so on a disk that is well it writes all of a file by itself, and a
process has no thread for that. Where that takes longer than a training should notice, the rest waits in memory, in one
line with the records: those that come later are behind it, so a row in the record never names a file that is not
whole. While files take long, the next ones are not even begun by `log`.
"""

from __future__ import annotations

import errno
from time import monotonic  # by name: a program may replace the clock of the module

from wandb.sdk.lib.interruption import is_interruption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict

    from wandb.sdk.interface.disk_news import DiskNews
    from wandb.sdk.lib.delivery import Delivery

# A disk that is well takes LIMIT_BYTES in less: 64 MiB took 0.12 s here at least, and 0.2 s beside other work.
PATIENCE_SECONDS = 0.25
LIMIT_BYTES = 64 << 20  # of files that wait in memory; about twenty large pictures, or a film
_TRIES = 3
_HANGS_SECONDS = 20.0  # without a piece, as long as `finish` waits for a thread of the program


class LateFiles:
    """The files of one process."""

    def __init__(self, put_off: Callable[[Delivery], None], news: DiskNews) -> None:
        """`put_off(file)` has `bring` called from another thread, before any record that is appended from now on."""
        self._put_off = put_off
        self._news = news
        self._takes_long = False
        self._waiting: Dict[Delivery, int] = {}  # and how often the disk has refused it
        self._progress = 0.0  # when the disk took a piece

    def deliver(self, file: Delivery, is_slow: bool) -> None:
        """Bring a file to its place, now or before the next record. Raises OSError for a file that can't be written.

        `is_slow`: records wait for the disk already.
        """
        if not is_slow and not self._takes_long:
            began = monotonic()
            is_whole = file.go_on(PATIENCE_SECONDS)
            self._takes_long = monotonic() - began > PATIENCE_SECONDS and file.size <= LIMIT_BYTES
            if is_whole:
                return
        if sum(waiting.size for waiting in tuple(self._waiting)) + file.size > LIMIT_BYTES:
            if self._waiting and monotonic() - self._progress > _HANGS_SECONDS:
                raise OSError(errno.ETIMEDOUT, "the disk hangs, and memory has no room for more files")
            file.go_on(float("inf"))
            return
        file.keep()
        if not self._waiting:
            self._progress = monotonic()
        self._waiting[file] = 0
        self._put_off(file)

    def are_waiting(self) -> bool:
        """Whether there are files that are not at their places."""
        return bool(self._waiting)

    def bring(self, file: Delivery) -> None:
        """Write all that is left of a file that was put off. Raises OSError a few times, for a disk that refuses."""
        began = self._progress = monotonic()
        try:
            while not file.go_on(0.0):
                self._progress = monotonic()
        except OSError as error:
            self._waiting[file] += 1
            if self._waiting[file] < _TRIES or is_interruption(error):
                raise
            self._news.waiting.append(f"{file.name} could not be written ({error}); the run's record names it.")
        self._progress = monotonic()
        self._takes_long = self._progress - began > PATIENCE_SECONDS
        del self._waiting[file]
