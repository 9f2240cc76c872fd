"""What a run of `cases.py` left behind, in a form in which two clients can be compared: rows, files, config, errors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List

from tests.recorded import RecordedRun, runs_in
from wandb.wire.decode import item_path, record_kind

# Of the artifact that a table is kept in, too; its names are random.
OF_ARTIFACTS = ("artifact_path", "_latest_artifact_path", "previous_increments_paths")
OWN_KEYS = ("_step", "_runtime", "_timestamp")


class Outcome:
    """What one client made of all cases."""

    def __init__(self, folder: Path) -> None:
        self.run: RecordedRun = runs_in(folder)[-1]
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        self.steps: Dict[str, int] = result["steps"]
        self.raised: Dict[str, List[str]] = result["raised"]
        self.rows: Dict[int, Dict[str, Any]] = {}
        self.files: Dict[int, List[str]] = {}
        self.config: Dict[str, Any] = {}
        self.tables: Dict[str, List[Dict[str, Any]]] = {}  # name of the artifact, without the run: its versions
        self._read()

    def _read(self) -> None:
        files: List[str] = []
        for record in self.run.records():
            kind = record_kind(record)
            if kind == "history":
                row = nested(record.history.item)
                self.rows[row["_step"]] = {key: value for key, value in row.items() if key not in OWN_KEYS}
            elif kind == "files":
                files += [f"{file.path} {file.policy} {file.type}" for file in record.files.files]
            elif kind == "config":
                for item in record.config.update:
                    merge(self.config, item_path(item), json.loads(item.value_json))
            elif kind == "artifact":
                name = name_of_table(record.artifact.name, record.artifact.run_id)
                self.tables.setdefault(name, []).append(contents(record.artifact))
        self.announced = [name for name in files if name.startswith("media/")]

    def row(self, case: str) -> Any:
        """The row of a case, without what is random; of one that logs by itself, the one that was open before."""
        step = self.steps[case]
        row = self.rows.get(step, self.rows.get(step - 1, {}))
        return cleaned({key: value for key, value in row.items() if key != "tick"})

    def content(self, name: str) -> bytes:
        """A file of the run."""
        return (self.run.path / "files" / name).read_bytes()

    def shown(self, case: str) -> Dict[str, Any]:
        """What the config says of how to show the case's values."""
        own = self.config.get("_wandb", {})
        found = {}
        logged = {key[: -len("_table")] if key.endswith("_table") else key for key in self.row(case)}
        for kind in ("visualize", "viz", "mask/class_labels", "bounding_box/class_labels"):
            for key, value in own.get(kind, {}).items():
                if key in logged or key == case or key.startswith((f"{case}.", f"{case}_wandb_delimeter_")):
                    found[f"{kind} {key}"] = value
        return found


def name_of_table(artifact: str, run_id: str) -> str:
    """The name of a table's artifact without the run, and without the checksum that some have, which depends on the run.

    That is a CRC-32 in URL-safe base64, so there may be a `-` in it.
    """
    return re.sub(r"-[\w-]{5}[AQgw]$", "", artifact.replace(run_id, ""))


def contents(artifact: Any) -> Dict[str, Any]:
    """The entries of a table's artifact: of JSON its values, of files their digests; without what is random."""
    found = {}
    for entry in artifact.manifest.contents:
        path = re.sub(r"-\d{13}\.", ".", entry.path)  # the moment at which an increment was logged
        path, value = _without_id(path), entry.digest
        if path.endswith((".table.json", ".joined-table.json")):
            value = cleaned(json.loads(Path(entry.local_path).read_bytes()))
            value.update({key: _without_id(value[key]) for key in ("table1", "table2") if key in value})
        found[path] = value
    return {"type": artifact.type, **found}


def _without_id(path: str) -> str:
    """The name of a table that another one is made of, without the number that tells two such apart."""
    return re.sub(r"^t(\d)_\d+", r"t\1", path)


def paths_in(value: Any) -> List[str]:
    """The names of all files that a row's value names, sorted."""
    if isinstance(value, dict):
        return sorted(path for item in value.values() for path in paths_in(item))
    if isinstance(value, list):
        return sorted(path for item in value for path in paths_in(item))
    return [value] if isinstance(value, str) and value.startswith("media/") else []


def nested(items: Any) -> Dict[str, Any]:
    row: Dict[str, Any] = {}
    for item in items:
        merge(row, item_path(item), json.loads(item.value_json))
    return row


def merge(into: Dict[str, Any], path: Any, value: Any) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
    if isinstance(value, dict) and isinstance(into.get(path[-1]), dict):
        into[path[-1]].update(value)
    else:
        into[path[-1]] = value


def cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items() if key not in OF_ARTIFACTS}
    return [cleaned(item) for item in value] if isinstance(value, list) else value
