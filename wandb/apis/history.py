"""The rows of a run, read from its logs one by one, and thinned for a look.

A row is a dict from names to values. Nested dicts are flattened, with dots, as servers show them; a media value (a dict
with a `_type`) stays whole, and so does a dict one of whose flat names the row has already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Sequence, Tuple

from wandb.apis.record import Description, goes_on
from wandb.errors import CorruptLog
from wandb.process import host_name
from wandb.runlog.fold import number_row, open_row_record
from wandb.runlog.tail import Tail
from wandb.wire.row_items import MOST_STEP, RowItems

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout

    Row = Dict[str, Any]

_DEEPEST = 64


class Rows:
    """Iterated over once, from the first row on: rows of the creator, then those of other processes.

    Rows without a step get the one that the fold gives them. What could not be read is in `damage` afterwards.
    """

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._tail = Tail(layout)
        self._description = Description(layout.run_id)
        self._refused = ""

    @property
    def damage(self) -> List[str]:
        """What could not be read, one sentence a place."""
        return [*self._tail.damage(), *([self._refused] if self._refused else [])]

    def __iter__(self) -> Iterator[Row]:
        tail, last = self._tail, -1
        try:
            for entry in tail.step(as_folded=True):
                if entry.kind == "run":
                    self._description.apply(entry.record.run)
                if entry.kind != "history":
                    continue
                try:
                    row = row_of(entry.row)
                    step = row.get("_step")
                    if type(step) is int and 0 <= step < MOST_STEP:
                        last = max(last, step)
                    else:
                        row, last = _numbered(entry.record.history, last)
                except CorruptLog as error:
                    tail.note_damage(entry, str(error))
                    continue
                yield row
            if not tail.ended and not goes_on(self._description, self._layout):
                tail.note_torn_ends(host_name())
                yield from self._never_committed(last)
        except (CorruptLog, OSError) as error:
            self._refused = str(error)

    def _never_committed(self, last: int) -> Iterator[Row]:
        """Rows that were left open are rows once nobody can commit them."""
        for writer, open_row in sorted(self._tail.open_rows.rows.items()):
            history = open_row_record(writer, open_row).history
            try:
                row, last = _numbered(history, last)
            except CorruptLog as error:
                self._refused = f"the row that {writer[:100]!r} left open: {error}"
                continue
            yield row


def _numbered(history: Any, last: int) -> Tuple[Row, int]:
    """The row, whose step is a number that a step can be, and the highest step so far. Raises CorruptLog."""
    last = number_row(history, last)
    items = RowItems(history)
    return {**row_of(items), "_step": items.step()}, last


def row_of(items: RowItems) -> Row:
    """The row that these items are; raises CorruptLog for a value that is no JSON."""
    values = items.values()
    if isinstance(values, dict):
        return dict(values)
    if any(len(path) > 1 or type(value) is dict for path, value in values):
        return flattened(_nested(values))
    return {path[0]: value for path, value in values}


def _nested(values: List[Tuple[Tuple[str, ...], Any]]) -> Row:
    row: Row = {}
    for path, value in values:
        *above, name = path
        inner = row
        for key in above:
            below = inner.get(key)
            if type(below) is not dict:
                below = inner[key] = {}
            inner = below
        inner[name] = value
    return row


def flattened(nested: Row) -> Row:
    """A row without nested dicts, but for media and where two values would have the same name."""
    row = {name: value for name, value in nested.items() if type(value) is not dict}
    for name, value in nested.items():
        if type(value) is dict:
            leaves = dict(_leaves(name, value, _DEEPEST))
            row.update({name: value} if leaves.keys() & row.keys() else leaves)
    return row


def _leaves(name: str, value: Any, deepest: int) -> Iterator[Tuple[str, Any]]:
    if type(value) is not dict or not value or "_type" in value or not deepest:
        yield name, value
        return
    for key, below in value.items():
        yield from _leaves(f"{name}.{key}", below, deepest - 1)


def chosen(
    rows: Iterable[Row], keys: Sequence[str] | None, min_step: int = 0, max_step: int | None = None
) -> Iterator[Row]:
    """The rows of steps from `min_step` to before `max_step`; of those that have all `keys`, only these."""
    for row in rows:
        step = row.get("_step", 0)
        if type(step) not in (int, float) or step < min_step or (max_step is not None and step >= max_step):
            continue
        if not keys:
            yield row
        elif all(key in row for key in keys):
            yield {key: row[key] for key in keys}


def thinned(rows: Iterable[Row], most: int) -> List[Row]:
    """At most so many rows, evenly spread from the first to the last; holds no more than twice as many."""
    kept: List[Row] = []
    stride, last = 1, None
    for number, row in enumerate(rows):
        last = row
        if number % stride == 0:
            kept.append(row)
            if len(kept) > 2 * most:
                kept, stride = kept[::2], 2 * stride
    if last is None or most < 1:
        return []
    if last is not kept[-1]:
        kept.append(last)
    if len(kept) <= most:
        return kept
    if most == 1:
        return kept[-1:]
    return [kept[round(place * (len(kept) - 1) / (most - 1))] for place in range(most)]


class HistoryScan(Iterator[Dict[str, Any]]):
    """The rows of a run, one by one, in the order of the record; only one of them is in memory."""

    def __init__(self, rows: Iterator[Row], max_step: int | None) -> None:
        self._rows = rows
        self.max_step = max_step

    def __iter__(self) -> HistoryScan:
        return self

    def __next__(self) -> Row:
        return next(self._rows)
