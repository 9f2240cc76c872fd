"""What a program leaves in its run folders, in a form in which this package and upstream's client can be compared.

`same_with_upstream` runs a program, that a test has run with this package, once more with upstream's release as a black
box. `tox -e integrations` installs that; without it the tests judge by what is known of it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List

import wandb
from tests.interop import upstream
from tests.media_interop.comparison import cleaned, merge, nested
from tests.recorded import RecordedRun
from wandb.wire.decode import item_path, record_kind

OWN = r"_runtime|_timestamp|_wandb|_wall_time"
# How each client tells in the config what to show as chart or table.
SHOWN = ("visualize", "viz")


def left_by(run: RecordedRun, random: str = "", in_order: bool = True) -> Dict[str, Any]:
    """What a run holds, without what is another time, machine or place; keys that match `random` are left out anywhere.

    Not `in_order`: rows of several files that are read while they are written come in any order, and have their numbers
    by that. Each file's are in order by `global_step`, so nothing else is lost from sight.
    """
    left: Dict[str, Any] = {"rows": [], "artifacts": [], "metrics": [], "media": [], "exit": None}
    config: Dict[str, Any] = {}
    run_id = run.layout.run_id
    for record in run.records():
        kind = record_kind(record)
        if kind == "history":
            left["rows"].append(nested(record.history.item))
        elif kind in ("run", "config"):
            for item in (record.run.config if kind == "run" else record.config).update:
                merge(config, item_path(item), json.loads(item.value_json))
            if kind == "run":
                facts = record.run
                left["run"] = [facts.project, facts.run_group, facts.job_type, list(facts.tags), facts.notes]
        elif kind == "artifact":
            left["artifacts"].append(artifact(record.artifact, run_id))
        elif kind == "metric":
            record.metric.ClearField("_info")
            left["metrics"].append(re.sub(r" \w+ \{ \}", "", " ".join(str(record.metric).split())))
        elif kind == "files":
            left["media"] += [file.path for file in record.files.files if file.path.startswith("media/")]
        elif kind == "exit":
            left["exit"] = record.exit.exit_code
    for name in ("artifacts", "metrics", "media"):
        left[name].sort(key=str)
    own = config.pop("_wandb", {})
    left["shown"] = {name: own[name] for name in SHOWN if name in own}
    left["config"] = config
    left["summary"] = dict(wandb.Api(local=str(run.path)).run(run_id).summary)
    plain = json.loads(json.dumps(left, sort_keys=True, default=dict).replace(run_id, "<id>"))
    left = dict(without(cleaned(plain), re.compile(f"({OWN})" + (f"|{random}" if random else ""))))
    left["rows"] = [row for row in left["rows"] if set(row) - {"_step"}]
    if not in_order:
        rows = without(left["rows"], re.compile("_step"))
        left["rows"] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
        left["summary"] = without(left["summary"], re.compile("_step|global_step"))
    return left


def artifact(record: Any, run_id: str) -> Dict[str, Any]:
    """Its type, name, aliases, metadata, and files; the content of tables is compared as what was logged."""
    name = re.sub(r"(run-.*-).{6}$", r"\1", record.name.replace(run_id, "<id>"))
    # A growing table has the time of its file in its name.
    paths = sorted(re.sub(r"^(\w+)-\d{13}\.", r"\1-<time>.", entry.path) for entry in record.manifest.contents)
    return {
        "type": record.type,
        "name": name,
        "aliases": sorted(record.aliases),
        "metadata": json.loads(record.metadata or "{}"),
        "description": record.description,
        "files": paths,
    }


def without(value: Any, keys: Any) -> Any:
    """The value, and what is in it, without the keys that match."""
    if isinstance(value, dict):
        return {key: without(item, keys) for key, item in value.items() if not keys.fullmatch(key)}
    return [without(item, keys) for item in value] if isinstance(value, list) else value


def all_left(folder: Path, random: str = "", runs: str = ".", in_order: bool = True) -> List[Dict[str, Any]]:
    """What all runs in the folders that match hold; their order is that of their content, for their names are random."""
    # Upstream's `init` leaves an empty folder where it gives the run that goes on.
    found = (RecordedRun(path.parent) for path in folder.glob(f"{runs}/wandb/*run-[0-9]*/run-*.wandb"))
    texts = (json.dumps(left_by(run, random, in_order), sort_keys=True) for run in found)
    return [json.loads(text) for text in sorted(text.replace(str(folder), "<folder>") for text in texts)]


def same_with_upstream(
    folder: Path,
    *command: str,
    random: str = "",
    runs: str = ".",
    in_order: bool = True,
    limit: float = 300,
    **environment: str,
) -> None:
    """Run `command` (train.py) of `folder` with upstream's interpreter; its runs must hold what those in `folder` do.

    `random` is a pattern of keys that are other ones in each run; `runs` matches the folders with runs; for `in_order`
    see `left_by`.
    """
    if not upstream.PYTHON:
        return
    theirs = folder / "upstream"
    theirs.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            (theirs / path.name).write_bytes(path.read_bytes())
    environment = {"WANDB_MODE": "offline", "HOME": str(theirs), **environment}
    result = upstream.call(theirs, *(command or ("train.py",)), limit=limit, **environment)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    found, expected = (all_left(place, random, runs, in_order) for place in (folder, theirs))
    assert expected, result.stderr[-3000:]
    assert found == expected, "\n".join(differences(found, expected))


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """One line for each place in which the two differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differences(ours.get(key, "(nothing)"), theirs.get(key, "(nothing)"), f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, f"{path}[{index}]")
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield f"{path}: {len(ours)} instead of {len(theirs)}"
        yield from (f"{path}: only ours: {str(item)[:1000]}" for item in ours if item not in theirs)
        yield from (f"{path}: only theirs: {str(item)[:1000]}" for item in theirs if item not in ours)
    elif ours != theirs:
        yield f"{path}: {str(ours)[:300]} instead of {str(theirs)[:300]}"
