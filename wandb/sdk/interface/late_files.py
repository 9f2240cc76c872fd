"""Files of media on a disk that takes long for them: `log` begins one, and leaves the rest to another thread.

What `log` copies to the kernel outlives a SIGKILL, so on a disk that is well it writes all of a file by itself, and a
process has no thread for that. Where that takes longer than a training should notice, the rest waits in memory, in one
line with the records: those that come later are behind it, so a row in the record never names a file that is not
whole. While files take long, the next ones are not even begun by `log`.

A file that the disk refuses steps aside: the records behind it go on. It stays in memory, and is tried again when the
disk has taken another one, and at the end.
"""

from __future__ import annotations

import errno
from operator import attrgetter
from time import monotonic  # by name: a program may replace the clock of the module

from wandb.sdk.lib.interruption import is_interruption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, List

    from wandb.sdk.interface.disk_news import DiskNews
    from wandb.sdk.lib.delivery import Delivery

# A disk that is well takes LIMIT_BYTES in less: 64 MiB took 0.12 s here at least, and 0.2 s beside other work.
PATIENCE_SECONDS = 0.25
LIMIT_BYTES = 64 << 20  # of files that wait in memory; about twenty large pictures, or a film
_AGAIN_SECONDS = 1.0  # from a refusal until a file is tried again
_SIZE = attrgetter("size")
_HANGS_SECONDS = 20.0  # without a piece, as long as `finish` waits for a thread of the program


class LateFiles:
    """The files of one process."""

    def __init__(
        self, put_off: Callable[[Delivery], None], news: DiskNews, follow: Callable[[Delivery], bool] = lambda _: False
    ) -> None:
        """`put_off(file)` has `bring` called from another thread, before any record that is appended from now on.

        `follow(file)` gives a file its place in a folder that was moved; whether it has another one now.
        """
        self._put_off = put_off
        self._news = news
        self._follow = follow
        self._takes_long = False
        self._waiting: Dict[Delivery, bool] = {}  # in memory, and whether it has stepped aside
        self._progress = 0.0  # when the disk took a piece
        self._rests_until = 0.0  # as long as it took to refuse: it may take seconds for each file
        self._next_try = 0.0
        self._why: Exception | None = None
        self._has_said = self._ends = False
        self._given_up: List[str] = []

    def deliver(self, file: Delivery, is_slow: bool) -> None:
        """Bring a file to its place, now or before the next record. Raises OSError for a file that can't be written.

        `is_slow`: records wait for the disk already.
        """
        try:
            if self._is_written(file, is_slow):
                return
            file.keep()
        except BaseException:
            file.give_up()
            raise
        if all(self._waiting.values()):
            self._progress = monotonic()
        self._line_up(file)

    def _is_written(self, file: Delivery, is_slow: bool) -> bool:
        if not is_slow and not self._takes_long:
            began = monotonic()
            is_whole = self._go_on(file, PATIENCE_SECONDS)
            self._takes_long = monotonic() - began > PATIENCE_SECONDS and file.size <= LIMIT_BYTES
            if is_whole:
                self._try_again()
                return True
        if sum(map(_SIZE, tuple(self._waiting))) + file.size <= LIMIT_BYTES:
            return False
        if not all(tuple(self._waiting.values())) and monotonic() - self._progress > _HANGS_SECONDS:
            raise OSError(errno.ETIMEDOUT, "the disk hangs, and memory has no room for more files")
        return self._go_on(file, float("inf"))

    def _go_on(self, file: Delivery, seconds: float) -> bool:
        try:
            return file.go_on(seconds)
        except (FileNotFoundError, NotADirectoryError):
            if not self._follow(file):
                raise
            return file.go_on(seconds)

    def _line_up(self, file: Delivery) -> None:
        try:
            self._waiting[file] = False
            self._put_off(file)
        except BaseException:
            self._waiting[file] = True  # nobody knows whether it stands there: the next try takes it out of memory
            raise

    def _try_again(self) -> None:
        """The disk has taken a file: see whether it takes one that stepped aside."""
        if self._waiting and monotonic() >= self._next_try:
            for file in self.aside()[:1]:
                self._line_up(file)

    def aside(self) -> List[Delivery]:
        """The files that the disk has refused, and that do not stand in the line."""
        return [file for file, is_aside in tuple(self._waiting.items()) if is_aside]

    def are_waiting(self) -> bool:
        """Whether there are files that are not at their places."""
        return bool(self._waiting)

    def bring(self, file: Delivery) -> None:
        """Write all that is left of a file that was put off, or have it step aside."""
        began = self._progress = monotonic()
        if began < self._rests_until:
            self._refuse(file)
            return
        try:
            while not self._go_on(file, 0.0):
                self._progress = monotonic()
        except Exception as error:  # a disk that refuses; no memory: nothing that should hold the records behind it
            if is_interruption(error):
                raise
            now = monotonic()
            self._why, self._rests_until, self._next_try = error, 2 * now - began, now + _AGAIN_SECONDS
            self._refuse(file)
        else:
            self._waiting.pop(file, None)
            self._try_again()
        self._progress = monotonic()
        self._takes_long = self._progress - began > PATIENCE_SECONDS

    def _refuse(self, file: Delivery) -> None:
        self._waiting.pop(file, None)  # the last one to be tried again
        if self._ends:
            self._given_up.append(file.name)
            return
        self._waiting[file] = True
        if not self._has_said:
            self._has_said = True
            self._news.waiting.append(
                f"{file.name} can't be written ({self._why}); it is kept in memory and tried again."
            )

    def end(self) -> List[Delivery]:
        """Those that stand aside, to be brought once more; what is refused from now on is given up."""
        self._ends, self._rests_until = True, 0.0
        files = self.aside()
        for file in files:
            self._waiting[file] = False
        return files

    def tell_given_up(self) -> None:
        """Say what could not be written."""
        if self._given_up:
            names, self._given_up = self._given_up, []
            others = f" and {len(names) - 1} other files" if len(names) > 1 else ""
            self._news.waiting.append(
                f"{names[0]}{others} could not be written ({self._why}); the run's record names them."
            )
