"""Follows all logs of a run and yields their records as entries, each once; the only reader that joins them.

Within a writer the order is exact; between writers it is by time, as far as both are there to compare. A record
that the fold copied into the transaction log is recognised by its writer and sequence and comes only once.
"""

from __future__ import annotations

import heapq
import os
from itertools import chain
from typing import TYPE_CHECKING, Any, Dict, Iterator, List

from wandb.errors import CorruptLog
from wandb.process import is_alive
from wandb.runlog.log_reader import MOST_PLACES, LogReader
from wandb.runlog.open_rows import OpenRows
from wandb.runlog.spool import FINISH, JOINED, OPEN_ROW, RECORD, SpoolReader, process_of
from wandb.wire.decode import decode, moment_of, record_kind, writer_of
from wandb.wire.row_items import MOST_STEP, RowItems

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout


class Entry:
    """A record as read back, with who wrote it and when (seconds since the epoch; 0 if unknown).

    `writer` is "" for the creator's own log; `frame_kind` is one of those of spool.py. `row` is what a history record
    holds, as it was read.
    """

    __slots__ = ("frame_kind", "kind", "record", "row", "sequence", "time", "writer")

    def __init__(self, record: Any, frame_kind: int, time: float) -> None:
        self.record = record
        self.kind = kind = record_kind(record)
        self.frame_kind = frame_kind
        uuid = record.uuid
        self.writer, self.sequence = writer_of(uuid) if uuid else ("", 0)
        if kind == "output_raw":
            time = moment_of(record.output_raw.timestamp) or time
        elif kind == "history":
            self.row = RowItems(record.history)
            time = self.row.moment() or time
        self.time = time


