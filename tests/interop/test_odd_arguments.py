"""Calls that few programs make, with this package and with upstream's release: the same errors, answers and records.

Run by `tox -e interop`, which installs that release in an environment of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Set, Tuple

import pytest

from tests.conftest import ROOT
from tests.interop import upstream
from tests.interop.odd_arguments import GROUPS
from tests.interop.test_interop import nested_rows
from tests.media_interop.comparison import merge
from tests.recorded import RecordedRun, runs_in
from wandb.wire.decode import item_path, record_kind

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

PROGRAM = Path(__file__).with_name("odd_arguments.py")
# Upstream's own kinds: of pydantic, which we don't load, a ValueError; an assertion is no kind to catch.
PRIVATE = {"ValidationError", "AssertionError"}
# What we do where upstream's client raises, or otherwise, and why.
MORE = {
    "row values slice": "recorded as in the config",
    "summary values slice": "recorded as in the config",
    "summary values numbers as keys": "keys become text, as in rows",
    "define no step": "no step metric is None, however that was said",
    "summary none": "an accident of upstream's, here a TypeError that says so",
    "summary list": "an accident of upstream's, here a TypeError that says so",
}
NAN = ("nan", "same nan")  # set in the summary, it stays; upstream's client makes it null


class Outcome:
    """What one client gave, raised and recorded."""

    def __init__(self, folder: Path) -> None:
        self.calls: Dict[str, Any] = {
            f"{group} {name}": found
            for group, calls in json.loads((folder / "result.json").read_text(encoding="utf-8")).items()
            for name, found in calls.items()
        }
        self.runs: Dict[str, RecordedRun] = {run.layout.run_id: run for run in runs_in(folder)}

    def config(self, run_id: str) -> Dict[str, Any]:
        """The config, without what is not the program's."""
        values: Dict[str, Any] = {}
        for record in self.runs[run_id].records():
            change = {"run": record.run.config, "config": record.config}.get(record_kind(record))
            for item in () if change is None else change.remove:
                values.pop(item_path(item)[0], None)
            for item in () if change is None else change.update:
                merge(values, item_path(item), json.loads(item.value_json))
        return {key: value for key, value in values.items() if key != "_wandb"}

    def rows(self, run_id: str) -> List[Dict[str, Any]]:
        """The rows, without times."""
        return nested_rows(self.runs[run_id])

    def summary(self, run_id: str) -> Dict[str, Any]:
        """The summary as the last record has it."""
        records = [record.summary for record in self.runs[run_id].records() if record_kind(record) == "summary"]
        values: Dict[str, Any] = {}
        for record in records:
            for item in record.update:
                merge(values, item_path(item), json.loads(item.value_json))
        return {key: value for key, value in values.items() if not key.startswith("_")}

    def metrics(self, run_id: str) -> List[str]:
        """The definitions of metrics."""
        return [str(record.metric) for record in self.runs[run_id].records() if record_kind(record) == "metric"]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Outcome, Outcome]:
    """What both clients made of all calls: upstream's, ours."""
    theirs, ours = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("ours")
    result = upstream.call(theirs, str(PROGRAM), "result.json", WANDB_MODE="offline")
    assert result.returncode == 0, result.stderr[-3000:]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WANDB_MODE": "offline"}
    command = [sys.executable, str(PROGRAM), "result.json"]
    mine = subprocess.run(command, cwd=ours, env=environment, capture_output=True, text=True, timeout=300)
    assert mine.returncode == 0, mine.stderr[-3000:]
    return Outcome(theirs), Outcome(ours)


def _is_as_good(theirs: Any, ours: Any) -> bool:
    if "raised" in theirs:
        return "raised" in ours and set(theirs["raised"]) - PRIVATE <= set(ours["raised"])
    return bool(theirs == ours)


def test_calls__with_both_clients__give_the_same_or_raise_the_same_kinds(outcomes: Tuple[Outcome, Outcome]) -> None:
    """A program that catches one of them catches ours."""
    theirs, ours = outcomes
    assert list(theirs.calls) == list(ours.calls) and len(ours.calls) > 250
    different = {
        name: (found, ours.calls[name])
        for name, found in theirs.calls.items()
        if not _is_as_good(found, ours.calls[name])
    }
    assert set(different) == set(MORE), json.dumps({name: different[name] for name in different if name not in MORE}, indent=1)


@pytest.mark.parametrize("run_id", [group.replace(" ", "-") for group in GROUPS])
def test_records__of_odd_calls__are_the_same(outcomes: Tuple[Outcome, Outcome], run_id: str) -> None:
    """Whatever both take, readers find in the same form; where upstream takes nothing, there may be more."""
    theirs, ours = outcomes
    more = {name.rpartition("values ")[2] for name in MORE if name.startswith(run_id.replace("-", " "))}
    assert _but_for(more, ours.config(run_id)) == _but_for(more, theirs.config(run_id))
    assert _but_for({*more, *NAN}, ours.summary(run_id)) == _but_for({*more, *NAN}, theirs.summary(run_id))
    assert ours.metrics(run_id) == theirs.metrics(run_id)
    rows = [_but_for({"_step"} if more else set(), row) for row in ours.rows(run_id) if not more & set(row)]
    assert rows == [_but_for({"_step"} if more else set(), row) for row in theirs.rows(run_id)]


def _but_for(names: Set[str], values: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
