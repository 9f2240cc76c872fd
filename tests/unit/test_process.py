"""Identity and liveness, with real processes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from typing import Callable

import psutil
import pytest

from wandb import process
from wandb.process import PerProcess, ProcessIdentity, host_name, is_alive, start_time_of


def identity_of(pid: int) -> ProcessIdentity:
    return ProcessIdentity(host_name(), pid, start_time_of(pid))


def test_is_alive__running_process__and_after_its_end() -> None:
    """The usual two answers."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = identity_of(child.pid)
    assert is_alive(identity)
    child.communicate(b"\n")
    assert not is_alive(identity)


def test_is_alive__zombie__is_dead() -> None:
    """It still has its pid, but it follows no run any more."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    identity = identity_of(pid)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert psutil.pid_exists(pid)
    assert not is_alive(identity)
    os.waitpid(pid, 0)


def test_is_alive__reused_pid__is_dead() -> None:
    """The same number with another start time is another process."""
    identity = identity_of(os.getpid())
    assert is_alive(identity)
    assert not is_alive(ProcessIdentity(identity.host, identity.pid, "1@other"))


def test_identity__to_json_and_back__is_equal() -> None:
    """It travels through the run record."""
    identity = ProcessIdentity.current()
    assert ProcessIdentity.from_json(identity.to_json()) == identity
    assert hash(identity) == hash(ProcessIdentity.from_json(identity.to_json()))
    assert identity != ProcessIdentity(identity.host, identity.pid + 1, identity.start_time)


def test_start_time_of__this_process__is_stable_and_a_missing_one_has_none() -> None:
    """Two readings of one process must never differ."""
    assert start_time_of(os.getpid()) == start_time_of(os.getpid()) != ""
    assert start_time_of(2**22 + 1) == ""


def test_start_time_of__command_with_brackets_and_spaces__is_read(tmp_path: object) -> None:
    """The name of a command stands in the middle of the line, between brackets, and may hold some itself."""
    path = f"{tmp_path}/a) R (b c"
    os.symlink("/bin/sleep", path)
    child = subprocess.Popen([path, "30"])
    try:
        assert start_time_of(child.pid).partition("@")[0].isdigit()
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("fork", [os.fork, ctypes.PyDLL(None).fork], ids=["by Python", "by C code"])
def test_per_process__forked_child__makes_its_own(fork: Callable[[], int]) -> None:
    """Nothing that was inherited is used, also where none of Python's hooks has run."""
    value = PerProcess(lambda: os.getpid())
    assert value.get() == os.getpid()
    read_end, write_end = os.pipe()
    pid = fork()
    if pid == 0:
        os.write(write_end, str(value.get() == os.getpid()).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read_end, 10) == b"True"
    assert value.get() == os.getpid()
    os.close(read_end)
    os.close(write_end)


def test_per_process__two_threads_at_once__get_one_value() -> None:
    """The first insert wins, atomically."""
    barrier = threading.Barrier(8)
    value = PerProcess(object)
    seen = []

    def use() -> None:
        barrier.wait()
        seen.append(value.get())

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 1


def test_at_exit__forked_child__does_not_run_the_parent_s(capfd: pytest.CaptureFixture[str]) -> None:
    """A child that exits never ends the parent's run."""
    source = """
import os, sys
from wandb.process import at_exit
undo = at_exit(lambda: print("never"))
undo()
at_exit(lambda: print("at exit"))
if os.fork() == 0:
    sys.exit(0)
os.wait()
"""
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert result.stdout == "at exit\n", result.stderr


def test_is_current__compares_pids() -> None:
    """The law; the fork hook is only the courtesy."""
    assert process.is_current(os.getpid()) and not process.is_current(os.getpid() + 1)


def test_is_in_sight__process_of_another_container__is_not_looked_up_by_its_pid() -> None:
    """Containers with the host's network have its name: whose pid is 1 there, the host can't tell by that."""
    own = ProcessIdentity.current()
    assert own.is_in_sight() and is_alive(own)
    started = own.start_time.partition(":")[0]
    assert not ProcessIdentity(own.host, own.pid, f"{started}:1").is_in_sight()
    of_earlier_release = ProcessIdentity(own.host, own.pid, started)
    assert of_earlier_release.is_in_sight() and is_alive(of_earlier_release)