class Tail:
    """All logs of one run. `step` may be called as often as one likes; it yields what is new.

    What the fold must know is gathered on the way: how far the transaction log is (`last_num`, `log_step`),
    which records of other writers it already holds (`folded`), rows still open, and the run's end.
    """

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._log = LogReader(layout.transaction_log)
        self._spools: Dict[str, SpoolReader] = {}
        self._seen: Dict[str, int] = {}
        self._left: Iterator[Entry] = iter(())
        self.folded: Dict[str, int] = {}
        self.open_rows = OpenRows()
        self._strange: List[str] = []
        self._strange_count = 0
        self.last_num = 0
        self.log_step = -1
        self.starting_step = 0  # rows without a step get none below it
        self.finish: Any = None  # the exit record that the creator asked for
        self.held_back = False  # the fold has left something for the next time
        self.ended = False  # the transaction log has its exit record
        self.exit: Any = None  # ... which is this one, and begins at this offset
        self.exit_offset = 0
        self.unread: OSError | None = None  # why the last step has not read all that is there, if so

    @property
    def log_end(self) -> int:
        """Where the last whole record of the transaction log ends."""
        return self._log.offset

    def damage(self) -> List[str]:
        """What was skipped so far, one sentence a place."""
        found = [f"{self._log.path}, offset {offset}: {reason}" for offset, reason in self._log.damage]
        for path, reader in sorted(self._spools.items()):
            if reader.skipped_bytes:
                found.append(f"{path}: {reader.skipped_bytes} bytes of torn frames")
        found += self._strange
        if self.unread is not None:
            place, why = self.unread.filename or self._log.path, self.unread.strerror or self.unread
            found.append(f"{place} can't be read: {why}")
        others = self._log.damage_count - len(self._log.damage) + self._strange_count - len(self._strange)
        return [*found, f"and {others} more places"] if others else found

    def folded_to(self, end: int, exit_offset: int, last_num: int, exit_record: Any) -> None:
        """The fold has brought the log to this end."""
        self._log.offset, self.exit_offset, self.exit, self.ended = end, exit_offset, exit_record, True
        self.last_num = last_num

    def seen(self, writer: str) -> int:
        """The last sequence number that was read of a writer."""
        return self._seen.get(writer, 0)

    def living_writers(self, host: str) -> List[str]:
        """The writers that are living processes of this host: they have appended to its spool, or joined the run."""
        known = ((writer, process_of(writer, host)) for writer in self._seen)
        return [writer for writer, process in known if process is not None and is_alive(process)]

    def forget_spool(self, path: str) -> None:
        """The file is gone; one that comes in its place is read from its beginning."""
        self._spools.pop(path, None)

    def spool_offset(self, path: str) -> int:
        """How far a spool was read."""
        return self._spools[path].offset if path in self._spools else 0

    def has_unread_record(self) -> bool:
        """Whether a whole record of the transaction log has not been read yet. Raises OSError."""
        if not _grew(self._log.path, self.log_end):
            return False
        ahead = LogReader(self._log.path)
        ahead.offset = self.log_end
        return next(ahead.records(), None) is not None

    def unread_bytes(self) -> int:
        """How much of the logs has not been read yet."""
        spools = [(path, self.spool_offset(path)) for path in self._layout.spools()]
        return sum(max(_size(path) - offset, 0) for path, offset in [(self._log.path, self._log.offset), *spools])

    def note_damage(self, entry: Entry, reason: str) -> None:
        """Remember a record that is whole, but holds what it can't."""
        self._note(f"record {entry.record.num or repr(entry.record.uuid[:100] or 'without a number')}: {reason}")

    def note_torn_ends(self, host: str) -> None:
        """The run is being completed: remember what behind the last whole records will not become one any more."""
        logs = [(self._log.path, self._log.offset)]
        if not self.living_writers(host):
            logs += [(path, reader.offset) for path, reader in sorted(self._spools.items())]
        for path, offset in logs:
            if _grew(path, offset):
                sentence = f"{path}, offset {offset}: a torn end of {os.path.getsize(path) - offset} bytes"
                if sentence not in self._strange:  # completing the run may be tried again
                    self._note(sentence)

    def _note(self, sentence: str) -> None:
        self._strange_count += 1
        if len(self._strange) < MOST_PLACES:
            self._strange.append(sentence)

    def entries(self, as_folded: bool = False) -> Iterator[Entry]:
        """Like `step`, but whoever stops in the middle finds the rest of what was read ahead in the next call."""
        for entries in (self._left, self.step(as_folded)):
            self._left = entries
            for entry in entries:  # noqa: UP028 (`yield from` would end them together with this generator)
                yield entry

    def step(self, as_folded: bool = False) -> Iterator[Entry]:
        """The entries that came since the last call, each once: by time, or in the order that the fold gives them.

        As folded, a record that lies in both files comes as the log has it: a row with the number that it was given.
        A log that the disk does not give now is read on the next call: see `unread`.
        """
        self.unread = None
        try:
            for path in self._layout.spools():
                if path not in self._spools:
                    self._spools[path] = SpoolReader(path)
        except OSError as error:
            self.unread = error
        readers = [self._read_log(), *(self._read_spool(reader) for reader in self._spools.values())]
        if as_folded:
            # The log once more: a fold may have emptied a spool into it before that was opened here.
            readers.append(self._read_log())
        streams = [self._as_far_as_it_goes(reader) for reader in readers]
        entries = chain(*streams) if as_folded else heapq.merge(*streams, key=lambda entry: entry.time)
        for entry in entries:
            if entry.writer:
                if entry.sequence <= self._seen.get(entry.writer, 0):
                    continue
                self._seen[entry.writer] = entry.sequence
            if self._settle(entry):
                yield entry

    def _as_far_as_it_goes(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """An error that came through the merge would take along what the merge holds of the other logs."""
        try:
            yield from entries
        except OSError as error:
            self.unread = error

    def _read_log(self) -> Iterator[Entry]:
        if not _grew(self._log.path, self._log.offset):
            return
        time, begin = 0.0, self._log.offset
        for payload in self._log.records():
            begin, offset = self._log.offset, begin
            try:
                entry = Entry(decode(payload), RECORD, time)
            except CorruptLog as error:
                self._log.note_damage(self._log.offset - len(payload), str(error))
                continue
            time, kind, num = entry.time, entry.kind, entry.record.num
            if num > self.last_num:
                self.last_num = min(num, MOST_STEP)
            if entry.writer:
                self.folded[entry.writer] = max(entry.sequence, self.folded.get(entry.writer, 0))
            if kind == "history":
                self.log_step = max(self.log_step, entry.row.step() or 0)
            elif kind == "run":
                self.starting_step = max(self.starting_step, min(entry.record.run.starting_step, MOST_STEP))
            if kind == "exit":
                self.ended, self.exit, self.exit_offset = True, entry.record.exit, offset
            elif self.ended:
                self.exit_offset = self.log_end  # it was no end: a new one cuts off nothing
            yield entry

    def _read_spool(self, reader: SpoolReader) -> Iterator[Entry]:
        if not _grew(reader.path, reader.offset):
            return
        time = 0.0
        for frame_kind, payload in reader.frames():
            try:
                entry = Entry(decode(payload), frame_kind, time)
            except CorruptLog:
                reader.skipped_bytes += len(payload)
                continue
            time = entry.time
            yield entry

    def _settle(self, entry: Entry) -> bool:
        """Keep the books of rows and of the end; whether the entry is for the projections."""
        if entry.frame_kind == FINISH:
            self.finish = entry.record.exit
            return False
        if entry.frame_kind == JOINED:
            return False
        if entry.kind != "history":
            return True
        if entry.frame_kind == OPEN_ROW:
            self.open_rows.extend(entry.record, entry.writer, entry.sequence, self.log_step)
            return False
        self.open_rows.close(entry.record, entry.writer, self.log_step)
        return True


def _grew(path: str, offset: int) -> bool:
    return _size(path) > offset


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
