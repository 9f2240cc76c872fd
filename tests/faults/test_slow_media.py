"""A disk that takes long for the files of media: training does not wait for it, and no row names a file that is not whole."""

from __future__ import annotations

import signal
from hashlib import sha256
from pathlib import Path
from typing import List

import pytest

from tests.conftest import Program
from tests.faults.failing_disk import FailingDisk
from tests.faults.test_failing_disk import BEGIN, play
from tests.recorded import RecordedRun, runs_in

# What a file server does: it takes pieces, and writes them when the file is closed. `log` counts the calls it holds.
PAGE = 300_000
LOG = f"""
import threading
held = 0

def log(first, last):
    for number in range(first, last):
        timed({{"n": number, "page": wandb.Html(f"{{number}} " * {PAGE // 5})}})
        timed({{"n": number + 0.5}})

def timed(row):
    global held
    began = time.monotonic()
    run.log(row)
    held += time.monotonic() - began > 0.4

def names_of_threads():
    return [thread.name for thread in threading.enumerate()[1:]]
"""


def numbers(run: RecordedRun) -> List[float]:
    return [row["n"] for row in run.rows()]


def names_whole_files(run: RecordedRun) -> bool:
    """Whether each file that a row names is there, with its size and hash."""
    for row in run.rows():
        if ("page", "path") in row:
            data = (run.path / "files" / row["page", "path"]).read_bytes()
            if len(data) != row["page", "size"] or sha256(data).hexdigest() != row["page", "sha256"]:
                return False
    return True


def halves(last: int) -> List[float]:
    return [number / 2 for number in range(2 * last)]


def test_disk__that_takes_long_to_close_files__holds_one_call_and_has_all_in_order(program: Program, tmp_path: Path) -> None:
    """Plain rows wait behind the files meanwhile; the thread is gone when there are none."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
faults("close 600ms 1000")
log(0, 8)
print(held, names_of_threads())
plain = 0
while names_of_threads():
    timed({"plain": plain})
    plain += 1
    time.sleep(0.01)
log(8, 12)
print(held)
timed({"plain": plain})
faults("")
"""
    result = play(program, disk, source).ok()
    assert result.stdout.splitlines() == ["1 ['wandb-slow-disk']", "1"] and "can't be written" not in result.stderr
    (run,) = runs_in(disk.folder)
    rows = run.rows()
    plain = [row.get("plain") for row in rows]
    assert plain == [*[None] * 16, *range(len(rows) - 25), *[None] * 8, len(rows) - 25] and len(rows) > 50
    assert [row["n"] for row in rows if "n" in row] == halves(12) and names_whole_files(run)


def test_disk__that_is_quick_again__is_written_by_log_itself(program: Program, tmp_path: Path) -> None:
    """As soon as a file was quick: what `log` returns from is there again."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
faults("close 600ms 1000")
log(0, 2)
faults("")
log(2, 3)
while names_of_threads():
    time.sleep(0.01)
log(3, 4)
assert not names_of_threads()
os._exit(0)
"""
    play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    assert numbers(run) == halves(4) and names_whole_files(run)


def test_sigkill__while_files_wait__leaves_rows_of_whole_files_only(program: Program, tmp_path: Path) -> None:
    """What is lost is what was in memory: the file, and what came after it."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
log(0, 3)
faults("close 600ms 1000")
log(3, 4)
faults("close stall 1000")
log(4, 9)
assert held == 1
os.kill(os.getpid(), 9)
"""
    result = play(program, disk, source)
    assert result.status == -signal.SIGKILL, result.stderr
    (run,) = runs_in(disk.folder)
    assert numbers(run) == halves(4) and names_whole_files(run)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "1 / 0"])
def test_program__that_ends_while_files_wait__waits_for_them(program: Program, tmp_path: Path, end: str) -> None:
    """Within `finish_timeout`, like for records."""
    disk = FailingDisk(tmp_path)
    result = program(
        BEGIN + LOG + f'faults("close 600ms 1000")\nlog(0, 5)\n{end}\n',
        str(disk.folder),
        str(disk.control),
        env=disk.environment,
    )
    disk.set("")
    assert result.status == {"": 0, "sys.exit(3)": 3, "1 / 0": 1}[end]
    (run,) = runs_in(disk.folder)
    assert numbers(run) == halves(5) and names_whole_files(run)


