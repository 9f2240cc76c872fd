"""Rows that their writers have logged in part and not committed yet, as far as the logs have been read.

A process has one open row of its own, and may have others beside it, each with a label, "name#number"; in one name the
numbers rise. The record that commits such a row has its label, too: so it is known which parts are in a committed row,
whichever of the two files is read first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from wandb.errors import CorruptLog
from wandb.process import is_alive
from wandb.runlog.spool import CREATOR, LEFT_OPEN, process_of
from wandb.wire.decode import item_path, writer_of
from wandb.wire.json_text import MOST_DEPTH, value_of_text

if TYPE_CHECKING:
    from wandb.wire.row_items import Leaves


_TIME = ("_timestamp",)


class OpenRow:
    """The parts of a row that its writer has logged but not committed yet."""

    def __init__(self, step: int | None) -> None:
        self.step = step
        self.items: Dict[Tuple[str, ...], str] = {}
        self.sequence = 0


class OpenRows:
    """Those of all writers, in `rows`, by the writer's name, with the label behind a slash if there is one."""

    def __init__(self) -> None:
        self.rows: Dict[str, OpenRow] = {}
        self._committed: Dict[str, int] = {}  # the number of the last labelled row, by writer and name

    def extend(self, record: Any, writer: str, sequence: int, log_step: int) -> None:
        """A part has been read; `log_step` is the last step of the transaction log."""
        history, label = record.history, record._info._tracelog_id
        step = history.step.num if history.HasField("step") else None
        if label:
            name, number = writer_of(label)
            if number <= self._committed.get(f"{writer}/{name}", 0):
                return  # as below
            writer = f"{writer}/{label}"
        elif writer == CREATOR and step is not None and step <= log_step:
            return  # its committed row was read first, from the other file
        row = self.rows.get(writer)
        if row is None or row.step != step:
            row = self.rows[writer] = OpenRow(step)
        row.sequence = sequence
        for item in history.item:
            row.items[item_path(item)] = item.value_json

    def close(self, record: Any, writer: str, log_step: int) -> None:
        """A committed row has been read; the writer is "" for one that the creator has committed."""
        if record.HasField("_info"):
            self._close_labelled(record._info._tracelog_id, writer or CREATOR)
        if writer:
            self.rows.pop(writer.replace(LEFT_OPEN, ""), None)
        else:
            row = self.rows.get(CREATOR)
            if row is not None and row.step is not None and row.step <= log_step:
                del self.rows[CREATOR]

    def beside(self) -> List[Leaves]:
        """What there is of those with labels, without their times; what can't be read comes with the row itself."""
        return [_leaves_of(row) for key, row in self.rows.items() if "#" in key]

    def left(self, host: str) -> List[str]:
        """The keys of those that nobody adds to any more: the creator has ended, and so have these writers."""
        processes = ((key, process_of(key, host)) for key in sorted(self.rows))
        return [key for key, process in processes if process is None or not is_alive(process)]

    def _close_labelled(self, label: str, writer: str) -> None:
        name, number = writer_of(label)
        if name:
            key = f"{writer}/{name}"
            self._committed[key] = max(number, self._committed.get(key, 0))
            self.rows.pop(f"{writer}/{label}", None)


def _leaves_of(row: OpenRow) -> Leaves:
    leaves = []
    for path, text in row.items.items():
        try:
            if len(path) <= MOST_DEPTH and path != _TIME:
                leaves.append((path, value_of_text(text)))
        except CorruptLog:
            continue
    return leaves
