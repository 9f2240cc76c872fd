"""Rows of a run from the event files that TensorFlow writes for TensorBoard: the run's record says which those are.

TensorFlow writes them outside of Python, also from within its graphs, so they are read while they grow, and to their
end before the run is folded. Rows go to the spool. Each file is a writer of its own, whose rows depend on nothing but
the file: whoever reads it again, after a kill, appends the same frames, and readers know them by their numbers.
"""

from __future__ import annotations

import json
import logging
import os
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Set

from wandb.media.event_values import values_of
from wandb.media.values import BatchableMedia, WBValue
from wandb.process import host_name
from wandb.runlog.spool import EVENTS_WRITER, RECORD, Spool, frame
from wandb.sync.event_reader import EventReader
from wandb.wire.decode import message_class
from wandb.wire.encode import body, encode, flatten_into, history_body, named

if TYPE_CHECKING:
    from wandb.runlog.layout import RunLayout

_log = logging.getLogger(__name__)

# At the end: for so long events are read before their rows are appended.
_APPEND_SECONDS = 0.2


class EventFiles:
    """Those of one run."""

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._files: Dict[str, _EventFile] = {}

    def watch(self, record: Any, start_time: float) -> None:
        """Begin to read the file of a TBRecord; of one that names no file nothing is known."""
        path = record.save_path
        if "tfevents" in os.path.basename(path) and path not in self._files:
            self._files[path] = _EventFile(path, record.namespace, self._layout.files_dir, start_time)

    def step(self, seconds: float) -> None:
        """Append what is new, but not for much longer than this. Raises OSError if the disk refuses."""
        deadline = monotonic() + seconds
        for file in self._files.values():
            file.take(deadline)
            self._append(file)

    def finish(self) -> None:
        """Append all that is there, and the rows that no later event has completed. Raises OSError."""
        for file in self._files.values():
            while file.take(monotonic() + _APPEND_SECONDS, to_the_end=True):
                self._append(file)
            file.close_row()
            self._append(file)

    def damage(self) -> List[str]:
        """What could not be read, one sentence a place."""
        return [sentence for file in self._files.values() for sentence in file.damage()]

    def _append(self, file: _EventFile) -> None:
        if file.frames:
            spool = Spool(self._layout.spool(host_name()))
            try:
                spool.append_frames(b"".join(file.frames))
            finally:
                spool.close()
            file.frames = []


class _EventFile:
    """One file: how far it was read, and what it was given for its latest step; media go below `dir`."""

    def __init__(self, path: str, prefix: str, files_dir: str, start_time: float) -> None:
        self.dir = files_dir
        self.frames: List[bytes] = []  # those that wait to be appended
        self._path = path
        self._prefix = prefix
        self._start_time = start_time
        self._reader = EventReader(path)
        self._writer = f"{EVENTS_WRITER}{sha256(os.fsencode(path)).hexdigest()[:24]}"
        self._sequence = 0
        self._rows = 0
        self._step = 0
        self._moment = 0.0
        self._values: Dict[str, Any] = {}
        self._complaints: Set[str] = set()

    def take(self, deadline: float, to_the_end: bool = False) -> bool:
        """Make frames of what is new; whether there may be more. `to_the_end`: nothing comes behind what there is."""
        try:
            for payload in self._reader.events(to_the_end):
                self._take_event(payload)
                if monotonic() > deadline:
                    return True
        except OSError as error:
            self._complain(f"can't be read now: {error}")
        return False

    def damage(self) -> List[str]:
        """What could not be read, one sentence a place."""
        return self._reader.damage()

    def _take_event(self, payload: bytes) -> None:
        try:
            event = message_class("tensorboard_events.Event").FromString(payload)
            values = values_of(event.summary, self._prefix)
        except Exception as error:  # damaged, or an event of a kind that no library made so far
            self._complain(f"has an event that is left out: {error!r}")
            return
        if not values:
            return
        if event.step != self._step:
            self.close_row()
        self._step, self._moment = event.step, event.wall_time
        self._values.update(values)

    def close_row(self) -> None:
        """Make a row of what there is for the latest step."""
        values, self._values = self._values, {}
        if not values:
            return
        row: Dict[Any, Any] = {"global_step": self._step}
        for name, value in values.items():
            try:
                found = self._json_of(name, value)
            except OSError as error:
                self._complain(f"has media that can't be written: {error}")
                continue
            if type(found) is dict and found:
                flatten_into(row, (name,), found)
            else:
                row[name] = found
        row["_runtime"] = max(self._moment - self._start_time, 0.0)
        row["_timestamp"] = self._moment
        self._rows += 1
        self._frame(history_body(row, None, json.dumps))

    def _json_of(self, name: str, value: Any) -> Any:
        if isinstance(value, list) and isinstance(value[0], BatchableMedia):
            return type(value[0]).seq_to_json(value, self, name, self._rows)
        if isinstance(value, WBValue):
            if hasattr(value, "bind_to_run"):
                value.bind_to_run(self, name, self._rows)
            return value.to_json(self)
        return value

    def _frame(self, record_body: bytes) -> None:
        self._sequence += 1
        self.frames.append(frame(RECORD, named(f"{self._writer}#{self._sequence}", record_body)))

    def _complain(self, what: str) -> None:
        if what not in self._complaints:
            self._complaints.add(what)
            _log.warning("%s %s", self._path, what)

    # ---- what media ask of a run

    def _deliver(self, file: Any) -> None:
        while not file.go_on(1.0):
            continue

    def _media_written(self, name: str) -> None:
        files = [{"path": name, "policy": 0, "type": 0}]  # NOW, OTHER
        self._frame(body("files", encode("FilesRecord", {"files": files})))

    def _media_labels(self, kind: str, key: str, labels: Mapping[str, str]) -> None:
        """Masks and boxes; events have none."""

    def _table_logged(self, table: Any, key: str) -> Dict[str, Any]:
        """It is kept in the run's files only."""
        return {}
