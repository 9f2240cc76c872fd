"""What an appender does with records and files that its disk does not take at once: they wait in memory, in one line.

A disk that refuses is tried again with each record, and one that holds a write, or takes long for files, gets a thread
for as long as that is so.
"""

from __future__ import annotations

from time import monotonic  # by name: a program may replace the clock of the module

from wandb.process import at_exit
from wandb.sdk.interface.backlog import Backlog
from wandb.sdk.interface.disk_news import DiskNews
from wandb.sdk.interface.late_files import LateFiles
from wandb.sdk.interface.slow_disk import SLOW_SECONDS, SlowDisk
from wandb.sdk.lib.interruption import is_interruption
from wandb.sdk.lib.serial import Serial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from wandb.sdk.lib.delivery import Delivery

_MOST_QUIET_SECONDS = 5.0  # about one that may only be slow
_SECONDS_AT_END = 20.0  # for the files of a process that is not the creator


class Behind:
    """The part of `Appender` that a disk which is well never sees."""

    _is_creator: bool
    _write: Callable[[int, Any], None]
    _follow: Callable[[Delivery], bool]

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._serial = Serial()
        self._backlog = Backlog()
        self._behind = False  # what comes goes into the backlog first
        self._slow_disk: SlowDisk | None = None
        self._slow_since = 0.0
        self._tries_at_end = False
        self._news = DiskNews(warn)
        self._late_files = LateFiles(lambda file: self._serial.run(self._put_off, file), self._news, self._follow)

    def deliver(self, file: Delivery, has_ended: bool) -> None:
        """Bring a file to its place, now or before any record that comes later. Raises OSError: it can't be written."""
        if has_ended:
            file.go_on(float("inf"))
        else:
            self._late_files.deliver(file, self.waits())
        if self._news.waiting:
            self._news.say()

    def _put_off(self, file: Delivery) -> None:
        self._backlog.keep_file(file)
        self._behind = True
        self._try_again_at_end()
        if self._slow_disk is None:
            self._leave_to_thread(holds_records=False)
        if self._slow_disk is None:
            self._catch_up()  # there is no thread to be had
        else:
            self._slow_disk.takes_it()

    def _keep(self, frame_kind: int, record_body: bytes) -> None:
        self._backlog.keep(frame_kind, record_body)
        if self._slow_disk is None or not self._slow_disk.takes_it():
            self._slow_disk = None
            self._catch_up()
        elif self.waits() and monotonic() - self._slow_since > _MOST_QUIET_SECONDS:
            self._news.refuses("it takes seconds")

    def _catch_up(self) -> None:
        try:
            while self._backlog:
                began = monotonic()
                self._write(*self._backlog.first())
                self._backlog.drop_first()
                if monotonic() - began > SLOW_SECONDS:
                    self._leave_to_thread()
                    return
        except OSError as error:
            if is_interruption(error):
                raise
            if monotonic() - began > SLOW_SECONDS:
                self._leave_to_thread()
            self._tell_refusal(error)
            return
        self._has_caught_up()

    def _watch_next(self) -> None:
        """A write was slow: the next call writes by itself, too, and leaves it to a thread if that is slow again.

        A process that got no processor for a while looks the same, and may end as soon as it has: by `os._exit`, which
        takes along what a thread has not written yet.
        """
        self._behind = True
        self._try_again_at_end()

    def _leave_to_thread(self, holds_records: bool = True) -> None:
        lock, over = self._serial.lock, self._thread_has_ended
        try:
            self._slow_disk = SlowDisk(self._backlog, lock, self._write, over, holds_records)
        except RuntimeError:
            return  # there is no thread to be had: the next call is held, too
        self._behind, self._slow_since = True, monotonic()

    def _thread_has_ended(self) -> None:
        self._slow_disk = None
        if not self._backlog:  # else what is left is its callers' again
            self._has_caught_up()

    def _has_caught_up(self) -> None:
        self._behind, self._slow_disk = False, None
        self._news.takes_again(self._backlog.dropped)

    def _refused(self, error: OSError, frame_kind: int, record_body: bytes) -> None:
        if is_interruption(error):
            raise error
        self._backlog.keep(frame_kind, record_body)
        self._behind = True
        self._tell_refusal(error)

    def _tell_refusal(self, error: OSError) -> None:
        self._news.refuses(error.strerror)
        self._try_again_at_end()

    def _try_again_at_end(self) -> None:
        if not self._is_creator and not self._tries_at_end:  # the creator's end is `append_last`
            self._tries_at_end = True
            at_exit(self._try_at_end)

    def _try_at_end(self) -> None:
        self._serial.run(self._bring_refused)
        slow_disk = self._slow_disk
        if slow_disk is not None and (self._late_files.are_waiting() or not self.waits()):
            slow_disk.end(_SECONDS_AT_END)
        if self._behind and self._slow_disk is None:
            self._serial.run(self._catch_up)
        self._late_files.tell_given_up()
        if self.unwritten():
            self._news.waiting.append(f"{self.unwritten()} records of this process could not be written.")
        self._news.say()

    def _bring_refused(self) -> None:
        for file in self._late_files.end():
            self._put_off(file)

    def unwritten(self) -> int:
        """How many records and files are not on the disk."""
        return len(self._backlog) + self._backlog.dropped + self._serial.lost + (self._slow_disk is not None)

    def waits(self) -> bool:
        """Whether a disk that takes seconds for a write is not to be touched by who must not wait."""
        return self._slow_disk is not None and self._slow_disk.holds_records()
