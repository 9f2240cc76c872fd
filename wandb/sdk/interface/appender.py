"""A process's end of the logs: one append for each record, or bounded memory for a disk that takes nothing.

The creator appends to the transaction log, every other process to the spool; made at first use in each process, never
inherited. Nothing here raises for a disk that fails.
"""

from __future__ import annotations

import _thread
import os
from collections import deque
from threading import get_ident
from time import monotonic, time_ns  # by name: a program may replace the clock of the module

from wandb.process import ProcessIdentity, host_name
from wandb.runlog.spool import CREATOR, RECORD, Spool, writer_name
from wandb.sdk.interface.backlog import FILE
from wandb.sdk.interface.behind import Behind
from wandb.sdk.interface.ended_log import EndedLog
from wandb.sdk.interface.slow_disk import SLOW_SECONDS
from wandb.sdk.lib.usual_write import usual_output
from wandb.wire.encode import MOMENT_BITS, moment_field, named, numbered, output_body, output_record, utf8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Deque, Tuple

    from wandb.runlog.layout import RunLayout
    from wandb.runlog.quick_write import Write
    from wandb.runlog.transaction_log import TransactionLog
    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.interface.source import Source
    from wandb.sdk.lib.delivery import Delivery

# `print` writes values, spaces and the line's end one by one, each for the same price. So the main thread of the
# creator holds back what nobody could see anyway, until its next text; rows may come between.
_HELD = ("\n", " ")
# A write that took so long may have waited for other threads, not for the disk; one that took so much longer makes the
# next ones let go of the interpreter's lock, for how long.
_LONG_SECONDS, _LONG_FOR_A_DISK, _LET_GO_SECONDS = 0.001, 0.1, 5.0


