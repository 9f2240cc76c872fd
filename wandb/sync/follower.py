"""Tail, project, and at the end fold: the one reader of a run, used live by the service and later by commands.

A restarted follower begins at the start of the logs and makes the same files again; nothing is kept elsewhere
that could disagree with them.
"""

from __future__ import annotations

import json
import math
import os
import time
from time import monotonic
from typing import TYPE_CHECKING, Any, Dict, List, Set

from wandb.errors import CorruptLog
from wandb.metric_rules import MetricRules
from wandb.process import host_name
from wandb.runlog.fold import commit_open_rows, fold, remove_spool
from wandb.runlog.layout import is_gone
from wandb.runlog.lease import is_held
from wandb.runlog.part import RESUMED_FROM, first_record
from wandb.runlog.spool import EVENT_FILE
from wandb.runlog.tail import Tail
from wandb.sync.config import ConfigFile
from wandb.sync.console_choice import ConsoleChoice
from wandb.sync.environment import EnvironmentFile
from wandb.sync.history import History
from wandb.sync.output import Beginning, OutputLog
from wandb.sync.recorded_settings import take_settings
from wandb.sync.rewrite import rewrite
from wandb.sync.summary import SummaryFile
from wandb.wire.decode import message_class, moment_of

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.runlog.tail import Entry
    from wandb.sync.event_files import EventFiles

_ENTRIES_PER_LOOK = 1000
# How long a resumed run waits for the files of the part before it.
_EARLIER_PART_SECONDS = 5.0

MOST_RUNTIME = 2**31 - 1  # seconds travel as a signed number of 32 bits

# What is recorded of a creator that died without a word, if nobody knows how.
CRASHED = 1


