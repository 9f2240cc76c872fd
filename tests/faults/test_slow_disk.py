"""A disk that holds calls for seconds, or for ever: two writes hold the program, and none after those."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from tests.conftest import Program
from tests.faults.failing_disk import FailingDisk
from tests.faults.test_failing_disk import BEGIN, lines, play
from tests.recorded import runs_in

# `log` counts the calls that are held by the disk.
TIMED = """
import threading
held, long = 0, 1.2

def log(first, last, pause=0.0):
    global held
    for number in range(first, last):
        for call in (lambda: run.log({"n": number}), lambda: print("line", number)):
            began = time.monotonic()
            call()
            held += time.monotonic() - began > long
        time.sleep(pause)
"""


def test_disk__whose_calls_take_seconds__holds_two_calls_at_most_and_has_all_rows(program: Program, tmp_path: Path) -> None:
    """A thread of ours waits for it meanwhile, and is gone when the disk is well; so a fork is as usual again."""
    disk = FailingDisk(tmp_path)
    source = TIMED + """
log(0, 50)
faults("any 1500ms 1000")
log(50, 150, pause=0.06)
faults("")
for number in range(150, 100_000):
    log(number, number + 1, pause=0.01)
    if threading.active_count() == 1:
        break
print("held", held)
"""
    result = play(program, disk, source).ok()
    *printed, held = result.stdout.splitlines()
    assert held in ("held 1", "held 2")  # the two writes may be of one call: the end of the line before, and the row
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows()] == list(range(len(printed))) and lines(run) == printed
    assert result.stderr.count("it takes seconds") == result.stderr.count("can be written again") == 1


def test_disk__that_held_one_write__loses_nothing_of_children_that_exit_right_after_it(program: Program, tmp_path: Path) -> None:
    """A machine with too much to do looks the same, and a child's `os._exit` takes along what waits for a thread."""
    disk = FailingDisk(tmp_path)
    source = """
for number in range(3):
    child = os.fork()
    if not child:
        faults("write 1100ms 1000")
        run.log({"n": number})
        faults("")
        print("line", number)
        os._exit(0)
    os.waitpid(child, 0)
"""
    play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows()] == [0, 1, 2] and lines(run) == ["line 0", "line 1", "line 2"]


def test_disk__that_is_not_quick__holds_the_other_threads_for_one_write_only(program: Program, tmp_path: Path) -> None:
    """Beside threads, a write keeps the interpreter's lock: to a disk that is well, it has it back before they wake up."""
    disk = FailingDisk(tmp_path)
    source = """
import threading
ticks, over = 0, threading.Event()

def tick():
    global ticks
    while not over.wait(0.01):
        ticks += 1

thread = threading.Thread(target=tick)
thread.start()
run.log({"n": 0})
faults("write 300ms 1000")
for number in range(1, 11):
    run.log({"n": number})
faults("")
over.set()
print(ticks)
"""
    result = play(program, disk, source).ok()
    assert int(result.stdout) > 50  # 270 of 9 writes; none if all of them kept it
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows()] == list(range(11))


def test_disk__whose_calls_take_seconds_until_the_end__delays_it_by_finish_timeout(program: Program, tmp_path: Path) -> None:
    """What is in memory then is lost, and counted."""
    disk = FailingDisk(tmp_path)
    source = TIMED + 'log(0, 50)\nfaults("any 3000ms 1000")\nlog(50, 150)\nsys.exit(3)\n'
    result = play(program, disk, source, WANDB_FINISH_TIMEOUT="1")
    assert result.status == 3 and result.stdout.splitlines() == [f"line {number}" for number in range(150)]
    assert "could not be written: the disk of its folder hangs" in result.stderr
    (run,) = runs_in(disk.folder)
    numbers = [row["n"] for row in run.rows()]
    assert numbers == list(range(len(numbers))) and len(numbers) >= 50


def test_disk__that_hangs_for_ever_in_one_thread__holds_neither_the_others_nor_the_end(program: Program, tmp_path: Path) -> None:
    """A file server that is gone: the thread that met it is lost, the program is not."""
    disk = FailingDisk(tmp_path)
    source = TIMED + """
log(0, 50)
faults("any stall 1000")
lost = threading.Thread(target=run.log, args=({"lost": 1},), daemon=True)
lost.start()
while not run._interface._appenders.get()._serial.thread:
    time.sleep(0.01)
log(50, 150)
print("held", held)
sys.exit(3)
"""
    process = program.start(BEGIN + source, str(disk.folder), str(disk.control), env=disk.environment)
    stdout, stderr = process.communicate(timeout=60)
    disk.set("")
    assert process.returncode == 3, stderr
    assert stdout.splitlines()[-1] == "held 0" and "the disk of its folder hangs" in stderr
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows() if "n" in row] == list(range(50))


@pytest.fixture
def frozen_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of the kernel's own, which `fsfreeze` holds: each write waits for its end."""
    if os.geteuid() != 0 or not (shutil.which("fsfreeze") and shutil.which("mkfs.ext4")):
        pytest.skip("freezes a file system")
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=False).returncode:
        pytest.skip("no loop devices here")
    yield folder
    subprocess.run(["fsfreeze", "-u", str(folder)], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("console, seconds", [("wrap", 30), ("redirect", 5)])
def test_disk__frozen_by_the_kernel__loses_nothing(program: Program, frozen_disk: Path, console: str, seconds: int) -> None:
    """One call is held as long as that. With console=redirect a print is none of those that can be."""
    source = TIMED + f"""
import subprocess
log(0, 50)
time.sleep(1)
subprocess.run(["fsfreeze", "-f", disk], check=True)
thaw = subprocess.Popen(["sh", "-c", "sleep {seconds}; fsfreeze -u " + disk], stdout=subprocess.DEVNULL)
if os.environ["WANDB_CONSOLE"] == "redirect":
    for number in range(50, 60):
        began = time.monotonic()
        print("line", number, flush=True)
        held += time.monotonic() - began > long
    assert not held
    log(60, 100)
else:
    log(50, 100)
thaw.wait()
print("held", held)
"""
    result = program(BEGIN + source, str(frozen_disk), "", env={"WANDB_CONSOLE": console}).ok()
    *printed, held = result.stdout.splitlines()
    assert held == "held 1" and "Traceback" not in result.stderr
    (run,) = runs_in(frozen_disk)
    numbers = [row["n"] for row in run.rows()]
    assert numbers == [number for number in range(100) if console == "wrap" or not 50 <= number < 60]
    assert lines(run) == printed == [f"line {number}" for number in range(100)]
