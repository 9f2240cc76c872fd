"""The check of `wandb verify` that records a run: with a forked and a spawned worker, in a folder of its own.

It is made below the folder of the runs, so it also tries the file system that they lie on; nothing of it stays.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from typing import Iterator

import wandb.version
from wandb.cli.finding import FAILED, OK, Finding
from wandb.runlog.layout import RunLayout
from wandb.runlog.tail import Tail
from wandb.settings import Settings

_SECONDS = 60.0
_REMEDY = "mend what it says; until then, WANDB_MODE=disabled lets programs run without a record"
_OF_HELPER = ("telemetry", "environment", "stats")
_WORKERS = ("fork", "spawn")
_PROGRAM = """\
import multiprocessing
import wandb

def work(kind):
    print("text of", kind)

if __name__ == "__main__":
    run = wandb.init(project="verify")
    print("text of creator")
    run.log({"metric": 1})
    for kind in ("fork", "spawn"):
        worker = multiprocessing.get_context(kind).Process(target=work, args=(kind,))
        worker.start()
        worker.join()
    run.finish()
"""


def check_recording(settings: Settings) -> Iterator[Finding]:
    """That what a run logs and prints in its processes is recorded, and that its helper process starts."""
    parent = str(settings.root_dir)
    try:
        folder = tempfile.mkdtemp(prefix=".wandb-verify-", dir=parent)
    except OSError:
        folder = tempfile.mkdtemp(prefix="wandb-verify-")  # that runs can't be written there was said already
    try:
        yield from _judge(_run(folder), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: str) -> str:
    """Run the program; what it said if it failed, "" if it did not."""
    path = os.path.join(folder, "program.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(_PROGRAM)
    package = os.path.dirname(os.path.dirname(os.path.abspath(wandb.version.__file__)))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    search = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, path],
            cwd=folder,
            env={**kept, "WANDB_MODE": "offline", "WANDB_CONFIG_DIR": folder, "PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout.decode(errors="replace").strip() if done.returncode else ""


def _judge(problem: str, folder: str) -> Iterator[Finding]:
    """What the run folder holds against what the program did."""
    layout = RunLayout.find(os.path.join(folder, "wandb", "latest-run"))
    if problem or layout is None:
        last = (problem.splitlines() or ["no run folder is made"])[-1]
        yield Finding(FAILED, "recording", f"a small run fails: {last}", _REMEDY)
        return
    tail = Tail(layout)
    entries = list(tail.step())
    text = "".join(entry.record.output_raw.line for entry in entries if entry.kind == "output_raw")
    lost = [f"the text of {kind}" for kind in ("creator", *_WORKERS) if f"text of {kind}\n" not in text]
    lost += ["the row"] if not any(entry.kind == "history" for entry in entries) else []
    lost += tail.damage()
    if lost:
        yield Finding(FAILED, "recording", f"lost: {', '.join(lost)}", _REMEDY)
    else:
        yield Finding(OK, "recording", "a row, and the text of creator, forked and spawned worker")
    # Facts of the machine are gathered by the helper alone; what else it does a run does by itself, if need be.
    if any(entry.kind in _OF_HELPER for entry in entries):
        yield Finding(OK, "helper process", "starts and completes the run folder")
    else:
        remedy = "see that /bin/sh and this Python may start processes (ulimit -u)"
        yield Finding(FAILED, "helper process", "does not start: no system metrics, nothing is sent meanwhile", remedy)
