"""Random faults while runs are sent: at the end each row, line, sample and file is at the server once.

Run by `tox -e sync`. CHAOS_SECONDS is how long the programs log (20 by default), CHAOS_SEED makes the same choices again.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable, List

from tests.conftest import Program
from tests.online.test_sync_command import sync
from tests.server.faults import CLOSE, HANG, RESET, SLOW, STATUS, Fault
from tests.server.received import ReceivedRun
from tests.server.server import RecordingServer

SECONDS = float(os.environ.get("CHAOS_SECONDS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(2**32)
RUNS = 4

TRAINING = """
    import json, os, sys, time
    import wandb

    run = wandb.init(project="chaos", id=sys.argv[1], settings={"x_stats_sampling_interval": 0.1})
    child = os.fork()
    deadline, number = time.monotonic() + float(sys.argv[2]), 0
    name = "row" if child else "child"
    while time.monotonic() < deadline:
        run.log({name: number, "nested": {"value": number}})
        print(name, number)
        if number % 10 == 0:
            for percent in range(0, 110, 10):
                print(f"\\r{name} bar {number} {percent}%", end="")
            print()
        number += 1
        time.sleep(0.005 if child else 0.05)
    if not child:
        json.dump(number, open(f"{sys.argv[1]}.child", "w"))
        os._exit(0)
    os.wait()
    open("saved.txt", "w").write(str(number))
    run.save("saved.txt")
    json.dump(number, open(f"{sys.argv[1]}.creator", "w"))
"""


def faults_of(chance: random.Random) -> Callable[[str], Fault | None]:
    choices = [
        Fault(STATUS, status=500),
        Fault(STATUS, status=503),
        Fault(STATUS, status=502, applies=True),
        Fault(STATUS, status=429, headers={"Retry-After": "1"}),
        Fault(RESET),
        Fault.lost_reply(),
        Fault(CLOSE, applies=True),
        Fault(HANG, seconds=0.5),
        Fault(HANG, applies=True, seconds=0.5),
        Fault(SLOW, seconds=0.2),
    ]
    return lambda kind: chance.choice(choices) if chance.random() < 0.25 else None


def helper_of(folder: Path) -> int:
    """The process that follows the run; 0 if there is none now."""
    try:
        return int(json.loads((folder / "follower.lease").read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return 0


def make_trouble(program: Program, server: RecordingServer, chance: random.Random, processes: List[subprocess.Popen[str]]) -> None:
    """Restart the server, and kill the helpers of every other run, until the programs have ended.

    A run has only so many helpers, so they are killed three times each, and sometimes what they knew is damaged; the other
    runs meet the server's faults alone.
    """
    began = time.monotonic()
    kills = sorted((chance.uniform(0, SECONDS), f"run{number}") for number in range(0, RUNS, 2) for _ in range(3))
    while any(process.poll() is None for process in processes):
        time.sleep(chance.uniform(0.2, 1.0))
        if chance.random() < 0.2:
            server.stop()
            time.sleep(chance.uniform(0.1, 0.5))
            server.start()
        while kills and time.monotonic() - began > kills[0][0]:
            _, name = kills.pop(0)
            for folder in program.folder.glob(f"wandb/run-*-{name}"):
                helper = helper_of(folder)
                if helper and helper not in [process.pid for process in processes]:  # at its end it may be its own
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(helper, signal.SIGKILL)
                    if chance.random() < 0.5:
                        with contextlib.suppress(FileNotFoundError):
                            os.truncate(folder / "checkpoint.json", 100)


def test_chaos__four_runs__each_row_and_line_is_at_the_server_once(program: Program, server: RecordingServer) -> None:
    """What the promise of an upload is worth."""
    print(f"CHAOS_SEED={SEED}")
    chance = random.Random(SEED)
    server.faults.chaos = faults_of(random.Random(SEED + 1))
    environment = server.environment(WANDB_FINISH_TIMEOUT="20")
    names = [f"run{number}" for number in range(RUNS)]
    processes = [
        program.start(TRAINING, name, str(SECONDS), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in names
    ]
    make_trouble(program, server, chance, processes)
    assert [process.wait(120) for process in processes] == [0] * RUNS
    faults = len(server.faults.made)
    server.faults.clear()
    while True:
        result = sync(program, server, *map(str, sorted(program.folder.glob("wandb/run-*"))))
        if "another process is sending it now" not in result.stderr:
            break
    assert result.returncode == 0, result.stderr
    for name in names:
        check(program, server.runs[name])
    assert faults > SECONDS


def check(program: Program, run: ReceivedRun) -> None:
    count = json.loads((program.folder / f"{run.run_id}.creator").read_text())
    children = json.loads((program.folder / f"{run.run_id}.child").read_text())
    rows = run.rows()
    assert [row["row"] for row in rows if "row" in row] == list(range(count))
    assert [row["child"] for row in rows if "child" in row] == list(range(children))
    assert [row["_step"] for row in rows] == list(range(count + children))
    lines = [line for line in run.console() if not line.startswith("ERROR wandb: ")]
    for name, number in (("row", count), ("child", children)):
        own = [line for line in lines if line.startswith(name + " ")]
        expected = []
        for index in range(number):
            expected.append(f"{name} {index}")
            if index % 10 == 0:
                expected.append(f"{name} bar {index} 100%")
        assert own == expected
    assert len(lines) == count + (count + 9) // 10 + children + (children + 9) // 10
    times = [event["_timestamp"] for event in run.events()]
    assert len(times) == len(set(times)) > 0
    assert run.files["saved.txt"].decode().isdigit()
    assert (run.complete, run.exit_code) == (True, 0)
    assert run.summary()["row"] == count - 1 and run.summary()["child"] == children - 1
