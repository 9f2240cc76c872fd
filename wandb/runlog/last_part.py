"""What the last part of a run says to the next one: where `init` with `resume` goes on.

Called by `init` in the training process: no protobuf, no replay. Read are the head and the end of the log, the files
that the follower made, and the ends of the spools, for a second at most, however long the run was. What is damaged or
can't be read is stepped over and named in `problems`.
"""

from __future__ import annotations

import os
from math import inf
from time import monotonic

from wandb.config_state import merge, remove
from wandb.errors import ConfigError, LogError
from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.part import SEARCH, Part, first_record, moments
from wandb.runlog.plain_reader import (
    Row,
    decoded,
    items_of,
    json_file,
    number_of,
    path_of,
    records,
    rule_of,
    size_of,
    step_of_value,
)
from wandb.runlog.spool import CREATOR, LEFT_OPEN, OPEN_ROW, RECORD, SpoolReader
from wandb.runlog.transaction_log import BLOCK
from wandb.summary_state import SummaryState
from wandb.version import FORK_MARK
from wandb.wire.decode import writer_of
from wandb.wire.plain import kind_and_body, origin_of
from wandb.yaml_file import read_yaml_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple

_SECONDS = 1.0
_WINDOW = 4 * BLOCK  # how much of a log's head, and of its end, is read
_MOST_YAML = 1 << 18  # a pure Python reader takes a second for that
_MOST_PARTS = 20  # the newest by name, of which the one that began last is taken
_MOST_CHANGES = 1000  # so many of the last rows and changes make the summary, where no file knows it


def last_part(parent: str, run_id: str, project: str, entity: str) -> Tuple[Part | None, List[str]]:
    """The part in `parent` that began last, and what could not be read. An id in another project is another run."""
    deadline, problems = monotonic() + _SECONDS, []
    found: List[Part] = []
    for layout in RunLayout.parts(parent, run_id)[:_MOST_PARTS]:
        part = first_record(layout)
        if part is None:
            problems.append(f"{layout.transaction_log} has no run record that can be read")
        elif part.belongs_to(project, entity):
            found.append(part)
    if not found:
        return None, problems
    began = moments(found)
    part = max(found, key=lambda part: began[part.layout.transaction_log])
    try:
        _Reading(part, deadline).read()
    except _OutOfTimeError:
        part.note(f"it took more than {_SECONDS:g} s, and values may be missing")
    return part, [*problems, *part.problems]


class _OutOfTimeError(Exception):
    """The deadline has passed."""


