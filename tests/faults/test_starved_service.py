"""A helper that can't be started, or is stopped, slow, or killed in the middle of the end: training and the record don't depend on it."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import Any, Callable, List

import psutil
import pytest

from tests.conftest import Finished, Program
from tests.faults.failing_disk import FailingDisk
from tests.recorded import RecordedRun, runs_in

TRAINING = """
import os, random, resource, signal, sys, threading, time, wandb
{before}
run = wandb.init(project="p", settings=wandb.Settings(x_stats_sampling_interval=0.1))
{during}
for step in range(200):
    run.log({{"loss": step}})
    print("line", step)
{end}
"""
LINES = [f"line {step}" for step in range(200)]


def play(program: Program, before: str = "", during: str = "", end: str = "", **options: Any) -> Finished:
    result = program(TRAINING.format(before=before, during=during, end=end), **options).ok()
    assert result.stdout.splitlines() == LINES and "Traceback" not in result.stderr
    return result


def check_complete(run: RecordedRun) -> None:
    assert [row["loss"] for row in run.rows()] == list(range(200)) and run.summary()["loss"] == 199
    assert [line for line in run.output() if not line.startswith("wandb: ")] == LINES
    assert run.exit_code() == 0 and run.kinds().count("exit") == 1


def left_behind(folder: Path) -> List[str]:
    """Processes of the run, zombies of ours, and files that are none of its record."""
    found = [path.name for path in folder.rglob("*") if path.name.endswith((".spool", ".new", ".part"))]
    for process in psutil.process_iter(["cmdline", "status", "ppid"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(folder) in words or (process.info["status"] == psutil.STATUS_ZOMBIE and process.info["ppid"] == os.getpid()):
            found.append(words)
    return found


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM])
@pytest.mark.parametrize("console", ["wrap", "redirect"])
def test_helper__no_process_to_be_had__the_program_completes_its_run(
    program: Program, tmp_path: Path, number: int, console: str
) -> None:
    """A limit on processes, or no memory for one more."""
    disk = FailingDisk(tmp_path)
    disk.set(f"fork {number} 1000")
    result = play(program, env={**disk.environment, "WANDB_CONSOLE": console})
    assert result.stderr.count("helper process can't be started") == 1 and os.strerror(number) in result.stderr
    check_complete(result.run)
    assert left_behind(result.run.path) == []


def test_helper__no_interpreter__the_program_completes_its_run(program: Program) -> None:
    """An environment that was removed under the running program."""
    gone = "sys.executable = sys._base_executable = '/gone/python3'; sys.exec_prefix = '/gone'"
    result = play(program, before=gone)
    assert result.stderr.count("helper process can't be started") == 1
    check_complete(result.run)


def test_helper__no_memory_for_it__the_program_completes_its_run(program: Program) -> None:
    """It starts and dies, again and again; memory that the program itself has is enough for the end."""
    limit = """
import google.protobuf.descriptor_pool, psutil
with open("python3", "w") as file:
    file.write(f"#!/bin/sh\\nulimit -v 30000\\nexec {sys.executable} \\"$@\\"\\n")
os.chmod("python3", 0o755)
sys.executable = os.path.abspath("python3")
"""
    run = play(program, before=limit).run
    check_complete(run)
    assert "rror" in (run.path / "logs" / "debug-internal.log").read_text(encoding="utf-8")  # it has really died of that


def test_helper__stopped_and_continued_after_the_end__completes_the_run(
    program: Program, wait_for: Callable[..., Any]
) -> None:
    """`finish` has said what is left, and to whom."""
    stop = "service = run._interface._service.pid; os.kill(service, signal.SIGSTOP); open('pid', 'w').write(str(service))"
    result = play(program, during=stop, env={"WANDB_FINISH_TIMEOUT": "1"})
    assert "not complete yet" in result.stderr
    os.kill(int((program.folder / "pid").read_text()), signal.SIGCONT)
    (run,) = runs_in(program.folder)
    wait_for(lambda: run.kinds()[-1] == "exit" and not left_behind(run.path))
    check_complete(run)


def test_helper__that_gets_a_tenth_of_its_time__holds_nobody(program: Program, wait_for: Callable[..., Any]) -> None:
    """A crowded machine: it is stopped and continued, again and again."""
    slow = """
def slow(pid):
    while True:
        for number, seconds in ((signal.SIGSTOP, 0.09), (signal.SIGCONT, 0.01)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return
            time.sleep(seconds)
threading.Thread(target=slow, args=(run._interface._service.pid,), daemon=True).start()
"""
    result = play(program, during=slow, end="run.finish()")
    (run,) = runs_in(program.folder)
    for line in left_behind(run.path):  # the program may have ended with it stopped
        assert "wandb" in line
    for process in psutil.process_iter(["cmdline"]):
        if str(run.path) in " ".join(process.info["cmdline"] or ()):
            process.resume()
    wait_for(lambda: run.kinds()[-1] == "exit" and not left_behind(run.path))
    check_complete(run)
    assert result.stderr.count("WARNING") <= 1


@pytest.mark.parametrize("seed", range(8))
def test_helper__killed_during_finish__the_run_is_completed_by_whoever_is_left(
    program: Program, wait_for: Callable[..., Any], seed: int
) -> None:
    """At any point of its last work, and those that are started in its place, too."""
    killer = f"""
def kill(times, chance=random.Random({seed})):
    for _ in range(times):
        time.sleep(chance.uniform(0, 0.06))
        service = run._interface._service
        if service is not None:
            try:
                os.kill(service.pid, 9)
            except ProcessLookupError:
                pass
threading.Thread(target=kill, args=({1 + seed % 5},)).start()
"""
    result = play(program, end=killer + "run.finish()")
    (run,) = runs_in(program.folder)
    check_complete(run)
    wait_for(lambda: not left_behind(run.path))
    assert result.stderr.count("not complete yet") == 0
