"""A disk whose calls fail, for a while, at random or for good: training does not notice, and the record is whole again."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.conftest import Finished, Program
from tests.faults.failing_disk import FailingDisk
from tests.recorded import RecordedRun, runs_in
from wandb.service.service import finalize

# `faults()` says what the disk does from now on, see fault_layer.c; `helper_notices()` waits for the helper's next look.
BEGIN = """
import os, sys, time, wandb
disk, control = sys.argv[1:]

def faults(text):
    with open(f"{control}.new", "w") as file:
        file.write(f"{text}\\n")
    os.replace(f"{control}.new", control)

def helper_notices():
    time.sleep(1.2)

def log(first, last):
    for number in range(first, last):
        run.log({"n": number})
        print("line", number)

run = wandb.init(project="p", dir=disk)
"""
CALLS = {
    "any": errno.EIO,
    "open": errno.ESTALE,
    "read": errno.EIO,
    "write": errno.EDQUOT,
    "rename": errno.ENOSPC,
    "truncate": errno.EROFS,
    "stat": errno.ESTALE,
}


def play(program: Program, disk: FailingDisk, source: str, **environment: str) -> Finished:
    """The program on the disk, which is well again when it has ended."""
    result = program(BEGIN + source, str(disk.folder), str(disk.control), env={**disk.environment, **environment})
    disk.set("")
    assert "Traceback" not in result.stderr
    return result


def lines(run: RecordedRun) -> list[str]:
    return [line for line in run.output() if line.startswith("line ")]


@pytest.mark.parametrize("call", CALLS)
def test_disk__that_fails_for_a_while__has_all_rows_afterwards(program: Program, tmp_path: Path, call: str) -> None:
    """Whatever it refuses meanwhile: to the program, and to the helper."""
    disk = FailingDisk(tmp_path)
    source = f'log(0, 50)\nfaults("{call} {CALLS[call]} 1000")\nlog(50, 100)\nhelper_notices()\nfaults("")\nlog(100, 150)\n'
    result = play(program, disk, f"{source}sys.exit(3)\n")
    assert result.status == 3 and result.stdout.splitlines() == [f"line {number}" for number in range(150)]
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows()] == list(range(150)) and lines(run) == result.stdout.splitlines()
    assert run.exit_code() == 3 and run.summary()["n"] == 149
    refused = result.stderr.count("can't be written")
    assert refused == result.stderr.count("can be written again") == (call in ("any", "write"))


@pytest.mark.parametrize("before", ["", "helper_notices()\n"], ids=["from_the_start", "later"])
@pytest.mark.parametrize("call", CALLS)
def test_disk__that_fails_for_good__holds_nobody_and_is_told_of(program: Program, tmp_path: Path, call: str, before: str) -> None:
    """What was written before is there, and a later command completes it."""
    disk = FailingDisk(tmp_path)
    source = f'log(0, 50)\n{before}faults("{call} {CALLS[call]} 1000")\nlog(50, 100)\nhelper_notices()\nsys.exit(3)\n'
    result = play(program, disk, source, WANDB_FINISH_TIMEOUT="600")  # nobody waits so long for a helper that says nothing
    assert result.status == 3 and result.stdout.splitlines() == [f"line {number}" for number in range(100)]
    assert "WARNING" in result.stderr and "has been removed" not in result.stderr
    (run,) = runs_in(disk.folder)
    assert finalize(str(run.path)) in ("", f"Another process is completing the run in {run.path}.")
    numbers = [row["n"] for row in run.rows()]
    assert numbers == list(range(50 if call in ("any", "write") else 100))


@pytest.mark.parametrize("seed", range(1, 9))
def test_disk__that_fails_at_random_during_init__has_one_run_here_or_elsewhere(
    program: Program, tmp_path: Path, seed: int
) -> None:
    """What was begun on a disk that then refuses is taken away again: no half run is left for a later command."""
    disk, elsewhere = FailingDisk(tmp_path, seed), tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = BEGIN.replace("run = wandb", 'faults("any 5 200\\nany 28 150\\nwrite short 100")\nrun = wandb')
    source += 'run.config.update({"b": 2})\nlog(0, 50)\nfaults("")\nlog(50, 100)\nsys.exit(3)\n'
    environment = {**disk.environment, "TMPDIR": str(elsewhere)}
    result = program(source, str(disk.folder), str(disk.control), env=environment)
    assert result.status == 3 and len(result.stdout.splitlines()) == 100 and "Traceback" not in result.stderr
    (run,) = runs_in(disk.folder) + runs_in(elsewhere)
    assert [row["n"] for row in run.rows()] == list(range(100)) and "b:" in run.file("config.yaml")
    assert ("the run goes to" in result.stderr) == (disk.folder not in run.path.parents)


@pytest.mark.parametrize("call", ["read", "stat"])
def test_disk__that_refuses_the_helper_its_first_look__has_one_end_of_the_run(program: Program, tmp_path: Path, call: str) -> None:
    """A helper that does not know yet whose run it is takes nobody for dead, and neither ends the run nor cuts off rows."""
    disk = FailingDisk(tmp_path)
    source = BEGIN.replace("run = wandb", f'faults("{call} {CALLS[call]} 1000")\nrun = wandb')
    source += 'log(0, 50)\nhelper_notices()\nfaults("")\nlog(50, 100)\nhelper_notices()\nhelper_notices()\nlog(100, 150)\nsys.exit(3)\n'
    result = program(source, str(disk.folder), str(disk.control), env=disk.environment)
    assert result.status == 3 and "Traceback" not in result.stderr
    (run,) = runs_in(disk.folder)
    assert run.kinds().count("exit") == 1 and run.exit_code() == 3
    assert [row["n"] for row in run.rows()] == list(range(150)) and lines(run) == result.stdout.splitlines()


def test_disk__whose_server_forgets_what_is_open__has_all_rows(program: Program, tmp_path: Path) -> None:
    """A file server that was started again: the files are there, under descriptors that are opened anew."""
    disk = FailingDisk(tmp_path)
    source = """
