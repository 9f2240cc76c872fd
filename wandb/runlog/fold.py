"""Ends a run: the spool into the transaction log, then what only a reader can know, then the exit record.

Called by whoever follows the run, under its lease, once the creator has finished or is dead. Killed half-way it
can be run again: records of other writers are known by (writer, sequence), so none is copied twice.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Set, Tuple

from wandb.errors import CorruptLog
from wandb.process import host_name
from wandb.runlog.spool import LEFT_OPEN, RECORD, Spool, SpoolReader
from wandb.runlog.transaction_log import TransactionLog
from wandb.wire.decode import decode, message_class, record_kind, writer_of
from wandb.wire.row_items import MOST_STEP, RowItems

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.runlog.open_rows import OpenRow
    from wandb.runlog.tail import Tail

_MOST_HELD = 1000


def commit_open_rows(layout: RunLayout, tail: Tail, host: str, keys: Iterable[str]) -> None:
    """Append rows that their writers logged in part and never committed, as records like any other."""
    rows = [(key, tail.open_rows.rows[key]) for key in keys if key in tail.open_rows.rows]
    if not rows:
        return
    spool = Spool(layout.spool(host))
    try:
        for key, row in rows:
            spool.append(RECORD, open_row_record(key, row).SerializeToString())
    finally:
        spool.close()
    for key, _ in rows:
        del tail.open_rows.rows[key]


def open_row_record(writer: str, row: OpenRow) -> Any:
    """A row that its writer has left open, as the record that commits it."""
    record = message_class("Record")(uuid=f"{writer}{LEFT_OPEN}#{row.sequence}")
    for path, value_json in row.items.items():
        record.history.item.add(nested_key=path, value_json=value_json)
    if row.step is not None:
        record.history.item.add(nested_key=("_step",), value_json=str(row.step))
        record.history.step.num = row.step
    return record


def fold(layout: RunLayout, tail: Tail, closing: Iterable[Any]) -> None:
    """Append to the transaction log what the spools hold, and then the `closing` records, the exit record last.

    `tail` has read everything. On a run that has ended already, what children of it appended later is put in
    front of a new end; if there is none, nothing is done. The spools stay: see `remove_spool`.

    Raises OSError, and does nothing, if whole records have come since: whoever was taken for dead is not.
    """
    spooled = _Spooled(layout, tail)
    late = spooled.records()
    first = next(late, None)
    if tail.ended and first is None:
        return
    if tail.has_unread_record():
        raise OSError(errno.EBUSY, "the log goes on while the run is completed", layout.transaction_log)
    # From the end that the tail knows: what a failed attempt of this process has appended behind it is done again.
    log = TransactionLog.reopen(layout.transaction_log, tail.exit_offset if tail.ended else tail.log_end)
    num, exit_offset, record = tail.last_num, 0, first
    try:
        for record in (*(() if first is None else (first,)), *late, *closing):
            num += 1
            record.num = num
            exit_offset = log.end
            log.append(record.SerializeToString())
        log.sync()
    finally:
        log.close()
    tail.folded_to(log.end, exit_offset, num, record.exit)  # type: ignore[union-attr]
    tail.folded.update(spooled.folded)
    tail.held_back = spooled.held_back()
    tail.log_step = spooled.step


def remove_spool(layout: RunLayout, tail: Tail) -> bool:
    """Remove this host's spool, if all of it is in the log and no process that has written to it lives any more.

    One that lives would go on with its next frame in a new file: a frame of it that came meanwhile, put back behind
    that one, would be out of its order, and so be taken for one that was read already. Whether it is gone now.
    """
    path = layout.spool(host_name())
    if not tail.ended or tail.held_back or tail.open_rows.rows or tail.living_writers(host_name()):
        return False
    try:
        if os.path.getsize(path) > tail.spool_offset(path):
            return False
        os.unlink(path)
    except FileNotFoundError:
        return True
    tail.forget_spool(path)
    return True


class _Spooled:
    """The records of the spools that the log does not hold yet; rows get the next step if they have none.

    A writer's records come together from the first piece of a line to its end: readers of the public format know
    one current line per stream, not per writer. What a writer has not ended, and still may, waits for the next time.
    """

    def __init__(self, layout: RunLayout, tail: Tail) -> None:
        self._layout = layout
        self._tail = tail
        self.step = max(tail.log_step, tail.starting_step - 1)  # the last one so far
        self._pieces: Dict[str, List[Tuple[int, Any]]] = {}
        self.folded: Dict[str, int] = {}  # how far each writer is in the log, once the records have been appended
        # Asked before the spools are read: who is dead then has all of his records there.
        self._may_go_on = set(tail.living_writers(host_name()))

    def records(self) -> Iterator[Any]:
        """Those to append, in their order."""
        unfinished: Set[str] = set()
        for writer, sequence, record in self._unfolded():
            if record_kind(record) == "output_raw":
                (unfinished.discard if record.output_raw.line.endswith("\n") else unfinished.add)(writer)
            pieces = self._pieces.setdefault(writer, [])
            pieces.append((sequence, record))
            if writer not in unfinished or len(pieces) >= _MOST_HELD:
                yield from self._take(writer)
        for writer in sorted(set(self._pieces) - self._may_go_on):
            yield from self._take(writer)

    def held_back(self) -> bool:
        """Whether writers that go on are in the middle of something."""
        return bool(self._pieces)

    def _take(self, writer: str) -> Iterator[Any]:
        for sequence, record in self._pieces.pop(writer):
            if record_kind(record) == "history":
                self.step = number_row(record.history, self.step)
            self.folded[writer] = sequence
            yield record

    def _unfolded(self) -> Iterator[Tuple[str, int, Any]]:
        read = dict(self._tail.folded)
        for path in self._layout.spools():
            for frame_kind, payload in SpoolReader(path).frames():
                if frame_kind != RECORD:
                    continue
                try:
                    record = decode(payload)
                except CorruptLog:
                    continue  # the tail has counted it
                writer, sequence = writer_of(record.uuid)
                if sequence > self._tail.seen(writer):
                    # It would miss in the summary: it stays in the spool for the next time.
                    self._may_go_on.add(writer)
                elif sequence > read.get(writer, 0):
                    read[writer] = sequence
                    yield writer, sequence, record


def number_row(history: Any, last_step: int) -> int:
    """Give a row without a step the one after `last_step`; the highest step so far, this row's included."""
    step = RowItems(history).step()
    if step is None:
        step = min(last_step + 1, MOST_STEP)
        history.item.add(nested_key=("_step",), value_json=str(step))
        history.step.num = step
    return max(step, last_step)
