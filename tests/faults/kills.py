"""One experiment: a training program, a moment, a victim; and what is missing afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Dict, List

import psutil

from tests.recorded import RecordedRun

TRAINER = Path(__file__).parent / "trainer.py"
# Who is killed, in this order; "service stopped" is a helper that never comes to anything.
VICTIMS = (("creator",), ("service", "creator"), ("creator", "service"), ("service stopped", "creator"), ("group",))
PATIENCE = 60.0


class Experiment:
    """What happened: the acknowledged numbers of each writer, and where the run is."""

    def __init__(self, seed: int, folder: Path, environment: Dict[str, str]) -> None:
        """Play it; everything that is left to chance follows from the seed."""
        chance = random.Random(seed)
        self.children = chance.choice((0, 0, 2))
        self.victims = chance.choice(VICTIMS)
        self.delay = chance.uniform(0.0, 0.25) ** 2 * 4
        self.acknowledged: Dict[str, int] = {}
        reader, writer = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, str(writer), str(TRAINER), str(self.children)],
            cwd=folder,
            env=environment,
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(writer)
        with open(reader, encoding="utf-8") as acks:
            _, service, self.run_dir = acks.readline().split(maxsplit=2)
            self.run_dir = self.run_dir.strip()
            acks.readline()  # one row at least
            time.sleep(self.delay)
            self.service = int(service)
            for victim in self.victims:
                self._kill(victim, process)
            process.wait(PATIENCE)
            if self.children:
                _kill_group(process.pid)
            for line in acks:  # to the end: nobody holds the other end any more
                if line.endswith("\n"):
                    name, number = line.split()
                    self.acknowledged[name] = int(number)

    def _kill(self, victim: str, process: subprocess.Popen[bytes]) -> None:
        if victim == "group":
            _kill_group(process.pid)
        elif victim == "creator":
            os.kill(process.pid, signal.SIGKILL)
        else:
            _signal(self.service, signal.SIGSTOP if victim == "service stopped" else signal.SIGKILL)

    def described(self) -> str:
        """For whoever looks for the fault."""
        return f"{self.children} children, {' then '.join(self.victims)} after {self.delay:.4f} s, {self.run_dir}"

    def end_stopped(self) -> None:
        """Leave no helper behind that would be stopped for ever."""
        if "service stopped" in self.victims:
            _signal(self.service, signal.SIGKILL)

    def complete(self, environment: Dict[str, str]) -> RecordedRun:
        """The run, when somebody has completed it: its service, or else a command."""
        self.end_stopped()
        run, deadline = RecordedRun(Path(self.run_dir)), time.monotonic() + PATIENCE
        while psutil.pid_exists(self.service) and time.monotonic() < deadline:
            if psutil.Process(self.service).status() == psutil.STATUS_ZOMBIE:
                break
            time.sleep(0.01)
        if run.kinds()[-1:] != ["exit"]:
            command = [sys.executable, "-m", "wandb.service", self.run_dir]
            subprocess.run(command, env=environment, check=True, timeout=PATIENCE)
        return run

    def faults(self, run: RecordedRun) -> List[str]:
        """What is missing, double, or out of order."""
        found: List[str] = []
        rows: Dict[str, List[int]] = {}
        for row in run.rows():
            rows.setdefault(row["name"], []).append(row["n"])
        lines: Dict[str, List[int]] = {}
        for line in run.output() if (run.path / "files" / "output.log").exists() else ():
            name, _, number = line.partition(" line ")
            lines.setdefault(name, []).append(int(number))
        for what, recorded in (("rows", rows), ("lines", lines)):
            for name, last in self.acknowledged.items():
                numbers = recorded.get(name, [])
                # The call that was under way may have come to its end.
                if numbers not in (list(range(last + 1)), list(range(last + 2))):
                    often = [number for number, count in Counter(numbers).items() if count > 1]
                    found.append(f"{what} of {name}: {len(numbers)} of {last + 1}, ending {numbers[-3:]}, doubled {often[:3]}")
        if run.kinds()[-1] != "exit" or run.exit_code() == 0:
            found.append(f"the log ends with {run.kinds()[-1]}")
        return found


# Descriptor 3 is where the trainer acknowledges.
_BEGIN = (
    "import os, sys; fd = int(sys.argv[1]); fd == 3 or os.dup2(fd, 3); os.set_inheritable(3, True); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it has ended by itself


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