begin = os.pipe()
pid = os.fork()
if not pid:
    run.log({"child": 0})
    os.read(begin[0], 1)
    for number in range(1, 100):
        run.log({"child": number})
    os._exit(0)
log(0, 50)
faults("any stale 1000")
os.write(begin[1], b"x")
log(50, 100)
os.waitpid(pid, 0)
faults("any 116 1000")
log(100, 150)
faults("any stale 1000")
log(150, 200)
"""
    result = play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows() if "n" in row] == list(range(200))
    assert [row["child"] for row in run.rows() if "child" in row] == list(range(100))
    assert lines(run) == result.stdout.splitlines() and run.exit_code() == 0


@pytest.mark.parametrize("console", ["wrap", "redirect"])
@pytest.mark.parametrize("seed", range(1, 9))
def test_disk__that_fails_at_random__loses_and_doubles_nothing(program: Program, tmp_path: Path, seed: int, console: str) -> None:
    """Of the creator, of a child, of the helper, and of the relay; half writes among the failures."""
    disk = FailingDisk(tmp_path, seed)
    source = """
faults("write short 100\\nany 5 100\\nany 28 100\\nany 116 50")
pid = os.fork()
if not pid:
    for number in range(300):
        run.log({"child": number})
        if number == 290:
            faults("")
    os._exit(0)
log(0, 300)
os.waitpid(pid, 0)
log(300, 310)
"""
    result = play(program, disk, source, WANDB_CONSOLE=console).ok()
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows() if "n" in row] == list(range(310))
    assert [row["child"] for row in run.rows() if "child" in row] == list(range(300))
    assert lines(run) == result.stdout.splitlines() == [f"line {number}" for number in range(310)]
    assert result.stderr.count("can't be written") <= 2  # each process says it once, and not each time


def test_log__that_can_not_be_read_now__is_no_empty_run(program: Program, tmp_path: Path) -> None:
    """Neither for `wandb sync`, which would write the files of an empty run over good ones, nor for `wandb.Api`."""
    disk = FailingDisk(tmp_path)
    play(program, disk, "log(0, 50)\nrun.finish()").ok()
    (run,) = runs_in(disk.folder)
    Path(run.layout.closing_report).unlink()  # as of a run that nobody has completed
    before = {path: path.read_bytes() for path in (run.path / "files").iterdir()}
    disk.set(f"read {errno.EIO} 1000")
    read = program(
        """
        import sys, wandb
        from wandb.runlog.layout import RunLayout
        from wandb.sync.completion import complete, finalize
        folder = sys.argv[1]
        try:
            print(complete(RunLayout.find(folder)))
        except OSError as error:
            print(type(error).__name__)
        print("can't be completed" in finalize(folder))
        run = wandb.Api(local=folder).run()
        print(len(list(run.scan_history())), any("can't be read" in sentence for sentence in run.damage))
        """,
        str(run.path),
        env=disk.environment,
    ).ok()
    disk.set("")
    assert read.stdout.splitlines() == ["OSError", "True", "0 True"]
    assert {path: path.read_bytes() for path in before} == before
