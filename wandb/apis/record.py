"""What the logs of one run folder say, but for its rows: who it is, config, summary, machine, how it ended.

Reads only: nothing in the folder is touched, no lock is taken. It may be asked again while the run goes on, and then
takes in what is new.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple

from wandb.errors import CorruptLog
from wandb.metric_rules import MetricRules
from wandb.process import ProcessIdentity, host_name, is_alive
from wandb.runlog.log_reader import LogReader
from wandb.runlog.tail import Tail
from wandb.runlog.transaction_log import BLOCK, FILE_HEADER
from wandb.sync.config import ConfigFile
from wandb.sync.environment import EnvironmentFile
from wandb.sync.recorded_settings import take_settings
from wandb.sync.summary import SummaryFile
from wandb.wire.decode import decode, moment_of, record_kind
from wandb.wire.row_items import value_of

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.runlog.tail import Entry

# Upstream's client puts the header before the run record, ours too; whatever comes later is no description of the run.
_RECORDS_BEFORE_RUN = 100
# A run of another host, or of another client, whose files have been silent for so long has crashed. A run that lives
# appends system metrics every 15 s; servers wait for five minutes, too.
_SILENT_SECONDS = 300.0
# Exit codes of programs that somebody ended: Ctrl-C as it is recorded, and the signals HUP, INT, QUIT, KILL and TERM.
_KILLED = (255, 129, 130, 131, 137, 143)
_TEXTS = ("entity", "project", "display_name", "notes", "run_group", "job_type", "sweep_id", "host")


class Description:
    """Who a run is, by its run records."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.texts = dict.fromkeys(_TEXTS, "")
        self.tags: List[str] = []
        self.start_time = 0.0
        self.commit = self.remote = ""
        self.settings: Dict[str, Any] = {}
        self.damage = ""

    def apply(self, run: Any) -> None:
        """Take in a RunRecord: the first says all, later ones what has changed. `damage`: settings that can't be."""
        self.run_id = run.run_id or self.run_id
        for name in _TEXTS:
            self.texts[name] = getattr(run, name) or self.texts[name]
        self.tags = list(run.tags) or self.tags
        if run.HasField("start_time"):
            self.start_time = moment_of(run.start_time)
        self.commit = run.git.commit or self.commit
        self.remote = run.git.remote_url or self.remote
        try:
            take_settings(self.settings, run.settings.item)
        except CorruptLog as error:
            self.damage = f"the run record: {error}"

    def creator(self) -> ProcessIdentity | None:
        """The process that called `init`; None for a run of upstream's client, which does not record it."""
        try:
            return ProcessIdentity.from_json(self.settings["_creator"])
        except (KeyError, TypeError, ValueError):
            return None


def describe(layout: RunLayout) -> Description:
    """The description of a run from the beginning of its log; empty texts if it can't be read."""
    description = Description(layout.run_id)
    try:
        for number, payload in enumerate(LogReader(layout.transaction_log).records()):
            record = decode(payload)
            if record_kind(record) == "run":
                description.apply(record.run)
            if description.start_time or number > _RECORDS_BEFORE_RUN:
                break
    except (CorruptLog, OSError):
        pass  # whoever asks for more than the name is told what is wrong
    return description


def goes_on(description: Description, layout: RunLayout) -> bool:
    """Whether a run that has not said its last word still may."""
    creator = description.creator()
    if creator is not None and creator.is_in_sight():
        return is_alive(creator)
    moments = [0.0]
    for path in (layout.transaction_log, *layout.spools()):
        try:
            moments.append(os.stat(path).st_mtime)
        except FileNotFoundError:
            continue  # a spool that was just folded
    return time.time() - max(moments) < _SILENT_SECONDS


def state_of(code: int | None) -> str:
    """What a run that does not go on is called, by its exit code; None is of one that is gone without a word."""
    if code is None:
        return "crashed"
    return "finished" if code == 0 else "killed" if code in _KILLED else "failed"


