"""The row that a run is building: merging, steps, commits. One per process and run.

The creator numbers its rows. Any other process leaves a row without a step unnumbered, and the fold numbers it
once, so two processes never count the same steps. A part of a row is on disk before `log` returns, committed or
not.
"""

from __future__ import annotations

from time import time  # by name: a program may replace the clock of the module

from wandb.sdk.lib.interruption import is_interruption
from wandb.sdk.lib.json_values import INT_LIMIT, OMIT, to_json_value
from wandb.sdk.lib.serial import Serial
from wandb.sdk.lib.terminal import termwarn
from wandb.wire.encode import flatten_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Mapping, Tuple, Union

    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.interface.nowhere import Nowhere
    from wandb.sdk.run_media import MediaWriter

    Row = Dict[Union[str, Tuple[str, ...]], object]

_NUMBERS = (int, float)
_PLAIN = frozenset((float, bool, type(None)))


def flatten(data: Mapping[str, object], new_writer: Callable[[], MediaWriter] | None = None) -> Row:
    """User values as JSON-able leaves; nested dicts become leaves under tuples of names.

    `new_writer` makes what writes the files of media, if there may be any.
    """
    row: Row = {}
    writer: MediaWriter | None = None
    for key, value in data.items():
        kind = type(value)
        if kind in _PLAIN or (kind is int and -INT_LIMIT < value < INT_LIMIT):  # type: ignore[operator]
            row[key] = value
            continue
        if new_writer is None or kind is str or hasattr(kind, "dtype"):  # text, and what numpy or torch has
            value = to_json_value(value)
        else:
            writer = writer or new_writer()
            value = to_json_value(value, special=writer, path=(key,))
        if type(value) is dict and value:
            flatten_into(row, (key,), value)
        elif value is not OMIT:
            row[key] = value
    if writer is not None and writer.beside:
        flatten_into(row, (), writer.beside)
    return row


def nested(row: Row) -> Dict[str, Any]:
    """The row as nested dicts; a name that two calls made a value and a dict is what came last."""
    result: Dict[str, Any] = {}
    for key, value in row.items():
        path = key if isinstance(key, tuple) else (key,)
        inner = result
        for part in path[:-1]:
            if type(inner.get(part)) is not dict:
                inner[part] = {}
            inner = inner[part]
        inner[path[-1]] = {} if type(value) is dict else value  # only an empty dict is a leaf, and it stays empty
    return result


class Rows:
    """Open row, step counter and count of rejected rows."""

    def __init__(
        self,
        interface: Union[Interface, Nowhere],
        start_time: float,
        first_step: int,
        on_row: Callable[[Row], None],
        goes_on: bool = False,
    ) -> None:
        """`on_row(row)` sees each committed row, whole as it will be written, and may add to it.

        `goes_on`: the steps before `first_step` are those of an earlier part of the run. A training that goes on from
        a checkpoint does some of them again, so the first row may have a lower step, if it is given.
        """
        self._interface = interface
        self._start_time = start_time
        self._numbers = interface.is_creator()
        self._on_row = on_row
        self._serial = Serial()
        self._row: Row = {}
        self._labelled: Dict[str, Tuple[str, Row]] = {}  # open rows beside it: label and what there is, by name
        self._labels = 0
        self._has_step = False
        self.step = first_step
        self._may_go_back = goes_on
        self.rejected = 0

    def log(self, row: Row, step: int | None, commit: bool | None) -> None:
        """Merge into the open row, or begin a new one; see `Run.log` for the rules. The dict is ours from now on."""
        self._serial.run(self._log, row, step, commit)

    def log_beside(self, name: str, row: Row, commit: bool) -> None:
        """Add to the open row of this name, which only `commit` ends, whatever else is logged meanwhile.

        A row that nothing was added to is none.
        """
        self._serial.run(self._log_beside, name, row, commit)

    def close(self) -> None:
        """Commit what is open, and what was logged in the middle of a `log` that has not returned."""
        self._serial.run_last(self._close)

    def tell_what_is_missing(self) -> None:
        """Say at the end how many rows are not in the run, and why."""
        if self.rejected:
            termwarn(f"{self.rejected} rows for earlier steps were rejected and are not in this run.")
        if self._serial.lost:
            termwarn(f"{self._serial.lost} rows came while the disk held another thread, and are not in this run.")

    def _close(self) -> None:
        if self._row:
            self._commit()

    def _log(self, row: Row, step: int | None, commit: bool | None) -> None:
        if step is not None:
            if step < self.step and not self._goes_back(step):
                self._reject(step)
                return
            if step > self.step:
                self._close()
                self.step = step
            self._has_step = True
        if self._row:
            self._row.update(row)
        else:
            self._row = row
        if step is None if commit is None else commit:
            self._commit()
        else:
            part = dict(row)
            part["_timestamp"] = time()
            self._interface.publish_open_row(part, self.step if self._numbers or self._has_step else None)

    def _log_beside(self, name: str, row: Row, commit: bool) -> None:
        if not commit:
            if name not in self._labelled:
                self._labels += 1
                self._labelled[name] = (f"{name}#{self._labels}", {})
            label, whole = self._labelled[name]
            whole.update(row)
            self._interface.publish_open_row(row, None, label)
            return
        label, whole = self._labelled.pop(name, ("", {}))
        whole.update(row)
        if whole:
            self._row.update(whole)
            self._commit(label)

    def _commit(self, label: str = "") -> None:
        row, self._row = self._row, {}
        self._may_go_back = False
        step = self.step if self._numbers or self._has_step else None
        self._has_step = False
        if "_step" in row:
            del row["_step"]
        if step is not None:
            row["_step"] = step
            self.step = step + 1
        now = stamp = time()
        if "_runtime" not in row or type(row["_runtime"]) not in _NUMBERS:
            row["_runtime"] = now - self._start_time if now > self._start_time else 0.0
        if "_timestamp" in row:
            given = row.pop("_timestamp")
            stamp = given if type(given) in _NUMBERS else now  # type: ignore[assignment]
        row["_timestamp"] = stamp
        size = len(row)
        try:
            self._on_row(row)
        except Exception as error:  # none is expected (MemoryError, RecursionError): the row comes before the summary
            if is_interruption(error):
                raise
            termwarn(f"The summary lacks a row, which is recorded all the same: {error!r}", repeat=False)
        finally:  # also when a signal handler or an interrupt raises in there
            if len(row) != size:
                row["_timestamp"] = row.pop("_timestamp")  # readers look for it at the end
            self._interface.publish_history(row, step, label)

    def _goes_back(self, step: int) -> bool:
        """Whether this is the first row after a resume, for a step that an earlier part of the run has had."""
        if not self._may_go_back or self._row or step < 0:
            return False
        termwarn(
            f"This part of the run begins at step {step}, and an earlier one has come to step {self.step - 1}. The "
            "rows of both are kept; who reads them together finds this part's last."
        )
        self.step, self._may_go_back = step, False
        return True

    def _reject(self, step: int) -> None:
        self.rejected += 1
        if self.rejected == 1:
            termwarn(
                f"A row for step {step} came after step {self.step} was begun and is not recorded. Steps must not go "
                "back; for another x-axis see `define_metric`. Further ones are counted and said at the end."
            )
