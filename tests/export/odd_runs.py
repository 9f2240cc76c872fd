"""Runs whose export is hard to read, for every reader the same."""

from __future__ import annotations

from pathlib import Path
from typing import List

from tests.written_run import WrittenRun
from wandb.apis.local_run import LocalRun

HISTOGRAM = {"_type": "histogram", "bins": [0, 1, 2], "values": [3, 1]}


def odd_runs(folder: Path) -> List[LocalRun]:
    """Two runs that disagree about types, with ids that look like numbers, and odd names."""
    first = WrittenRun(folder, "007", project="a/b ü", config={"lr": 0.1, "deep": {"x": [1]}})
    first.rows([
        {"loss": 1, "count": 1, "a/b": 1.5, "ü .\"'": 1, "": 2, "_timestamp": 1700000000.5},
        {"loss": 0.5, "count": 2**53 + 1, "nested": {"x": {"y": 3}}, "flag": True, "text": "hi\n", "hist": HISTOGRAM},
        {"loss": float("nan"), "mixed": 1, "huge": 2**70, "none": None},
        {"loss": float("inf"), "mixed": "one", "list": [1, float("nan")], "run_id": "logged"},
    ])  # fmt: skip
    first.exit()
    second = WrittenRun(folder, "1e5", project="q")
    second.rows([{"loss": 2, "late": 0.25}])
    second.exit()
    return [LocalRun(written.layout) for written in (first, second)]


# What a reader finds in their exported history, each row with its texts, as JSON: run, step and the columns below.
COLUMNS = ("_run_id", "_project", "_step", "count", "ü .\"'", "nested.x.y", "flag", "mixed", "huge", "late", ".logged")
ROWS = [
    ["007", "a/b ü", 0, 1, 1, None, None, None, None, None, 2],
    ["007", "a/b ü", 1, 2**53 + 1, None, 3, True, None, None, None, None],
    ["007", "a/b ü", 2, None, None, None, None, "1", str(2**70), None, None],
    ["007", "a/b ü", 3, None, None, None, None, '"one"', None, None, None],
    ["1e5", "q", 0, None, None, None, None, None, None, 0.25, None],
]
