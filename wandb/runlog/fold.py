"""Ends a run: the spool into the transaction log, then what only a reader can know, then the exit record.

Called by whoever follows the run, under its lease, once the creator has finished or is dead. Killed half-way it
can be run again: records of other writers are known by (writer, sequence), so none is copied twice.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterable, Iterator

from wandb.errors import CorruptLog
from wandb.process import host_name, start_time_of
from wandb.runlog.spool import LEFT_OPEN, RECORD, Spool, SpoolReader
from wandb.runlog.tail import step_of
from wandb.runlog.transaction_log import TransactionLog
from wandb.wire.decode import decode, message_class, record_kind, writer_of

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.runlog.tail import Tail


def commit_open_rows(layout: RunLayout, tail: Tail, host: str) -> None:
    """Append the rows that their writers logged in part and never committed, as records like any other."""
    if not tail.open_rows:
        return
    spool = Spool(layout.spool(host))
    try:
        for writer, row in sorted(tail.open_rows.items()):
            record = message_class("Record")(uuid=f"{writer}{LEFT_OPEN}#{row.sequence}")
            for path, value_json in row.items.items():
                record.history.item.add(nested_key=path, value_json=value_json)
            spool.append(RECORD, record.SerializeToString())
    finally:
        spool.close()
    tail.open_rows.clear()


def fold(layout: RunLayout, tail: Tail, closing: Iterable[Any]) -> None:
    """Append to the transaction log what the spools hold, and then the `closing` records, the exit record last.

    `tail` has read everything. The spool goes away once the log has reached the device.
    """
    if tail.ended:
        return
    log = TransactionLog.reopen(layout.transaction_log, tail.log_end)
    try:
        num = tail.last_num
        for record in (*_spooled(layout, tail), *closing):
            num += 1
            record.num = num
            log.append(record.SerializeToString())
        log.sync()
    finally:
        log.close()
    tail.ended = True
    _remove_spool(layout, tail)


def _remove_spool(layout: RunLayout, tail: Tail) -> None:
    """Remove this host's spool if nobody can append to it any more; a child that lives on keeps its file."""
    own = layout.spool(host_name())
    pids = {writer.partition("-")[0] for writer in tail.writers}
    living = [pid for pid in pids if pid.isdigit() and int(pid) != os.getpid() and start_time_of(int(pid))]
    if not living and os.path.exists(own):
        os.unlink(own)


def _spooled(layout: RunLayout, tail: Tail) -> Iterator[Any]:
    """The records of the spools that the log does not hold yet; rows get the next step if they have none."""
    step = tail.log_step
    for path in layout.spools():
        for frame_kind, payload in SpoolReader(path).frames():
            if frame_kind != RECORD:
                continue
            try:
                record = decode(payload)
            except CorruptLog:
                continue  # the tail has counted it
            writer, sequence = writer_of(record.uuid)
            if sequence <= tail.folded.get(writer, 0):
                continue
            if record_kind(record) == "history":
                step = number_row(record.history, step)
            yield record


def number_row(history: Any, last_step: int) -> int:
    """Give a row without a step the one after `last_step`; the highest step so far, this row's included."""
    step = step_of(history)
    if step is None:
        step = last_step + 1
        history.item.add(nested_key=("_step",), value_json=str(step))
        history.step.num = step
    return max(step, last_step)
