"""What of a run is to be sent: its logs, read from their start each time, as streams, fields and files.

It knows no network: the uploader takes from it, and tells it what the server has acknowledged. What was acknowledged
before, by this process or another, is read again but not sent again.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Tuple

from wandb.errors import CorruptLog
from wandb.metric_rules import MetricRules
from wandb.runlog.log_reader import LogReader
from wandb.runlog.spool import EVENTS_WRITER
from wandb.runlog.tail import Tail
from wandb.sync.config import ConfigFile
from wandb.sync.console_choice import ConsoleChoice
from wandb.sync.console_lines import ConsoleLines
from wandb.sync.environment import EnvironmentFile
from wandb.sync.recorded_settings import take_settings
from wandb.sync.rows import event_line, row_line
from wandb.sync.sent_lines import SentLines, line_size
from wandb.sync.summary import SummaryFile
from wandb.sync.synced_mark import CONSOLE_TEXT
from wandb.wire.decode import decode, moment_of, record_kind

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout
    from wandb.runlog.tail import Entry
    from wandb.sync.checkpoint import Checkpoint

# More is not read before some of it is sent.
MOST_WAITING = 10 * 1024 * 1024
MOST_LINE = 10_383_360
_SEVERITIES = ("INFO", "WARN", "ERROR")


class ConsoleOptions(NamedTuple):
    """How console lines are sent."""

    skipped: bool = False
    structured: bool = False


def run_record(layout: RunLayout) -> Any:
    """The run's first run record; None if there is none (yet). Raises CorruptLog if this is no run file."""
    for payload in LogReader(layout.transaction_log).records():
        record = decode(payload)
        if record_kind(record) == "run":
            return record.run
    return None