class _Reading:
    """Fills a part. What the summary file holds already is told by the time of the last row in it."""

    def __init__(self, part: Part, deadline: float) -> None:
        self._part = part
        self._deadline = deadline
        self._count = 0
        self._state = SummaryState()
        self._follows_rows = True  # in upstream's logs each change of the summary is a record
        self._known_to = -inf
        self._changes: List[Tuple[str, bytes]] = []  # of the summary, in their order
        self._committed: Dict[str, int] = {}  # the number of the creator's last labelled row, by name
        self._log_step = -1

    def read(self) -> None:
        """Everything, unless the time is over before: _OutOfTimeError."""
        part = self._part
        known = json_file(os.path.join(part.layout.files_dir, "wandb-summary.json"), part.note)
        for key, value in known.items():
            self._state.update((key,), value)
        if known:
            self._known_to = number_of(known.get("_timestamp"), -inf)
        part.step = max(int(part.run.get("starting_step", 0)) - 1, step_of_value(known.get("_step")))
        try:
            self._read_log()
            self._take_changes()
            if not part.ended:
                for path in part.layout.spools():
                    self._read_spool(path)
        except LogError as error:
            part.note(str(error))
        finally:
            part.summary = self._state.as_dict()
            part.runtime = max(part.runtime, number_of(part.summary.get("_runtime"), 0.0))
            for values in (part.summary, part.config):
                values.pop("_wandb", None)

    def _read_log(self) -> None:
        path = self._part.layout.transaction_log
        log, size = LogReader(path, SEARCH), size_of(path)
        for kind, body, label in records(log, self._part.note):
            self._take(kind, body, label)
            if _WINDOW < log.offset < size - 2 * _WINDOW:
                break
        for offset, reason in log.damage:
            self._part.note(f"{reason} at offset {offset} of the log")
        if log.offset >= size - _WINDOW:
            return
        self._take_config_file()
        log = LogReader(path, SEARCH)
        log.offset = size - size % BLOCK - _WINDOW  # most likely in the middle of a record, which is no damage
        for kind, body, label in records(log, self._part.note):
            self._take(kind, body, label)

    def _take(self, kind: str, body: bytes, label: str) -> None:
        self._look_at_the_clock()
        part = self._part
        if kind in ("history", "summary"):
            self._changes.append((kind, body))
            name, number = writer_of(label)
            self._committed[name] = max(number, self._committed.get(name, 0))
        elif kind == "header":
            producer = decoded("HeaderRecord", body, part.note).get("version_info", {}).get("producer", "")
            self._follows_rows = not producer or FORK_MARK in producer
        elif kind == "run":
            record = decoded("RunRecord", body, part.note)
            part.take_names(record)
            self._take_config(record.get("config", {}))
        elif kind == "config":
            self._take_config(decoded("ConfigRecord", body, part.note))
        elif kind == "metric":
            self._state.define(rule_of(decoded("MetricRecord", body, part.note)))
        elif kind == "exit":
            part.runtime = max(part.runtime, float(decoded("RunExitRecord", body, part.note).get("runtime", 0)))
        part.ended = kind == "exit"

    def _look_at_the_clock(self) -> None:
        self._count += 1
        if not self._count % 100 and monotonic() > self._deadline:
            raise _OutOfTimeError

    def _take_changes(self) -> None:
        """The rows and changes behind the last row that the summary file knows; all of them if it knows none."""
        part, changes = self._part, []
        last: Row | None = None
        for kind, body in reversed(self._changes):
            self._look_at_the_clock()
            if kind == "summary":
                changes.append(decoded("SummaryRecord", body, part.note))
                continue
            row = Row.of(body, part.note)
            last = last or row
            if row.time <= self._known_to or len(changes) >= _MOST_CHANGES:
                break
            changes.append({"row": row.items if self._follows_rows else ()})
        if last is not None:  # steps of one writer rise, and the fold's go on from them
            part.step, part.runtime = max(part.step, last.step), max(part.runtime, last.runtime)
            self._log_step = last.step
        for change in reversed(changes):
            self._state.apply_row(change.get("row", ()))
            for path, value in items_of(change.get("update", []), part.note):
                self._state.update(path, value)
            for item in change.get("remove", []):
                self._state.remove(path_of(item))

    def _take_config(self, record: Dict[str, Any]) -> None:
        for path, value in items_of(record.get("update", []), self._part.note):
            merge(self._part.config, path, value)
        for item in record.get("remove", []):
            remove(self._part.config, path_of(item))

    def _take_config_file(self) -> None:
        """What changed in the part of a long log that is not read."""
        path = os.path.join(self._part.layout.files_dir, "config.yaml")
        if not 0 < size_of(path) <= _MOST_YAML or not os.path.isfile(path):
            self._part.note("config.yaml is missing, or too long to be read now")
            return
        try:
            values = read_yaml_file(path)
        except (ConfigError, ImportError) as error:  # the head of the log has most of it
            self._part.note(str(error))
            return
        self._part.config = {
            str(key): value["value"] for key, value in values.items() if isinstance(value, dict) and "value" in value
        }

    def _read_spool(self, path: str) -> None:
        """Rows that are not in the log, also those left open: the ones without a step will get the next ones."""
        part, reader, without = self._part, SpoolReader(path), 0
        left: Dict[str, Tuple[str, Row]] = {}
        reader.offset = max(0, size_of(path) - _WINDOW)
        for frame_kind, payload in reader.frames():
            self._look_at_the_clock()
            kind, body = kind_and_body(payload)
            if frame_kind not in (RECORD, OPEN_ROW) or kind != "history":
                continue
            row, (uuid, label) = Row.of(body, part.note), origin_of(payload)
            part.step = max(part.step, row.step)
            writer = writer_of(uuid)[0].replace(LEFT_OPEN, "")
            key = f"{writer}/{label}" if label else writer
            if frame_kind == OPEN_ROW:
                before = left.get(key, ("", row))[1]
                left[key] = (label, before.and_then(row) if before.step == row.step else row)
                continue
            left.pop(key, None)
            left.pop(writer, None)
            if row.time > self._known_to:
                self._state.apply_row(row.items)
                without += row.step < 0
        for key, (label, row) in left.items():
            if not (key.partition("/")[0] == CREATOR and self._is_in_log(row, label)):
                without += row.step < 0
                if row.time > self._known_to:
                    self._state.apply_row(row.items)
        part.step += without

    def _is_in_log(self, row: Row, label: str) -> bool:
        """Whether the creator has committed the row that such parts are of."""
        name, number = writer_of(label)
        return number <= self._committed.get(name, 0) if name else 0 <= row.step <= self._log_step
