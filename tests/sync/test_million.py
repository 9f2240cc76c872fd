"""A million rows, sent in bounded memory; beside upstream's client, if that is at hand (UPSTREAM_PYTHON).

Run by `tox -e sync`. What it prints (-s): rows a second, memory, and requests. The server is in this process and reads
every row twice, so the rates say something about each other only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Dict, Tuple

import psutil
import pytest

from tests.conftest import Program
from tests.interop import upstream
from tests.server.server import RecordingServer
from tests.written_run import WrittenRun
from wandb.wire.encode import history_body, numbered

ROWS = int(os.environ.get("SYNC_ROWS", "1000000"))
MOST_MIB = 120
_MIB = 1 << 20


def written(folder: Path) -> Path:
    """A run of so many rows of three metrics, that has ended."""
    run = WrittenRun(folder, "million", project="p")
    for number in range(ROWS):
        moment = 1000.0 + number / 100
        row: Dict[str, object] = {"loss": number * 0.5, "acc": 1 - number * 1e-7, "lr": 1e-3}
        row.update(_step=number, _runtime=number / 100, _timestamp=moment)
        run.log.append(numbered(number + 2, history_body(row, number, repr)))
    run.exit()
    os.makedirs(run.layout.logs_dir)
    Path(run.layout.closing_report).write_text("{}")  # as of a run that its helper has completed
    return run.path


def send(python: str, path: Path, program: Program) -> Tuple[RecordingServer, float, int]:
    """Send a copy of the run; the server, the seconds, and the most memory that the command and its children had."""
    copy = program.folder / ("ours" if python == sys.executable else "theirs") / path.name
    shutil.copytree(path, copy)
    with RecordingServer() as server:
        began, peak = time.monotonic(), 0
        environment = {**os.environ, **program.environment, **server.environment()}
        if python != sys.executable:
            environment.pop("PYTHONPATH")
        process = subprocess.Popen(
            [python, "-m", "wandb", "sync", str(copy)],
            cwd=program.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.05)
        assert process.returncode == 0
        return server, time.monotonic() - began, peak


def memory_of(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        return sum(part.memory_info().rss for part in (process, *process.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def report(name: str, server: RecordingServer, seconds: float, peak: int) -> None:
    requests = Counter(server.requests)
    print(f"{name}: {ROWS / seconds:,.0f} rows/s, {peak / _MIB:.0f} MiB, {sum(requests.values())} requests {dict(requests)}")


def test_million_rows__by_sync__are_all_there_and_take_little_memory(program: Program, tmp_path: Path) -> None:
    """A run larger than memory can be sent: what is held is what one request holds."""
    path = written(tmp_path)
    server, seconds, peak = send(sys.executable, path, program)
    report("this package", server, seconds, peak)
    assert [row["_step"] for row in server.run.rows()] == list(range(ROWS))
    assert server.run.complete and server.unexpected == []
    assert peak / _MIB < MOST_MIB
    if upstream.PYTHON:
        theirs, seconds, peak = send(upstream.PYTHON, path, program)
        report("upstream", theirs, seconds, peak)
        assert len(theirs.run.rows()) == ROWS
        ours = sum(kind == "file_stream" for kind in server.requests)
        assert ours <= sum(kind == "file_stream" for kind in theirs.requests) + 2


@pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e sync` installs upstream's client")
def test_upstream__its_version__is_the_release_that_is_meant(tmp_path: Path) -> None:
    """The two sides must not be the same wandb by mistake."""
    assert upstream.version(tmp_path) == "0.31.0"
