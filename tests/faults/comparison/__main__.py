"""`python -m tests.faults.comparison`: installs the trackers, does each fault to each, prints the table of docs/DURABILITY.md.

What is readable afterwards is what others see: of this package and of upstream's release, what upstream's `wandb sync`
sends to a server on 127.0.0.1; of the other two, what stands in their SQLite files.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Set

from benchmarks.inside.measure import helpers
from benchmarks.peers import interpreter_of
from benchmarks.runner import INSIDE
from tests.server.server import RecordingServer

PROGRAM = Path(__file__).parent / "program.py"
NO_HELPER = 77
PATIENCE = 60.0  # seconds until a program that does not end counts as hanging
_LEFT = 20.0  # seconds that the helpers of a program have to bring their work to an end
_DISK = "16m"

TRACKERS = {"this": "wandb", "upstream": "wandb", "trackio": "trackio", "mlflow": "mlflow"}
FAULTS = {
    "nothing": "no fault",
    "training_killed": "SIGKILL of training after its last row",
    "helper_killed": "SIGKILL of its helpers in the middle",
    "helper_stopped": "SIGSTOP of its helpers in the middle, then the end",
    "all_killed": "SIGKILL of helpers and training at once",
    "disk_full": "disk full during the middle third",
    "forked_children": "two forked children log a third each",
    "child_exits": "a forked child logs a third and ends by os._exit",
}


def wandb_rows(python: str, upstream: str, folder: Path) -> List[int]:
    """The numbers that upstream's client sends of the run folders below `folder`, whoever has recorded them."""
    environment = {**os.environ, "HOME": str(folder.parent), "WANDB_ERROR_REPORTING": "false"}
    numbers: List[int] = []
    for run_dir in sorted(folder.rglob("offline-run-*")):
        if python != upstream:
            subprocess.run([python, "-m", "wandb.service", str(run_dir)], env=environment, cwd=folder, timeout=PATIENCE)
        with RecordingServer() as server:
            environment.update(WANDB_BASE_URL=server.url, WANDB_API_KEY="local-" + "0" * 40)
            command = [upstream, "-m", "wandb", "sync", str(run_dir)]
            subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=2 * PATIENCE)
        numbers += [row["n"] for run in server.runs.values() for row in run.rows() if "n" in row]
    return numbers


def trackio_rows(folder: Path) -> List[int]:
    """The numbers in its database."""
    with contextlib.closing(sqlite3.connect(folder / "benchmark.db")) as base:
        return [json.loads(text)["n"] for (text,) in base.execute("select metrics from metrics")]


def mlflow_rows(folder: Path) -> List[int]:
    """The numbers in its database."""
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as base:
        return [int(value) for (value,) in base.execute("select value from metrics where key = 'n'")]


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own in `folder`."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def ended(command: List[str], top: Path, environment: Dict[str, str]) -> str:
    """Run a program to its end; "" or what is to be said of that."""
    said = top / "stderr"  # no pipe: its helpers hold that, too, and some of them are stopped
    with open(said, "wb") as errors:
        process = subprocess.Popen(
            command, cwd=top, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
    try:
        status = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return "does not end"
    if status in (0, -signal.SIGKILL):
        return ""
    if status == NO_HELPER:
        return "no helper"
    print(*said.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:], file=sys.stderr)
    return f"ends with status {status}"


def wait_for_helpers(top: Path, stopped: bool) -> None:
    """Let the helpers of a program that has ended do what they do; those that were stopped, or don't end, are killed."""
    os.environ["BENCHMARK_MARK"] = str(top)
    deadline = time.monotonic() + (0 if stopped else _LEFT)
    while helpers() and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in helpers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def play(fault: str, tracker: str, python: str, read: Callable[[Path], List[int]]) -> str:
    """One fault with one tracker; the cell of the table."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as disk:
        top, acknowledged = Path(name), Path(name, "acknowledged")
        folder = top / "run"
        folder.mkdir()
        acknowledged.touch()
        if fault == "disk_full":
            disk.enter_context(small_disk(folder))
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = {**kept, "HOME": name, "BENCHMARK_MARK": name, "PYTHONPATH": str(INSIDE)}
        remark = ended([python, str(PROGRAM), fault, tracker, str(folder), str(acknowledged)], top, environment)
        if remark == "no helper":
            return remark
        wait_for_helpers(top, fault == "helper_stopped")
        logged: Set[int] = set(map(int, acknowledged.read_text(encoding="ascii").split()))
        found = read(folder)
        doubled = len(found) - len(set(found))
        notes = [remark] if remark else []
        notes += [f"{doubled} of them twice"] if doubled else []
        return ", ".join([f"{len(logged & set(found))} of {len(logged)}", *notes])


def version_of(python: str, distribution: str) -> str:
    """Of an installed package."""
    source = f"from importlib.metadata import version; print(version({distribution!r}))"
    return subprocess.run([python, "-I", "-c", source], capture_output=True, text=True, check=True).stdout.strip()


def main(arguments: List[str]) -> int:
    """The command line; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.comparison", description=__doc__)
    parser.add_argument("--trackers", nargs="+", choices=TRACKERS, default=list(TRACKERS))
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    options = parser.parse_args(arguments)
    pythons = {tracker: interpreter_of(tracker) for tracker in {*options.trackers, "upstream"}}
    readers: Dict[str, Callable[[Path], List[int]]] = {
        "this": lambda folder: wandb_rows(pythons["this"], pythons["upstream"], folder),
        "upstream": lambda folder: wandb_rows(pythons["upstream"], pythons["upstream"], folder),
        "trackio": trackio_rows,
        "mlflow": mlflow_rows,
    }
    titles = [f"{tracker} {version_of(pythons[tracker], TRACKERS[tracker])}" for tracker in options.trackers]
    print("| rows readable afterwards, of those whose `log` had returned | " + " | ".join(titles) + " |")
    print("|---|" + "---|" * len(titles))
    for fault in options.faults:
        if fault == "disk_full" and os.geteuid():
            print("disk_full mounts a small disk, which only root may", file=sys.stderr)
            continue
        cells = [play(fault, tracker, pythons[tracker], readers[tracker]) for tracker in options.trackers]
        print(f"| {FAULTS[fault]} | " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
