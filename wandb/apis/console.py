"""The console text of a run: the lines that a person would have seen, made from the logs by the terminal model."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Deque, Dict, Iterable, Iterator, NamedTuple, Tuple

from wandb.apis.record import Description
from wandb.sync.console_choice import ConsoleChoice
from wandb.sync.output import OutputLog
from wandb.sync.terminal_model import TerminalModel

if TYPE_CHECKING:
    from wandb.runlog.tail import Entry
    from wandb.sync.terminal_line import Line

_ENTRIES_PER_FLUSH = 10_000
_WINDOW_LINES = 1000  # as in output.log, a line is final once so many follow it


class ConsoleLogLine(NamedTuple):
    """One line; `timestamp` is when it began, `level` "error" of stderr, `label` what a server knows of its writer."""

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
            log.feed(entry.writer, *_text_of(entry, choice))
        if log is not None and number % _ENTRIES_PER_FLUSH == 0:
            log.flush()  # it holds what was fed since then
        yield entry
    if log is not None:
        log.close()


def _text_of(entry: Entry, choice: ConsoleChoice) -> Tuple[str, str, str]:
    """Stream, text, and what stands in front of the lines that begin in it."""
    if entry.kind == "output_logger":
        return "logger", entry.record.output_logger.line, ""
    raw = entry.record.output_raw
    stream = "stdout" if raw.output_type == 1 else "stderr"
    return stream, raw.line, choice.prefix_of(raw)


class TimedLines:
    """The console text of a run as lines, each with the time at which it began and "error" if it is of stderr."""

    def __init__(self) -> None:
        self._streams: Dict[Tuple[str, str], TerminalModel] = {}
        self._waiting: Deque[Tuple[Line, ConsoleLogLine]] = deque()  # lines that a cursor may still reach
        self._count = 0

    def read(self, entries: Iterable[Entry]) -> Iterator[ConsoleLogLine]:
        """The lines of one part of the run, which go on behind those of the part before."""
        description, choice = Description(""), ConsoleChoice({})
        self._streams.clear()
        for entry in entries:
            if entry.kind == "run":
                description.apply(entry.record.run)
                choice = ConsoleChoice(description.settings)
            elif entry.kind in ("output_raw", "output_logger"):
                self._feed(entry, choice)
                if len(self._waiting) > 2 * _WINDOW_LINES:
                    yield from self._settled(choice, _WINDOW_LINES)
        yield from self._settled(choice, 0)

    def _feed(self, entry: Entry, choice: ConsoleChoice) -> None:
        stream, text, prefix = _text_of(entry, choice)
        key = (entry.writer, stream)
        if key not in self._streams:
            self._streams[key] = TerminalModel(colors=choice.colors)
        moment = datetime.fromtimestamp(entry.time, timezone.utc) if entry.time else None
        level = "error" if stream == "stderr" else ""
        for line in self._streams[key].feed(text):
            self._waiting.append((line, ConsoleLogLine(0, moment, level, "", prefix)))

    def _settled(self, choice: ConsoleChoice, kept: int) -> Iterator[ConsoleLogLine]:
        keeps = choice.keeps()
        while len(self._waiting) > kept:
            line, known = self._waiting.popleft()
            line.final = True  # what its stream still writes there begins a new line
            text = line.styled_text() if choice.colors else line.text()
            if not line.hidden and (keeps is None or keeps(text)):
                yield known._replace(number=self._count, content=known.content + text)
                self._count += 1
