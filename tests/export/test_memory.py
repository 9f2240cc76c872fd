"""A run of a million rows, exported in a process whose memory is measured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.written_run import WrittenRun

pytest.importorskip("pyarrow", reason="`tox -e export` installs it")

ROWS = int(os.environ.get("EXPORT_ROWS", "1000000"))
# What the interpreter and the format's library take by themselves, and room for a few pieces of the run.
LIMITS = {"parquet": 500, "csv": 80, "jsonl": 80}
EXPORT = """
import re, sys
from wandb.cli.main import main
main(["export", "runs", "--to", sys.argv[1], "-o", sys.argv[1]], standalone_mode=False)
with open("/proc/self/status") as file:  # of this program alone: ru_maxrss counts what was there before its exec, too
    print(int(re.search(r"VmHWM:\\s+(\\d+) kB", file.read()).group(1)) // 1024)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a hundred megabytes."""
    place = tmp_path_factory.mktemp("million")
    written = WrittenRun(place / "runs")
    written.rows({"loss": 1 / (step + 1), "acc": step * 0.5, "_timestamp": 1e9 + step} for step in range(ROWS))
    written.exit()
    return place


@pytest.mark.parametrize("to", LIMITS)
def test_export__of_a_million_rows__takes_bounded_memory(folder: Path, to: str) -> None:
    """A run may be larger than the memory of the machine that looks at it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", EXPORT, to], cwd=folder, env=environment, capture_output=True, text=True
    )
    said, megabytes = result.stdout.splitlines()
    assert said == f"1 run, {ROWS:,} rows in {to}", result.stderr
    assert int(megabytes) < LIMITS[to]