class Outgoing:
    """One run's. `rows`, `events`, `console` and `alerts` are the streams; the rest are questions."""

    def __init__(
        self, layout: RunLayout, checkpoint: Checkpoint, is_folded: bool, console: ConsoleOptions, max_line: int
    ) -> None:
        """`is_folded`: the run has ended and all of it is in its transaction log, rows of all processes numbered."""
        self.layout = layout
        self.tail = Tail(layout)
        base = checkpoint.part("base")
        lines = base.get("lines") or {}
        self.rows = SentLines(checkpoint.part("rows"), lines.get("history", 0))
        self.events = SentLines(checkpoint.part("events"), lines.get("events", 0))
        self.alerts = SentLines(checkpoint.part("alerts"))
        self._is_in_doubt = checkpoint.values.get("exit_code") is None  # whoever sent before may have died at it
        self._console_state = (checkpoint.part("console"), lines.get("console", 0))
        self._console_options = console
        self._console: ConsoleLines | None = None
        self._earlier: Dict[str, Any] = base
        self._earlier_runtime = float(base.get("runtime", 0.0))
        self._next_step = int(base.get("next_step", 0)) if self.rows.note is None else int(self.rows.note)
        self._is_folded = is_folded
        self._max_line = max_line
        self._choice = ConsoleChoice({})
        rules = MetricRules()
        self._summary = SummaryFile("", rules)
        self._config = ConfigFile("", rules)
        self._environment = EnvironmentFile("")
        self.settings: Dict[str, Any] = {}
        self.run: Any = None  # the run record as it is now
        self.start_time = 0.0
        self.files: List[Any] = []  # FilesItems that the uploader has not taken yet
        self.artifacts: List[Tuple[str, Any]] = []  # names of records that hold for good, and the records
        self.preempts = False
        self.is_current = False  # everything that is in the logs has been read
        self.is_full = False  # more is read when some of what waits has been sent
        self.held_back = False  # rows of other processes wait for the fold to number them
        self.dropped: List[str] = []  # what can't be sent, one sentence each
        self.left_out: List[str] = []  # what is not to be sent, by the names that the mark of a sent run has for it

    @property
    def console(self) -> ConsoleLines:
        """Made with the first text: the settings are known by then."""
        if self._console is None:
            state, offset = self._console_state
            label, structured = str(self.settings.get("x_label") or ""), self._console_options.structured
            keeps = self._choice.keeps()
            self._console = ConsoleLines(state, offset, keeps, label, structured, self._is_in_doubt)
        return self._console

    def waiting_bytes(self) -> int:
        """About how much has been read and not been sent."""
        console = self._console.size if self._console is not None else 0
        return self.rows.size + self.events.size + console

    def note_fold(self) -> bool:
        """The run has been folded. False if this one can't go on: it has met rows that have got their numbers since."""
        self._is_folded = self._is_folded or (self.is_current and not self.held_back)
        return self._is_folded

    def unread_bytes(self) -> int:
        """About how much of the logs has not been read."""
        return self.tail.unread_bytes()

    def read(self) -> None:
        """Take in what is new, until there is enough for a request."""
        self.is_full = self._has_enough()
        if self.is_full:
            return
        self.is_current = False
        for entry in self.tail.entries(self._is_folded):
            try:
                self._apply(entry)
            except CorruptLog as error:
                self.tail.note_damage(entry, str(error))
            self.is_full = self._has_enough()
            if self.is_full:
                return
        self.is_current = self.tail.unread is None

    def _has_enough(self) -> bool:
        if self.waiting_bytes() < MOST_WAITING:
            return False
        if self._console is not None:
            self._console.settle()  # of what was printed, it may be that nothing is to be sent
        return self.waiting_bytes() >= MOST_WAITING // 2  # so that it is not settled again for each line

    def _apply(self, entry: Entry) -> None:
        apply = getattr(self, f"_apply_{entry.kind}", None)
        if apply is not None:
            apply(entry)
        else:
            self._summary.apply(entry)
            self._config.apply(entry)

    def _apply_run(self, entry: Entry) -> None:
        run = entry.record.run
        if self.run is None:
            self.run = run
            self.start_time = moment_of(run.start_time)
            try:
                take_settings(self.settings, run.settings.item)
            except CorruptLog as error:
                self.tail.note_damage(entry, str(error))  # the rest of the record counts
            self._choice = ConsoleChoice(self.settings)
            self._next_step = max(self._next_step, run.starting_step)
        else:
            self.run.MergeFrom(_without_lists(run))
            self.run.tags[:] = run.tags
        self._config.apply(entry)

    def _apply_history(self, entry: Entry) -> None:
        self._summary.apply_row(entry.row.values(), entry.writer)
        # Rows of event files are numbered with all others as they come, as those of a mirror in the process are.
        if entry.writer and not self._is_folded and not entry.writer.startswith(EVENTS_WRITER):
            self.held_back = True
        elif self.rows.is_new(entry.writer):
            line, step = row_line(entry.row, self._next_step, self._earlier_runtime)
            self._next_step = step + 1
            self._add(self.rows, entry.writer, line, "A row", step + 1)

    def _apply_stats(self, entry: Entry) -> None:
        if self.events.is_new(entry.writer):
            line = event_line(entry.record.stats, self.start_time)
            self._add(self.events, entry.writer, line, "A sample of system metrics", None)

    def _add(self, lines: SentLines, writer: str, line: str, what: str, note: Any) -> None:
        if line_size(line) > self._max_line:
            self.dropped.append(f"{what} of {len(line)} characters is more than a server takes; it is in the record.")
            lines.add(writer, None, note)
        else:
            lines.add(writer, line, note)

    def _apply_output_raw(self, entry: Entry) -> None:
        output = entry.record.output_raw
        stream = "stdout" if output.output_type == 1 else "stderr"
        self._print(entry, stream, output.line, self._choice.prefix_of(output))

    def _apply_output_logger(self, entry: Entry) -> None:
        self._print(entry, "logger", entry.record.output_logger.line, "")

    def _print(self, entry: Entry, stream: str, text: str, prefix: str) -> None:
        if not self._console_options.skipped:
            self.console.feed(entry.writer, stream, text, entry.time or self.start_time, prefix)
        elif text:
            self.left_out = [CONSOLE_TEXT]

    def _apply_files(self, entry: Entry) -> None:
        self.files += entry.record.files.files

    def _apply_alert(self, entry: Entry) -> None:
        alert = entry.record.alert
        if self.alerts.is_new(entry.writer):
            severity = alert.level if alert.level in _SEVERITIES else "INFO"
            values = {"title": alert.title, "text": alert.text, "severity": severity}
            self.alerts.add(entry.writer, json.dumps({**values, "waitDuration": alert.wait_duration}))

    def _apply_environment(self, entry: Entry) -> None:
        self._environment.apply(entry)
        self._config.set_environment(self._environment.writer, self._environment.values())

    def _apply_preempting(self, entry: Entry) -> None:
        self.preempts = True

    def _apply_artifact(self, entry: Entry) -> None:
        number = entry.sequence if entry.writer else entry.record.num
        self.artifacts.append((f"{entry.writer}#{number}", entry.record.artifact))

    def _apply_use_artifact(self, entry: Entry) -> None:
        number = entry.sequence if entry.writer else entry.record.num
        self.artifacts.append((f"{entry.writer}#{number}", entry.record.use_artifact))

    def summary_line(self) -> str:
        """The whole summary, that of an earlier part of the run below it."""
        values = self._summary.values()
        if self._earlier.get("next_step") and "_step" in values:
            values["_step"] = self._next_step - 1  # rows of a resumed run begin behind those before
        earlier, runtime = self._earlier.get("summary") or {}, self._earlier_runtime
        if runtime:
            own = values.get("_wandb")
            if isinstance(own, dict) and "runtime" in own:
                values["_wandb"] = {**own, "runtime": int(own["runtime"] + runtime)}
            if isinstance(values.get("_runtime"), (int, float)):
                values["_runtime"] += runtime
        return json.dumps({**earlier, **values}, separators=(",", ":"), ensure_ascii=False)

    def new_summary(self, known: str | None) -> str:
        """The summary if it is complete and its fingerprint is not the `known` one; else ""."""
        if not self.is_current:
            return ""  # in the middle of reading it is that of an earlier moment
        line = self.summary_line()
        if line_size(line) > MOST_LINE:
            sentence = f"The summary has {len(line)} characters, more than a server takes."
            if sentence not in self.dropped:
                self.dropped.append(sentence)
            return ""
        return line if fingerprint(line) != known else ""

    def config_text(self) -> str:
        """The config with the `_wandb` section, values of an earlier part of the run below it."""
        values = {**(self._earlier.get("config") or {}), **self._config.wrapped()}
        return json.dumps(values, sort_keys=True, ensure_ascii=False)

    def fields(self) -> Dict[str, Any]:
        """The other variables of UpsertBucket, by their names there."""
        run, environment = self.run, self._environment.values()
        git = environment.get("git") or {}
        return {
            "displayName": run.display_name,
            "notes": run.notes,
            "tags": list(run.tags),
            "groupName": run.run_group,
            "jobType": run.job_type,
            "host": run.host,
            "sweep": run.sweep_id,
            "commit": run.git.commit or git.get("commit"),
            "repo": run.git.remote_url or git.get("remote"),
            "program": self.settings.get("_program") or environment.get("program"),
        }


def fingerprint(text: str) -> str:
    """A short text that differs for different texts: the checkpoint remembers by it what was sent."""
    return hashlib.md5(text.encode("utf-8", "replace")).hexdigest()


def _without_lists(run: Any) -> Any:
    """What a later run record changes: what it states, but for what the first one alone holds."""
    copy = type(run)()
    copy.CopyFrom(run)
    for name in ("config", "settings", "tags", "telemetry", "start_time", "starting_step"):
        copy.ClearField(name)
    return copy