class Follower:
    """Follows one run; the caller holds its lease."""

    def __init__(self, layout: RunLayout) -> None:
        self.layout = layout
        self.tail = Tail(layout)
        self.settings: Dict[str, Any] = {}
        self.host = ""  # where the run was begun
        self.start_time = 0.0
        self.last_time = 0.0
        self._history = History()
        rules = MetricRules()
        self._summary = SummaryFile(os.path.join(layout.files_dir, "wandb-summary.json"), rules)
        self._config = ConfigFile(os.path.join(layout.files_dir, "config.yaml"), rules)
        self._environment = EnvironmentFile(os.path.join(layout.files_dir, "wandb-metadata.json"))
        names = ("output.log", "wandb-summary.json", "config.yaml", "wandb-metadata.json")
        self._paths = [os.path.join(layout.files_dir, name) for name in names]
        self._made: Set[str] = set()
        self._choice = ConsoleChoice({})
        self._earlier: Dict[str, Any] = {}  # what the run record says of the part that this one goes on from
        self._output: OutputLog | None = None
        self._events: EventFiles | None = None

    def step(self, seconds: float = math.inf) -> int:
        """Take in what is new, but not for much longer than this; the number of entries, 0 if there was nothing."""
        count, deadline = 0, monotonic() + seconds
        for entry in self.tail.entries():
            count += 1
            try:
                self._apply(entry)
            except CorruptLog as error:
                self.tail.note_damage(entry, str(error))
            if not count % _ENTRIES_PER_LOOK and monotonic() > deadline:
                break
        return count

    def _apply(self, entry: Entry) -> None:
        record = entry.record
        if entry.time > self.last_time:
            self.last_time = entry.time
        if entry.kind == "output_raw":
            output = record.output_raw
            stream = "stdout" if output.output_type == 1 else "stderr"
            self._console().feed(entry.writer, stream, output.line, self._choice.prefix_of(output))
            return
        if entry.kind == "output_logger":
            self._console().feed(entry.writer, "logger", record.output_logger.line)
            return
        if entry.kind == "run":
            self._begin(entry)
        if entry.frame_kind == EVENT_FILE:
            self._watch_events(record.tbrecord)
        if entry.kind == "history":
            row = entry.row.values()
            self._history.apply(row)
            self._summary.apply_row(row, entry.writer)
            return
        self._summary.apply(entry)
        self._config.apply(entry)
        self._environment.apply(entry)
        if entry.kind == "environment":
            self._config.set_environment(self._environment.writer, self._environment.values())

    def _begin(self, entry: Entry) -> None:
        run = entry.record.run
        self.host = run.host or self.host
        if run.HasField("start_time"):
            self.start_time = moment_of(run.start_time)
        try:
            take_settings(self.settings, run.settings.item)
        except CorruptLog as error:
            self.tail.note_damage(entry, str(error))  # the rest of the record counts
        self._choice = ConsoleChoice(self.settings)
        earlier = self.settings.get(RESUMED_FROM)
        self._earlier = earlier if isinstance(earlier, dict) else {}

    def _watch_events(self, record: Any) -> None:
        """Only on the machine that wrote them: elsewhere the path is another file's."""
        creator = self.settings.get("_creator")
        if isinstance(creator, dict) and creator.get("host") == host_name():
            if self._events is None:
                from wandb.sync.event_files import EventFiles  # media: most runs need none here

                self._events = EventFiles(self.layout)
            self._events.watch(record, self.start_time)

    def mirror(self, seconds: float) -> None:
        """Append rows of what has come into event files, but not for much longer than this. Raises OSError."""
        if self._events is not None:
            self._events.step(seconds)

    def _console(self) -> OutputLog:
        if self._output is None:
            path = os.path.join(self.layout.files_dir, "output.log")
            self._output = OutputLog(path, self._choice.keeps(), self._choice.colors, self._beginning())
        return self._output

    def _beginning(self) -> Beginning | None:
        own = first_record(self.layout) if self._earlier else None
        first = None if own is None else own.before()
        if first is None:
            return None
        part = first_record(first)
        deadline = monotonic() + (0 if part is None or part.is_running() else _EARLIER_PART_SECONDS)
        while is_held(first.lease) and monotonic() < deadline:
            time.sleep(0.05)  # it was killed just now, and is being completed
        logs = [os.path.join(part.files_dir, "output.log") for part in (first, *first.earlier_parts())]
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.start_time))
        return Beginning(next(filter(os.path.exists, logs), logs[0]), f"-------- resumed {moment} --------")

    def flush(self) -> None:
        """Bring all files up to date. Raises OSError if the disk refuses; a later call does what is left."""
        if self.settings.get("console") != "off":
            self._console().flush()
        self._summary.flush(self.tail.open_rows.beside())
        self._config.flush()
        self._environment.flush()
        self._made.update(path for path in self._paths if os.path.exists(path))

    def has_lost_files(self) -> bool:
        """Whether somebody has removed files of ours: a new follower makes them again, from the logs."""
        return any(is_gone(path) for path in self._made)

    def finish(self, crashed: int = CRASHED) -> None:
        """End the run: commit rows left open by the dead, complete the files, fold, write the exit record.

        The creator has finished or is dead; `crashed` is the exit code of one that died without a word.
        Raises OSError if the disk refuses; a later call does it all again.
        """
        self._require_all()
        if self._events is not None and not self.tail.ended:
            self._events.finish()
            self._require_all()
        left = self.tail.open_rows.left(host_name())
        self._require_all()  # who was dead before has all of his records there
        commit_open_rows(self.layout, self.tail, host_name(), left)
        self._require_all()
        exit_record = self.complete_files(crashed)
        self._report()
        closing = message_class("Record")()
        closing.exit.CopyFrom(exit_record)
        fold(self.layout, self.tail, [self._summary.record(), closing])

    def complete_files(self, crashed: int = CRASHED) -> Any:
        """Bring all files to their state at the run's end; its exit record, made up if it has none."""
        exit_record = self.tail.exit if self.tail.ended else self.tail.finish
        if exit_record is None:
            exit_record = message_class("RunExitRecord")(exit_code=crashed, runtime=self._runtime_so_far())
        self._summary.set_runtime(exit_record.runtime)
        if not self.tail.ended:
            self.tail.note_torn_ends(host_name())
        for folder in (self.layout.files_dir, self.layout.logs_dir):
            if is_gone(folder):
                os.mkdir(folder)
        self.flush()
        return exit_record

    def _require_all(self) -> None:
        """Read to the end: what is folded without having been read is overwritten, or missing in the files."""
        self.step()
        if self.tail.unread is not None:
            raise self.tail.unread

    def _runtime_so_far(self) -> int:
        """Seconds to the last record, those of the parts that this one goes on from included."""
        before = self._earlier.get("runtime", 0)
        seconds = max(0.0, self.last_time - self.start_time) + (before if type(before) in (int, float) else 0)
        return int(min(seconds, MOST_RUNTIME)) if seconds == seconds else 0

    def remove_spool(self) -> None:
        """Remove the spool of an ended run, if nobody can write to it any more."""
        remove_spool(self.layout, self.tail)

    def close(self) -> None:
        """Let go of the files; nothing may be called afterwards."""
        if self._output is not None:
            self._output.close()

    def _report(self) -> None:
        report = {"history": self._history.samples(), "summary": self._summary.values(), "damage": self.damage()}
        rewrite(self.layout.closing_report, json.dumps(report))

    def damage(self) -> List[str]:
        """What could not be read, one sentence a place."""
        return [*self.tail.damage(), *(self._events.damage() if self._events is not None else ())]
