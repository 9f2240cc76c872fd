"""Plays a scenario with a tracker, or without one, and tells what a person saw and what was recorded."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List

import pexpect
import pyte

from tests.console.scenarios import PROGRAMS, Scenario
from wandb.runlog.log_reader import LogReader
from wandb.sync.output import OutputLog
from wandb.wire.decode import decode, record_kind

ROWS, COLUMNS, SECONDS, PATIENCE = 40, 100, 60, 8.0
# What differs from run to run by itself.
_TIMES = re.compile(r"\bin \d+\.\d+s|0x[0-9a-f]{6,}")


class Played:
    """The text that was seen, line by line, the exit status, and the lines of the record."""

    def __init__(self, seen: List[str], status: int) -> None:
        self.seen = seen
        self.status = status
        self.recorded: List[str] = []


def play(python: str, scenario: Scenario, mode: str, folder: Path) -> Played:
    """Run it with that interpreter, whose tracker is taken; with mode "none" without a tracker."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "PYTEST", "PYTHON"))}
    environment.update(
        SCENARIO_MODE=mode,
        PYTHONPATH=str(PROGRAMS),
        WANDB_MODE="offline",
        WANDB_SILENT="true",
        HOME=str(folder),
        IPYTHONDIR=str(folder / "ipython"),
        TERM="xterm",
        PROMPT_TOOLKIT_NO_CPR="1",
        LANG="C.UTF-8",
        LC_ALL="C.UTF-8",
    )
    run = _on_terminal if scenario.terminal else _on_pipes
    seen, status = run([python, str(scenario.path())], scenario, folder, environment)
    seen = [_TIMES.sub("", line).replace(str(folder), "") for line in seen]
    played = Played(sorted(seen) if scenario.any_order else seen, status)
    deadline = time.monotonic() + PATIENCE
    while mode != "none":  # what is behind the program's end, or its death, is recorded soon
        played.recorded = recorded_lines(folder)
        if not missing(scenario, played) or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return played


def _on_pipes(command: List[str], scenario: Scenario, folder: Path, environment: Dict[str, str]) -> Any:
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
    )
    return (ended.stdout + b"\n--- stderr ---\n" + ended.stderr).decode("utf-8", "replace").split("\n"), ended.returncode


def _on_terminal(command: List[str], scenario: Scenario, folder: Path, environment: Dict[str, str]) -> Any:
    child = pexpect.spawn(
        command[0], command[1:], cwd=folder, env=environment, dimensions=(ROWS, COLUMNS), timeout=SECONDS
    )
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for prompt, keys in scenario.typed:
        child.expect(re.escape(prompt).replace(r"\.\.\.prompt\.\.\.", ".*?"))
        stream.feed(child.before + child.after)
        child.send(keys)
    child.expect(pexpect.EOF)
    stream.feed(child.before)
    child.close()
    return [line.rstrip() for line in screen.display], child.exitstatus if child.signalstatus is None else -child.signalstatus


def recorded_lines(folder: Path) -> List[str]:
    """What the records of all runs in the folder hold, folded as a terminal would: the same for every tracker."""
    output = OutputLog(str(folder / "recorded.log"))
    for path in sorted(folder.glob("wandb/offline-run-*/run-*.wandb")):
        records = [decode(payload) for payload in LogReader(str(path)).records()]
        texts = [record for record in records if record_kind(record) == "output_raw"]
        for record in sorted(texts, key=lambda record: record.output_raw.timestamp.ToNanoseconds()):
            output.feed(record.uuid.rpartition("#")[0], str(record.output_raw.output_type), record.output_raw.line)
    output.close()
    path = folder / "recorded.log"
    return path.read_text(encoding="utf-8").split("\n") if path.exists() else []


def missing(scenario: Scenario, played: Played) -> List[str]:
    """The lines that are not recorded, or not once."""
    return [line for line in scenario.recorded if sum(there.endswith(line) for there in played.recorded) != 1]


def faults(scenario: Scenario, played: Played, control: Played) -> List[str]:
    """What is wrong: nothing, if the list is empty."""
    found = []
    if played.status != control.status:
        found.append(f"exit status {played.status}, without a tracker {control.status}")
    if not scenario.steady:
        if any(played.seen.count(line) != 1 for line in scenario.recorded):
            found.append("the terminal does not show each line once")
    elif played.seen != control.seen:
        other = [line[:80] for line in played.seen if line not in control.seen][:3]
        lost = [line[:80] for line in control.seen if line not in played.seen][:3]
        found.append(f"the terminal shows {other} instead of {lost}")
    lost = [line[:40] for line in missing(scenario, played)]
    if lost:
        found.append(f"{len(lost)} of {len(scenario.recorded)} lines not recorded once, such as {lost[:3]}")
    elif not scenario.any_order:
        ends = {line: place for line in scenario.recorded for place, there in enumerate(played.recorded) if there.endswith(line)}
        if list(ends.values()) != sorted(ends.values()):
            found.append("recorded out of order")
    return found + [f"recorded, but never shown: {line!r}" for line in scenario.absent if line in played.recorded]
