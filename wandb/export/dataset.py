"""A folder with all that some runs hold, made beside its place and put there in one step when it is complete.

    runs.parquet                                    one row a run: who it is, config, summary, metadata
    history/project=P/run_id=R/part-0.parquet       its rows; part-1 is another run with this id
    system/project=P/run_id=R/part-0.parquet        its system metrics
    console/project=P/run_id=R/part-0.log           its console text

All files of a table have the same columns, of the same types, so that every reader takes them as one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List
from urllib.parse import quote

from wandb.errors import ArgumentValueError
from wandb.export import parquet, tensorboard
from wandb.export.column_names import ColumnNames
from wandb.export.columns import INTEGER, JSON, TEXT, clean
from wandb.export.table import Table

if TYPE_CHECKING:
    from wandb.apis.local_run import LocalRun

    Row = Dict[str, Any]

# By this file a folder is known to be an export; readers of datasets pass over such a name.
_MARK = "_wandb_export.json"
FORMATS = ("parquet", "csv", "jsonl", "tensorboard")
# What Hive and its readers take for "no value".
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_MOST_BYTES = 200  # of a name of 255, which file systems take, with `project=` in front and a digest behind
_ESCAPED = "\x7f\"#%'*/:=?\\{[]^"
# The columns of the table of runs: from which attribute of a run each is, and its type.
_FACTS = {
    "run_id": "id", "project": "project", "entity": "entity", "name": "name", "state": "state",
    "exit_code": "exit_code", "group": "group", "job_type": "job_type", "tags": "tags", "notes": "notes",
    "created_at": "created_at", "heartbeat_at": "heartbeat_at", "host": "host", "commit": "commit",
    "sweep": "sweep_name", "config": "config", "summary": "summary_metrics", "metadata": "metadata",
}  # fmt: skip
_JSON_FACTS = ("tags", "config", "summary", "metadata", "damage")
RUN_TYPES = {
    **{name: JSON if name in _JSON_FACTS else TEXT for name in (*_FACTS, "damage")},
    **dict.fromkeys(("exit_code", "rows"), INTEGER),
}


class Exported:
    """What was exported: how many runs and rows, and the damage of each run that had any."""

    def __init__(self) -> None:
        self.runs = 0
        self.rows = 0
        self.damage: Dict[str, List[str]] = {}


def export(
    runs: Iterable[LocalRun],
    to: str,
    target: str,
    overwrite: bool = False,
    tell: Callable[[str], None] = lambda text: None,
) -> Exported:
    """Write the runs into the folder `target`, which must not exist or be empty; `overwrite`: or be an earlier export.

    Rows are streamed, through a file if their columns must be known first. `tell` hears what is being read and written.
    Raises ArgumentValueError for an unknown format or a folder that is taken or holds one of the runs, UsageError for
    a library that is missing, OSError if the disk refuses; `target` is then as it was. If it is a link, it stays one.
    """
    if to not in FORMATS:
        raise ArgumentValueError(f"Runs are exported to {', '.join(FORMATS)}, not to {to!r}.")
    {"parquet": parquet.load, "tensorboard": tensorboard.load}.get(to, lambda: None)()
    target = os.path.realpath(target)
    taken = os.path.lexists(target) and not (os.path.isdir(target) and not os.listdir(target))
    if taken and not overwrite:
        raise ArgumentValueError(f"{target} is there already; give another folder, or ask for it to be overwritten.")
    if taken and not os.path.isfile(os.path.join(target, _MARK)):
        raise ArgumentValueError(f"{target} is no earlier export (it has no {_MARK}); give another folder.")
    parent, name = os.path.split(target)
    os.makedirs(parent, exist_ok=True)
    work = tempfile.mkdtemp(prefix=f".{name}.incomplete-", dir=parent)
    try:
        new = os.path.join(work, name)
        exported = _Export(new, to, os.path.join(work, "rows"), tell).run(_outside(run, target) for run in runs)
        _put_in_place(new, target, os.path.join(work, "old"))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return exported


def _outside(run: LocalRun, target: str) -> LocalRun:
    for folder in run.dirs:
        if os.path.commonpath([os.path.realpath(folder), target]) == target:
            raise ArgumentValueError(f"{folder} is in {target}, which is kept; give another folder.")
    return run


def _put_in_place(new: str, target: str, aside: str) -> None:
    if not os.path.lexists(target):
        os.rename(new, target)
        return
    os.rename(target, aside)
    try:
        os.rename(new, target)
    except OSError:
        os.rename(aside, target)
        raise


class _Export:
    """One export into a folder of its own; `spill` is a folder for what is read before it can be written."""

    def __init__(self, folder: str, to: str, spill: str, tell: Callable[[str], None]) -> None:
        os.makedirs(folder)
        os.makedirs(spill)
        with open(os.path.join(folder, _MARK), "w", encoding="ascii") as mark:
            json.dump({"format": to}, mark)
        self._folder = folder
        self._to = to
        self._tell = tell
        self._places: Dict[str, int] = {}
        self._history_names, self._system_names = ColumnNames(), ColumnNames()
        self._exported = Exported()
        # An event file holds what is drawn over steps; who the runs are is no thing of TensorBoard's.
        tabular = "jsonl" if to == "tensorboard" else to
        self._runs = Table(folder, "", tabular, spill, RUN_TYPES)
        self._system = Table(folder, "system", tabular, spill)
        self._history = Table(folder, "history", to, spill)

    def run(self, runs: Iterable[LocalRun]) -> Exported:
        self._runs.add("runs", self._facts(runs))
        for table in (self._history, self._system, self._runs):
            table.finish(self._tell)
        return self._exported

    def _facts(self, runs: Iterable[LocalRun]) -> Iterator[Row]:
        """Export each run but its facts, and give these."""
        for run in runs:
            self._tell(f"reading {run.id}")
            place = self._place_of(run)
            count = self._history.add(place, _owned(run, run.scan_history(), self._history_names))
            console = os.path.join(self._folder, "console", f"{place}.log")
            os.makedirs(os.path.dirname(console), exist_ok=True)
            self._system.add(place, _owned(run, run.scan_system_metrics(console), self._system_names))
            if not os.path.exists(console):
                os.removedirs(os.path.dirname(console))
            self._exported.runs += 1
            self._exported.rows += count
            facts = {name: getattr(run, attribute) for name, attribute in _FACTS.items()}
            damage = run.damage
            if damage:
                self._exported.damage[run.dir] = damage
            yield {**facts, "damage": damage, "rows": count}

    def _place_of(self, run: LocalRun) -> str:
        """Where the run's files are within a table, without their extension; no two have the same."""
        place = os.path.join(f"project={_folder_name(run.project)}", f"run_id={_folder_name(run.id)}")
        number = self._places.get(place, 0)
        self._places[place] = number + 1
        return os.path.join(place, f"part-{number}")


def _owned(run: LocalRun, rows: Iterable[Row], names: ColumnNames) -> Iterator[Row]:
    name_of = names.of
    for row in rows:
        yield {"_project": run.project, "_run_id": run.id, **{name_of(key): value for key, value in row.items()}}


def _folder_name(text: str) -> str:
    """The value of a partition, escaped as Hive does it; other readers undo that, too. A digest ends one too long."""
    pieces = [quote(c, safe="") if c in _ESCAPED or c < " " else c for c in clean(text)]
    sizes = accumulate(len(piece.encode()) for piece in pieces)
    kept = sum(size <= _MOST_BYTES for size in sizes)
    mark = "" if kept == len(pieces) else f"~{hashlib.md5(clean(text).encode()).hexdigest()}"
    return "".join(pieces[:kept]) + mark or _NO_VALUE
