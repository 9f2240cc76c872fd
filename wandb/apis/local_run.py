"""A run of folders on this disk: its rows, its console text and its files, read from the logs."""

from __future__ import annotations

import os
import shutil
from collections import deque
from typing import TYPE_CHECKING, Iterator, List

from wandb.apis.console import ConsoleLogLine, TimedLines, with_console
from wandb.apis.files import LocalFiles
from wandb.apis.history import Rows, chosen, thinned
from wandb.apis.record import RunRecord, stats_row
from wandb.apis.refusals import ServerOnly
from wandb.apis.run_facts import RunFacts

if TYPE_CHECKING:
    from wandb.apis.history import Row
    from wandb.runlog.layout import RunLayout


class LocalRun(RunFacts, ServerOnly):
    """One run: a folder, or several if it was resumed, as far as they are written when something is asked.

    Nothing in the folders is ever changed. What can't be read for damage is left out; a warning says so once, and
    `damage` lists the places.
    """

    _poll_seconds = 0.5

    def _scan(self, keys: List[str] | None, min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:
        return chosen(self._rows(), keys, min_step, max_step)

    def _sampled(self, samples: int, keys: List[str] | None, stream: str) -> List[Row]:
        rows = self._rows() if stream == "default" else self.scan_system_metrics()
        return thinned(chosen(rows, keys), samples)

    def _rows(self) -> Iterator[Row]:
        """Part by part; those that a later part has gone back behind are left out."""
        for part, end in self._earlier:
            rows = Rows(part)
            yield from rows if end is None else chosen(rows, None, 0, end)
            self._note(rows.damage, part)
        rows = Rows(self._layout)
        yield from rows
        self._note(rows.damage)

    def scan_system_metrics(self, console: str | None = None) -> Iterator[Row]:
        """The samples of the system metrics, one by one, in bounded memory.

        With `console`, the same reading writes the console text to this file, if anything was printed; it is complete
        behind the last sample. Raises OSError if the disk refuses.
        """
        for part in self._layouts():
            yield from self._metrics_of(part, console)

    def _metrics_of(self, part: RunLayout, console: str | None) -> Iterator[Row]:
        record = RunRecord(part)
        text = None if console is None else f"{console}.of-part"
        for entry in record.entries() if text is None else with_console(record.entries(), text):
            if entry.kind == "stats":
                yield stats_row(entry.record.stats, record.description.start_time)
        if part is self._layout:
            self._record = record
        self._note(record.damage, part)
        if console is not None and text is not None and os.path.exists(text):
            with open(text, "rb") as source, open(console, "ab") as target:
                shutil.copyfileobj(source, target)
            os.unlink(text)

    def console_logs(self, *, per_page: int = 1000, last: int | None = None) -> Iterator[ConsoleLogLine]:
        """The lines of the console text, or the last ones; `per_page` means something at a server only."""
        lines = self._lines()
        return lines if last is None else iter(deque(lines, maxlen=max(0, last)))

    def _lines(self) -> Iterator[ConsoleLogLine]:
        timed = TimedLines()
        for part in self._layouts():
            record = RunRecord(part)
            yield from timed.read(record.entries())
            self._note(record.damage, part)

    def files(self, names: List[str] | None = None, pattern: str | None = None, per_page: int = 50) -> LocalFiles:
        """The files in the run's `files/`; `names`, or a `pattern` with `*` and `?`, choose.

        Of a file that several parts of the run have, it is the last part's.
        """
        return LocalFiles(self, [part.files_dir for part in self._layouts()], names, pattern)
