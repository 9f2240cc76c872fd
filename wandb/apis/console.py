"""The console text of a run: the lines that a person would have seen, made from the logs by the terminal model."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Iterable, Iterator, NamedTuple

from wandb.apis.record import Description
from wandb.sync.console_choice import ConsoleChoice
from wandb.sync.output import OutputLog

if TYPE_CHECKING:
    from wandb.runlog.tail import Entry

_ENTRIES_PER_FLUSH = 10_000


class ConsoleLogLine(NamedTuple):
    """One line; `timestamp`, `level` and `label` are what servers know, a local record keeps no time per line."""

    number: int
    timestamp: datetime | None
    level: str
    label: str
    content: str


def with_console(entries: Iterable[Entry], path: str) -> Iterator[Entry]:
    """Pass all entries of a run on, and write the console text among them to the file `path`, as in its output.log.

    Complete when the entries have ended; no file if there is no text. That of an earlier part of a resumed run is not
    in it. Raises OSError if the disk refuses.
    """
    description = Description("")
    choice, log = ConsoleChoice({}), None
    for number, entry in enumerate(entries):
        if entry.kind == "run":
            description.apply(entry.record.run)
            choice = ConsoleChoice(description.settings)
        elif entry.kind in ("output_raw", "output_logger"):
            log = log or OutputLog(path, choice.keeps(), choice.colors)
            _feed(log, entry, choice)
        if log is not None and number % _ENTRIES_PER_FLUSH == 0:
            log.flush()  # it holds what was fed since then
        yield entry
    if log is not None:
        log.close()


def _feed(log: OutputLog, entry: Entry, choice: ConsoleChoice) -> None:
    if entry.kind == "output_logger":
        log.feed(entry.writer, "logger", entry.record.output_logger.line)
        return
    raw = entry.record.output_raw
    stream = "stdout" if raw.output_type == 1 else "stderr"
    log.feed(entry.writer, stream, raw.line, choice.prefix_of(raw._info._tracelog_id))


def lines_of(path: str) -> Iterator[ConsoleLogLine]:
    """The lines of a file that `write_console` has written."""
    with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file):
            yield ConsoleLogLine(number, None, "", "", line.rstrip("\n"))