def ending_of(layout: RunLayout) -> Tuple[Any, bool]:
    """The exit record that the log ends with, or None, and whether a summary comes right before it.

    Looked for in the last blocks of the log only.
    """
    last: List[Any] = []
    try:
        reader = LogReader(layout.transaction_log)
        # It may begin in the middle of a record, which is then passed over like a damaged one.
        reader.offset = max(len(FILE_HEADER), (os.path.getsize(layout.transaction_log) // BLOCK - 1) * BLOCK)
        last = [decode(payload) for payload in deque(reader.records(), 2)]
    except (CorruptLog, OSError):
        pass  # whoever reads all of it is told what is wrong
    if not last or record_kind(last[-1]) != "exit":
        return None, False
    return last[-1].exit, record_kind(last[0]) == "summary"


class RunRecord:
    """Everything of a run but its rows and its console text; `read` takes in what is new."""

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._tail = Tail(layout)
        self.description = Description(layout.run_id)
        rules = MetricRules()
        # Made for the service, which has them write their files; here they are only asked.
        self._summary = SummaryFile(os.path.join(layout.files_dir, "wandb-summary.json"), rules)
        self._config = ConfigFile(os.path.join(layout.files_dir, "config.yaml"), rules)
        self._environment = EnvironmentFile(os.path.join(layout.files_dir, "wandb-metadata.json"))
        self.last_time = 0.0
        self.row_count = 0
        self._stats: Dict[str, Any] = {}
        self._refused = ""
        # A run that has ended, its children too, has its whole summary as a record: its rows need not be looked into.
        self._sums_up = bool(layout.spools()) or not ending_of(layout)[1]

    def read(self) -> None:
        """Take in what has come since the last call."""
        for _ in self.entries():
            pass

    def entries(self) -> Iterator[Entry]:
        """The new entries, each taken in before it is passed on."""
        try:
            for entry in self._tail.step():
                try:
                    self._apply(entry)
                except CorruptLog as error:
                    self._tail.note_damage(entry, str(error))
                yield entry
            if not self._tail.ended and not goes_on(self.description, self._layout):
                self._tail.note_torn_ends(host_name())
        except (CorruptLog, OSError) as error:
            self._refused = str(error)

    def _apply(self, entry: Entry) -> None:
        self.last_time = max(self.last_time, entry.time)
        if entry.kind == "history":
            self.row_count += 1
            if not self._sums_up:
                return
            self._summary.apply_row(entry.row.values(), entry.writer)
            return
        if entry.kind == "run":
            self.description.apply(entry.record.run)
        elif entry.kind == "stats":
            self._stats.update(stats_row(entry.record.stats, self.description.start_time))
        self._summary.apply(entry)
        self._config.apply(entry)
        self._environment.apply(entry)
        if entry.kind == "environment":
            self._config.set_environment(self._environment.writer, self._environment.values())

    @property
    def damage(self) -> List[str]:
        """What could not be read, one sentence a place."""
        return [*self._tail.damage(), *filter(None, (self.description.damage, self._refused))]

    @property
    def exit_code(self) -> int | None:
        """What the run ended with; None if it did not say."""
        exit_record = self._tail.exit if self._tail.ended else self._tail.finish
        return None if exit_record is None else int(exit_record.exit_code)

    def config(self) -> Dict[str, Any]:
        """The config, with its `_wandb` section."""
        return self._config.values()

    def summary(self) -> Dict[str, Any]:
        """The summary as nested dicts."""
        return self._summary.values(self._tail.open_rows.beside())

    def metadata(self) -> Dict[str, Any]:
        """The machine and the program; empty if nobody has described them."""
        return self._environment.values()

    def last_stats(self) -> Dict[str, Any]:
        """The last reading of each system metric."""
        return {name: value for name, value in self._stats.items() if name.startswith("system.")}


def stats_row(stats: Any, start_time: float) -> Dict[str, Any]:
    """A row of system metrics under the names that servers give them; raises CorruptLog."""
    moment = moment_of(stats.timestamp)
    row = {"_timestamp": moment, "_runtime": max(0.0, moment - start_time) if start_time else None}
    row.update((f"system.{item.key}", value_of(item)) for item in stats.item)
    return row
