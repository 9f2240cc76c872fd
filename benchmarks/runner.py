"""Runs each program with each tracker, interleaved, again and again, and gathers the figures."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List

INSIDE = Path(__file__).resolve().parent / "inside"
SECONDS = 3600
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)

# program -> tracker -> figure -> its values, one of each repetition
Figures = Dict[str, Dict[str, Dict[str, List[float]]]]

# What is run: a name for people, the program, its arguments.
PROGRAMS = {
    "import": ("import", []),
    "20,000 rows of 3 metrics": ("rows", ["20000", "3"]),
    "20,000 rows of 50 metrics": ("rows", ["20000", "50"]),
    "200 rows of 1,000 metrics": ("rows", ["200", "1000"]),
    "20,000 rows of 1,000 metrics": ("rows", ["20000", "1000"]),
    "1,000,000 rows of 3 metrics": ("rows", ["1000000", "3"]),
    "1,000,000 rows of 50 metrics": ("rows", ["1000000", "50"]),
    "1,000,000 rows of 1,000 metrics": ("rows", ["1000000", "1000"]),
    "10,000 keys": ("keys", ["10000"]),
    "20,000 rows and lines": ("both", ["20000"]),
    "20,000 rows, then lines": ("both", ["20000", "then"]),
    "20,000 lines": ("lines", ["20000"]),
    "200,000 lines": ("lines", ["200000"]),
    "a progress bar": ("bar", []),
    "beside 1 thread that computes": ("beside", ["1"]),
    "beside 3 threads that compute": ("beside", ["3"]),
    "an idle run": ("idle", []),
    "1 process": ("many", ["1", "20000"]),
    "4 processes": ("many", ["4"]),
    "16 processes": ("many", ["16", "2000"]),
    "64 processes": ("many", ["64", "500"]),
    "100 runs in a row": ("runs", ["100"]),
}
# Those that take minutes with some trackers; run when they are asked for by name.
LONG = {
    "20,000 rows of 1,000 metrics",  # half a gigabyte of numbers
    "1,000,000 rows of 3 metrics",
    "1,000,000 rows of 50 metrics",
    "1,000,000 rows of 1,000 metrics",  # 25 GB
    "200,000 lines",
    "64 processes",
}


def run_once(python: str, tracker: str, program: str, arguments: List[str]) -> Dict[str, float]:
    """One run of one program; its figures, and what all its processes used. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as top:
        folder, result = os.path.join(top, "run"), os.path.join(top, "result.json")
        os.mkdir(folder)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = {**kept, "HOME": top, "BENCHMARK_MARK": top, "AIM_UI_TELEMETRY_ENABLED": "0"}
        begin, before = time.perf_counter(), _cpu_of_children()
        command = [python, str(INSIDE / "program.py"), program, tracker, folder, result, *arguments]
        ended = subprocess.run(
            command, cwd=top, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS
        )
        if ended.returncode:
            raise RuntimeError(f"{tracker} in {program}: {ended.stderr.decode(errors='replace')[-2000:]}")
        wall = time.perf_counter() - begin
        _wait_for_orphans()
        with open(result, encoding="utf-8") as file:
            figures: Dict[str, float] = json.load(file)
        figures["whole program s"] = wall
        figures["CPU of all processes s"] = _cpu_of_children() - before
        return figures


def run_all(pythons: Dict[str, str], programs: List[str], repeats: int) -> Figures:
    """All programs with all trackers, one tracker after the other in each repetition: all have the same weather."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # helpers that outlive their program are counted, too
    figures: Figures = {}
    for title in programs:
        program, arguments = PROGRAMS[title]
        of_trackers = figures.setdefault(title, {})
        for repetition in range(repeats):
            for tracker, python in pythons.items():
                print(f"{title}: {tracker} ({repetition + 1} of {repeats})", file=sys.stderr)
                try:
                    found = run_once(python, tracker, program, arguments)
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    print(f"left out: {error}", file=sys.stderr)
                    continue
                for name, value in found.items():
                    of_trackers.setdefault(tracker, {}).setdefault(name, []).append(value)
    return figures


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _wait_for_orphans(seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.05)
        except ChildProcessError:
            return
