"""`Run`: a recorded run as an object, with the names and shapes of upstream's public API; read-only."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from typing import TYPE_CHECKING, Any, Iterator, List, Sequence

from wandb.apis.console import ConsoleLogLine, lines_of, with_console
from wandb.apis.files import File, Files
from wandb.apis.history import HistoryScan, Rows, chosen, thinned
from wandb.apis.record import RunRecord, stats_row
from wandb.apis.run_facts import RunFacts
from wandb.apis.server_only import ServerOnly
from wandb.errors import ArgumentValueError

if TYPE_CHECKING:
    from wandb.apis.history import Row

_STREAMS = ("default", "system")
_POLL_SECONDS = 0.5


class Run(RunFacts, ServerOnly):
    """One run folder, as far as it is written when something is asked; nothing in the folder is ever changed.

    What can't be read for damage is left out; a warning says so once, and `damage` lists the places.
    """

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int = 0,
        max_step: int | None = None,
        use_cache: bool = True,
    ) -> HistoryScan:
        """All rows, one by one, in bounded memory; with `keys`, the rows that have all of them, and only them.

        Of steps from `min_step` to before `max_step`. `page_size` and `use_cache` mean something at a server only.
        """
        return HistoryScan(chosen(self._rows(), _checked(keys), min_step, max_step), max_step)

    beta_scan_history = scan_history

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """At most `samples` rows, evenly spread, as a DataFrame; as a list of dicts with `pandas=False`.

        With `keys`, the rows that have all of them, with their `x_axis`. `stream="system"`: the system metrics.
        Without pandas installed, a warning says so and the list is returned. Raises ArgumentValueError.
        """
        if stream not in _STREAMS:
            raise ArgumentValueError(f"`history` knows the streams {' and '.join(_STREAMS)}, not {stream!r}.")
        if samples < 1:
            raise ArgumentValueError(f"`history` gives at least one row, not {samples}.")
        wanted = _checked(keys)
        columns = None if wanted is None else [x_axis, *(key for key in wanted if key != x_axis)]
        rows = thinned(chosen(self._rows() if stream == "default" else self.scan_system_metrics(), columns), samples)
        return _frame(rows, columns) if pandas else rows

    def _rows(self) -> Iterator[Row]:
        rows = Rows(self._layout)
        yield from rows
        self._note(rows.damage)

    def scan_system_metrics(self, console: str | None = None) -> Iterator[Row]:
        """The samples of the system metrics, one by one, in bounded memory.

        With `console`, the same reading writes the console text to this file, if anything was printed; it is complete
        behind the last sample. Raises OSError if the disk refuses.
        """
        record = RunRecord(self._layout)
        for entry in record.entries() if console is None else with_console(record.entries(), console):
            if entry.kind == "stats":
                yield stats_row(entry.record.stats, record.description.start_time)
        self._record = record
        self._note(record.damage)

    def console_logs(self, *, per_page: int = 1000, last: int | None = None) -> Iterator[ConsoleLogLine]:
        """The lines of the console text, or the last ones; `per_page` means something at a server only."""
        with tempfile.TemporaryDirectory(prefix="wandb-console-") as folder:
            path = os.path.join(folder, "output.log")
            for _ in self.scan_system_metrics(path):
                pass
            if not os.path.exists(path):
                return
            skipped = 0 if last is None else max(0, sum(1 for _ in lines_of(path)) - last)
            for line in lines_of(path):
                if line.number >= skipped:
                    yield line

    @property
    def console(self) -> str:
        """The console text as a whole; see `console_logs` for one that is too large."""
        return "".join(f"{line.content}\n" for line in self.console_logs())

    def files(self, names: List[str] | None = None, pattern: str | None = None, per_page: int = 50) -> Files:
        """The files in the run's `files/`; `names`, or a `pattern` with `*` and `?`, choose."""
        return Files(self._layout.files_dir, names, pattern)

    def file(self, name: str) -> File:
        """One file; raises ArgumentValueError if there is none of this name."""
        found = self.files([name])
        if not found:
            raise ArgumentValueError(f"The run {self.id} has no file {name!r}.")
        return found[0]

    def wait_until_finished(self) -> None:
        """Return once the run does not go on any more."""
        while self.state == "running":
            time.sleep(_POLL_SECONDS)

    def __repr__(self) -> str:
        return f"<Run {'/'.join(filter(None, self.path))}>"


def _checked(keys: Sequence[str] | None) -> List[str] | None:
    if keys is None:
        return None
    if isinstance(keys, str) or not all(isinstance(key, str) for key in keys):
        raise ArgumentValueError(f"keys is a list of names, not {keys!r}.")
    return list(keys) or None


def _frame(rows: List[Row], columns: List[str] | None) -> Any:
    try:
        import pandas
    except ImportError:
        warnings.warn("history() gives a list: pandas is missing (`pip install pandas`).", stacklevel=3)
        return rows
    return pandas.DataFrame(rows, columns=columns)
