"""A part of a run: one run folder of several with the same id, and what its run record says.

For `init` of a resumed run, and for the service. No protobuf is loaded, and nothing is ever written.
"""

from __future__ import annotations

import os

from wandb.process import ProcessIdentity, host_name, is_alive, start_time_of
from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.plain_reader import decoded, items_of, records
from wandb.runlog.transaction_log import BLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, Tuple

# The setting in a run record that tells which part it goes on from: folder, whether it had ended, runtime, and names.
RESUMED_FROM = "_resumed_from"
SEARCH = 4 * BLOCK  # so far behind a damaged place the next record is looked for
_MOST_PROBLEMS = 10
_FIRST_RECORDS = 10  # the run record is among them


class Part:
    """One part, as far as it could be read."""

    def __init__(self, layout: RunLayout) -> None:
        self.layout = layout
        self.problems: List[str] = []
        self.run: Dict[str, Any] = {}  # its run record
        self.settings: Dict[str, Any] = {}
        self.name = self.notes = ""
        self.tags: List[str] = []
        self.step = -1  # its last one
        self.runtime = 0.0
        self.config: Dict[str, Any] = {}
        self.summary: Dict[str, Any] = {}
        self.ended = False

    @property
    def start_time(self) -> float:
        """When it began."""
        moment = self.run.get("start_time", {})
        return float(moment.get("seconds", 0)) + float(moment.get("nanos", 0)) / 1e9

    def is_running(self) -> bool:
        """Whether the process that began it still lives; False if it was on another host."""
        creator = self._creator()
        return creator is not None and creator.host == host_name() and _lives(creator)

    def is_orphan(self) -> bool:
        """Whether the process that began it is dead; False if it was on another host."""
        creator = self._creator()
        return creator is not None and creator.host == host_name() and not _lives(creator)

    def _creator(self) -> ProcessIdentity | None:
        try:
            return ProcessIdentity.from_json(self.settings["_creator"])
        except (KeyError, TypeError, ValueError):
            return None  # recorded by another client

    def before(self) -> RunLayout | None:
        """The part that this one says it goes on from."""
        known = self.settings.get(RESUMED_FROM)
        name = str(known.get("folder", "")) if isinstance(known, dict) else ""
        if not name or os.path.basename(name) != name:  # it comes from a file: it must not lead anywhere else
            return None
        return RunLayout(os.path.join(os.path.dirname(self.layout.run_dir), name), self.layout.run_id)

    def goes_on_from_an_end(self) -> bool:
        """Whether the part before it had ended when this one began."""
        known = self.settings.get(RESUMED_FROM)
        return isinstance(known, dict) and bool(known.get("ended"))

    def belongs_to(self, project: str, entity: str) -> bool:
        """Whether it is a part of that project's run; an entity that one side does not name is no difference."""
        own = self.run.get("entity", "")
        return bool(self.run.get("project", "") == project and (not own or not entity or own == entity))

    def note(self, problem: str) -> None:
        """Name what could not be read."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(f"{self.layout.run_dir}: {problem}")

    def take_names(self, record: Dict[str, Any]) -> None:
        """Take in what a run record says, or the setting that tells what a part had from the one before it."""
        self.name = str(record.get("display_name") or self.name)
        self.notes = str(record.get("notes") or self.notes)
        self.tags = [str(tag) for tag in record.get("tags") or self.tags]


def moments(parts: Sequence[Part]) -> Dict[str, Tuple[float, int]]:
    """What the parts of a run, by their logs, are sorted by: when they began, but behind the one they go on from.

    The clocks of hosts that share a folder differ.
    """
    known = {part.layout.transaction_log: part for part in parts}
    found: Dict[str, Tuple[float, int]] = {}
    for part in parts:
        chain: List[Part] = []
        one: Part | None = part
        while one is not None and one.layout.transaction_log not in found and one not in chain:
            chain.append(one)
            before = one.before()
            one = known.get(before.transaction_log) if before is not None else None
        moment = found.get(one.layout.transaction_log) if one is not None else None
        for one in reversed(chain):
            began = (one.start_time, 0)
            moment = began if moment is None or began > moment else (moment[0], moment[1] + 1)
            found[one.layout.transaction_log] = moment
    return found


def _lives(process: ProcessIdentity) -> bool:
    """`is_alive`, and for most dead ones without what it has to load."""
    started = start_time_of(process.pid)
    return bool(started) and started.startswith(process.start_time) and is_alive(process)


def first_record(layout: RunLayout) -> Part | None:
    """A part with nothing read but its run record; None if there is none that can be read."""
    part = Part(layout)
    for count, (kind, body, _) in enumerate(records(LogReader(layout.transaction_log, SEARCH), part.note)):
        if kind == "run":
            part.run = decoded("RunRecord", body, part.note)
            settings = items_of(part.run.get("settings", {}).get("item", []), part.note)
            part.settings = {path[-1]: value for path, value in settings}
            known = part.settings.get(RESUMED_FROM)
            if isinstance(known, dict) and isinstance(known.get("tags"), list):
                part.take_names(known)
            part.take_names(part.run)
            return part
        if count >= _FIRST_RECORDS:
            break
    return None
