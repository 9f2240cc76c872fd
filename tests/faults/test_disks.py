"""Small disks that are full for a while or for good, and folders that nobody may write: training goes on all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from tests.conftest import Program
from tests.recorded import runs_in

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts small disks")

# `fill()` takes all room of the disk, `free()` gives it back.
BEGIN = """
import os, signal, sys, threading, time, wandb
disk = sys.argv[1]
run = wandb.init(project="p", dir=disk)

def fill():
    filler = os.open(f"{disk}/filler", os.O_WRONLY | os.O_CREAT)
    for size in (4096, 1):
        try:
            while os.write(filler, bytes(size)):
                pass
        except OSError:
            pass
    os.close(filler)

def free():
    os.unlink(f"{disk}/filler")

def log(first, last):
    for number in range(first, last):
        run.log({"n": number, "pad": "x" * 100})
        print("line", number)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_disk__full_for_a_while__has_all_rows_in_their_order_afterwards(program: Program, disk: Path) -> None:
    """Kept in memory meanwhile; one warning when it begins, one when it is over."""
    source = BEGIN + "log(0, 100)\nfill()\nlog(100, 1000)\nfree()\nlog(1000, 1100)\n"
    result = program(source, str(disk)).ok()
    (run,) = runs_in(disk)
    assert [row["n"] for row in run.rows()] == list(range(1100))
    lines = [line for line in run.output() if not line.startswith("wandb: ")]
    assert lines == result.stdout.splitlines() == [f"line {number}" for number in range(1100)]
    assert run.exit_code() == 0 and run.summary()["n"] == 1099
    assert result.stderr.count("can't be written") == result.stderr.count("can be written again") == 1


def test_disk__full_for_good__the_program_ends_as_it_would_and_says_what_is_missing(program: Program, disk: Path) -> None:
    """Nothing waits; what was written before is there."""
    result = program(BEGIN + "log(0, 100)\nfill()\nlog(100, 5000)\nsys.exit(3)\n", str(disk))
    assert result.status == 3 and result.stdout.splitlines() == [f"line {number}" for number in range(5000)]
    assert "could not be written" in result.stderr and result.stderr.count("can't be written") == 1
    (disk / "filler").unlink()
    (run,) = runs_in(disk)
    numbers = [row["n"] for row in run.rows()]
    assert numbers == list(range(len(numbers))) and len(numbers) >= 100


def test_disk__full_while_children_log__has_their_rows_too(program: Program, disk: Path) -> None:
    """Each process keeps its own records, and brings them as soon as there is room."""
    source = BEGIN + """
begin, go_on = os.pipe(), os.pipe()
pid = os.fork()
if not pid:
    os.read(begin[0], 1)
    for number in range(100):
        run.log({"child": number})
    os.read(go_on[0], 1)
    run.log({"child": 100})
    os._exit(0)
log(0, 10)
fill()
os.write(begin[1], b"x")
log(10, 100)
time.sleep(0.5)
free()
os.write(go_on[1], b"x")
os.waitpid(pid, 0)
log(100, 110)
"""
    program(source, str(disk)).ok()
    (run,) = runs_in(disk)
    assert [row["n"] for row in run.rows() if "n" in row] == list(range(110))
    assert [row["child"] for row in run.rows() if "child" in row] == list(range(101))


@pytest.mark.parametrize("how", ["fork", "spawn"])
@pytest.mark.parametrize("for_good", [False, True])
def test_disk__full_while_a_child_ends__has_its_rows_or_it_is_said(
    program: Program, disk: Path, how: str, for_good: bool
) -> None:
    """Its last call came when there was no room; the end of the process is one more try."""
    source = BEGIN.replace("run = ", "run = None if __name__ != '__main__' else ") + f"""
def child(run):
    run.log({{"child": 0}})
    fill()
    for number in range(1, 100):
        run.log({{"child": number}})
    {for_good} or free()

if __name__ == "__main__":
    import multiprocessing
    process = multiprocessing.get_context("{how}").Process(target=child, args=(run,))
    process.start()
    process.join()
    assert process.exitcode == 0
    if {for_good}:
        free()
"""
    result = program(source, str(disk)).ok()
    (run,) = runs_in(disk)
    rows = [row["child"] for row in run.rows() if "child" in row]
    assert rows == list(range(100)) or (for_good and rows == list(range(len(rows))))
    assert ("of this process could not be written" in result.stderr) == for_good


def test_disk__full_before_init__the_run_goes_elsewhere_or_nowhere_and_says_so(program: Program, disk: Path) -> None:
    """A folder can't even be made, or its log not begun."""
    (disk / "filler").write_bytes(b"")
    with open(disk / "filler", "ab", buffering=0) as filler:
        for size in (4096, 1):
            try:
                while filler.write(bytes(size)):
                    continue
            except OSError:
                continue
    result = program(BEGIN + "log(0, 100)\n", str(disk)).ok()
    assert result.stdout.splitlines() == [f"line {number}" for number in range(100)]
    assert str(disk) in result.stderr and "instead" in result.stderr and "Traceback" not in result.stderr


def test_folder__unmounted_during_the_run__the_program_does_not_notice(program: Program, disk: Path) -> None:
    """A file server that is gone."""
    source = BEGIN + "import subprocess\nlog(0, 100)\nsubprocess.run(['umount', '-l', disk], check=True)\nlog(100, 200)\n"
    try:
        result = program(source, str(disk))
        assert result.status == 0 and "Traceback" not in result.stderr
        assert result.stdout.splitlines() == [f"line {number}" for number in range(200)]
    finally:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=True)