class Appender(Behind):
    """Appends records, from any thread, in one order."""

    def __init__(
        self,
        layout: RunLayout,
        log: TransactionLog | None,
        warn: Callable[[str], None],
        source: Source,
        find_folder: Callable[[], str] = str,
        of_root: Spool | None = None,
    ) -> None:
        """`log` in the creator only; `source` is who writes console text here; `of_root` is the creator's open spool.

        `find_folder()` has the layout follow a folder that was moved, and returns what is to be said of it.
        """
        super().__init__(warn)
        self._find_folder = find_folder
        self._has_last = False
        self._source = source
        self._layout = layout
        self._is_creator = log is not None
        self._log: TransactionLog | EndedLog | None = log
        self._of_root = of_root
        self._spool: Spool | None = of_root if log else None
        self._num = self._sequence = 0
        self.writer = CREATOR if log else writer_name(ProcessIdentity.current())
        self._held: Deque[Tuple[bool, str]] = deque()  # what waits, if anything: is it of stdout, and what is it
        self._ended = False
        self._main_write: Write = os.write
        self._keeps_lock = False
        # Made now: beside threads that compute, its module would take long to load.
        self._quick_write = log.quick_write() if log else os.write
        self._lets_go_until = 0.0
        self._takes_no_output = source.is_silent
        self._usual_thread = source.usual_thread()
        self._moment, self._moment_field = -1, b""  # of the last record, if that is text of the main thread

    def append(self, frame_kind: int, record_body: bytes) -> None:
        """Append a record; one that comes in the middle of another of its thread, behind that."""
        self._serial.run(self._append, frame_kind, record_body)
        if self._news.waiting:
            self._news.say()

    def append_row(self, record_body: bytes, now: float) -> None:
        """The same for a row, `now` by `monotonic`; straight on in the usual case: it is paid for with each of them."""
        serial, thread = self._serial, get_ident()
        if self._log is None or serial.thread == thread:
            self.append(RECORD, record_body)
            return
        try:
            if not serial.acquire(False):
                self.append(RECORD, record_body)
                return
            serial.thread = thread
            if serial.kept:
                serial.make_kept()
            if self._behind:
                self._append(RECORD, record_body)
            else:
                self._num = num = self._num + 1
                try:
                    write = self._main_write if thread == self._usual_thread else os.write
                    self._log.append(numbered(num, record_body), write)
                except OSError as error:
                    self._refused(error, RECORD, record_body)
                if monotonic() - now > _LONG_SECONDS:
                    self._took_long(monotonic() - now)
            if serial.kept:
                serial.make_kept()
            serial.thread = 0
            serial.release()
        except BaseException:
            try:
                serial.give_up()
            except RecursionError:
                if serial.thread == thread:
                    serial.thread = 0
                    serial.release()
            raise
        if serial.kept or self._news.waiting:
            serial.make_kept_if_free()
            self._news.say()

    def append_output(self, is_stdout: bool, text: str) -> bool:
        """Append what one write call wrote; "" for what is held back. False if one was in the same moment."""
        serial, thread, held = self._serial, get_ident(), self._held
        if thread != self._usual_thread or serial.thread == thread:
            if text and not self._takes_no_output:
                self.append(RECORD, self._output_body(is_stdout, text))
            return True
        if text in _HELD and not held and not serial.kept and self._moment >= 0:
            held.append((is_stdout, text))
            return False
        moment = time_ns() >> MOMENT_BITS
        is_later = moment != self._moment
        if is_later:
            self._moment, self._moment_field, began = moment, moment_field(moment), monotonic()
        try:  # what `serial.run` does in the usual case, straight on: it is paid for with every print
            if not serial.acquire(False):
                self._append_waiting(is_stdout, text)
                return is_later
            serial.thread = thread
            if serial.kept:
                serial.make_kept()
            if not text or self._behind or (held and (held[0][0] != is_stdout or len(held) > 1)):
                self._append_waiting(is_stdout, text)
            else:
                text = held[0][1] + text if held else text
                self._num = num = self._num + 1
                record = output_record(num, is_stdout, self._moment_field, text.encode("utf-8", "replace"))
                try:
                    self._log.append(record, self._main_write)  # type: ignore[union-attr]
                except OSError as error:
                    self._refused(error, RECORD, self._output_body(is_stdout, text))
                if held:
                    held.popleft()
                if is_later and monotonic() - began > _LONG_SECONDS:
                    self._took_long(monotonic() - began)
            if serial.kept:
                serial.make_kept()
            serial.thread = 0
            serial.release()
        except BaseException:
            try:
                serial.give_up()
            except RecursionError:
                if serial.thread == thread:
                    serial.thread = 0
                    serial.release()
            raise
        if serial.kept or self._news.waiting:
            serial.make_kept_if_free()
            self._news.say()
        return is_later

    def _append_waiting(self, is_stdout: bool, text: str) -> None:
        if text:
            self.append(RECORD, self._output_body(is_stdout, text))
        else:
            self._serial.run(self._append_held)

    def _output_body(self, is_stdout: bool, text: str) -> bytes:
        moment = moment_field(time_ns() >> MOMENT_BITS)
        return output_body(is_stdout, moment, utf8(text), self._source.of_this_thread())

    def _append_held(self) -> None:
        moment = self._moment_field  # of the text before it: what stands behind it now has its own time already
        while self._held:  # gone once it is written: rather twice than never, if a signal handler ends this
            is_stdout, text = self._held[0]
            self._append_next(RECORD, output_body(is_stdout, moment, text.encode()))
            self._held.popleft()

    def _append(self, frame_kind: int, record_body: bytes) -> None:
        if self._held:
            self._append_held()
        self._moment = -1
        self._append_next(frame_kind, record_body)

    def _append_next(self, frame_kind: int, record_body: bytes) -> None:
        if self._behind:
            self._keep(frame_kind, record_body)
            return
        began = monotonic()
        try:
            self._write(frame_kind, record_body)
        except OSError as error:
            self._refused(error, frame_kind, record_body)
        if monotonic() - began > SLOW_SECONDS:
            self._watch_next()

    def usual_output(self, interface: Interface) -> Any:
        """What appends usual texts in C, if that can be had and this is the creator; `interface` says when to look."""
        if self._log is None or not self._usual_thread:
            return None
        serial, waiting = self._serial, self._news.waiting
        return usual_output(self, self._log, serial, serial.kept, self._held, waiting, interface)

    def look_at_threads(self) -> None:
        """Where other threads could take the interpreter's lock, the main thread keeps it while it writes."""
        lets_go = monotonic() < self._lets_go_until
        is_alone = not _thread._count()  # without this thread, if it is the main thread
        self._main_write = os.write if is_alone or lets_go else self._quick_write
        self._keeps_lock = not lets_go and self._quick_write is not os.write  # also alone: a thread may begin any time

    def _took_long(self, seconds: float) -> None:
        if seconds > _LONG_FOR_A_DISK:
            self._lets_go_until = monotonic() + _LET_GO_SECONDS
        self.look_at_threads()
        if seconds > SLOW_SECONDS:
            self._watch_next()

    def _write(self, frame_kind: int, record_body: Any) -> None:
        if self._ended:
            return
        if frame_kind == FILE:
            self._late_files.bring(record_body)
            return
        if self._log is not None and frame_kind == RECORD:
            self._num += 1
            self._log.append(numbered(self._num, record_body))
            return
        if self._spool is None:
            self._spool = Spool(self._layout.spool(host_name()), self._of_root)
        # Counted first: an exception of a signal handler may come right behind the write, and a number that
        # came twice would pass for a record that was read already. A gap is harmless.
        self._sequence += 1
        self._spool.append(frame_kind, named(f"{self.writer}#{self._sequence}", record_body))

    def _follow(self, file: Delivery) -> bool:
        found = self._find_folder()
        if found:
            self._news.waiting.append(found)
        return file.move_to(self._layout.files_dir)

    def append_last(self, frame_kind: int, body: bytes, seconds: float) -> bool:
        """Append the last record, behind everything that is kept, and close the logs.

        The folder is looked for before that: here, since it touches the disk, where a thread may be held.
        False if a disk that takes seconds for a write has not taken all of it in this time: don't touch it any more.
        """
        self._takes_no_output = True
        self._usual_thread = 0
        log = self._log
        inside = self._serial.run_last(self._append_last, frame_kind, body)
        slow_disk = self._slow_disk
        if self._has_last and not self._ended and (slow_disk is None or slow_disk.end(seconds)):
            inside = self._serial.run_last(self._end_if_written)
        self._late_files.tell_given_up()
        self._news.say()
        if self._ended and not inside:  # an interrupted append may still hold the number of a descriptor
            for end in (log, self._spool):
                if end is not None:
                    end.close()
        return self._ended

    def _append_last(self, frame_kind: int, record_body: bytes) -> None:
        found = "" if self.waits() else self._find_folder()
        if found:
            self._news.waiting.append(found)
        self._bring_refused()
        self._append(frame_kind, record_body)
        self._has_last = True
        if self._slow_disk is None:
            self._end()

    def _end_if_written(self) -> None:
        if self._behind:
            self._catch_up()  # what a thread gave back
        if self._slow_disk is None:
            self._end()

    def _end(self) -> None:
        self._ended = True
        if self._log is not None:
            self._log = EndedLog()  # for a thread that is waiting to append