def test_disk__that_hangs_with_files_until_the_end__delays_it_by_finish_timeout(program: Program, tmp_path: Path) -> None:
    """And it is said."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
log(0, 2)
faults("close 600ms 1000")
log(2, 3)
faults("close stall 1000")
log(3, 6)
sys.exit(3)
"""
    process = program.start(
        BEGIN + source, str(disk.folder), str(disk.control), env={**disk.environment, "WANDB_FINISH_TIMEOUT": "1"}
    )
    stderr = process.communicate(timeout=60)[1]
    disk.set("")
    assert process.returncode == 3 and "could not be written: the disk of its folder hangs" in stderr
    (run,) = runs_in(disk.folder)
    assert numbers(run)[:6] == halves(3) and names_whole_files(run)


@pytest.mark.parametrize("way", ["multiprocessing", "os.fork"])
def test_child__forked_while_files_wait__inherits_none_and_logs_its_own(program: Program, tmp_path: Path, way: str) -> None:
    """Neither the line nor the lock nor the thread; and what it puts off itself is written when it ends."""
    disk = FailingDisk(tmp_path)
    source = LOG + f"""
import multiprocessing, warnings

def work():
    assert not names_of_threads()
    for number in range(2):
        run.log({{"child": number, "page": wandb.Html(f"child {{number}}" * 1000)}})

log(0, 1)
faults("close 600ms 1000")
log(1, 6)
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of each fork beside a thread
assert names_of_threads()
if {way!r} == "os.fork":
    child = os.fork()
    if not child:
        work()
        sys.exit(0)  # with exit handlers
    assert os.waitpid(child, 0)[1] == 0
else:
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    assert child.exitcode == 0
faults("")
"""
    play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    assert [row["n"] for row in run.rows() if "n" in row] == halves(6) and names_whole_files(run)
    assert [row["child"] for row in run.rows() if "child" in row] == [0, 1]


def test_users_file__that_goes_while_the_disk_is_slow__is_recorded_as_it_was(program: Program, tmp_path: Path) -> None:
    """The program may change or remove it as soon as `log` has returned."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
faults("close 600ms 1000")
for number in range(5):
    with open("sound.wav", "w") as file:
        file.write(f"sound {number}")
    began = time.monotonic()
    run.log({"n": number, "page": wandb.Audio("sound.wav")})
    held += time.monotonic() - began > 0.4
    os.unlink("sound.wav")
assert held == 1
faults("")
"""
    play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    found = [(run.path / "files" / row["page", "path"]).read_text() for row in run.rows()]
    assert found == [f"sound {number}" for number in range(5)] and names_whole_files(run)


def test_disk__that_refuses_a_file_that_waits__is_tried_again(program: Program, tmp_path: Path) -> None:
    """What comes behind it waits as well."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
faults("close 600ms 1000")
log(0, 1)
faults("rename 28 1000")
log(1, 3)
time.sleep(0.5)
faults("")
"""
    play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    assert numbers(run) == halves(3) and names_whole_files(run)


def test_file_of_several_pieces__on_a_disk_that_is_well__is_there_when_log_returns(program: Program) -> None:
    """So that whatever ends the program then takes nothing along; and no thread is needed for it."""
    run = program(
        """
        import os, threading, wandb
        run = wandb.init()
        run.log({"n": 1, "page": wandb.Html("x" * (4 << 20))})
        assert threading.active_count() == 1
        os.kill(os.getpid(), 9)
        """
    ).run
    assert numbers(run) == [1] and names_whole_files(run)


def test_folder__moved_while_files_wait__is_followed_by_them(program: Program, tmp_path: Path) -> None:
    """And by those that come after; no row is lost, and the end does not wait."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
faults("close 600ms 1000")
log(0, 5)
os.rename(run.sync_dir, disk + "/moved")
faults("")
log(5, 10)
"""
    result = play(program, disk, source).ok()
    run = RecordedRun(disk.folder / "moved")
    assert numbers(run) == halves(10) and names_whole_files(run) and "hangs" not in result.stderr


def test_media_folder__that_refuses_files_that_wait__costs_no_row(program: Program, tmp_path: Path) -> None:
    """Plain rows go on, and the end tells of the files."""
    disk = FailingDisk(tmp_path)
    source = LOG + """
faults("close 600ms 1000")
log(0, 20)
os.rename(run.dir + "/media", run.dir + "/away")
open(run.dir + "/media", "w").close()
faults("")
log(20, 21)
"""
    result = play(program, disk, source).ok()
    (run,) = runs_in(disk.folder)
    assert numbers(run) == halves(21) and "the run's record names them" in result.stderr and "hangs" not in result.stderr
