"""How a process that is not our child has ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import List

import pytest

from tests.recorded import told
from wandb.service.creator import Creator

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no descriptors of processes here")

STRANGER = """
import os, sys
from wandb.service.creator import Creator
descriptor = int(sys.argv[1])
creator = Creator(descriptor)
print(creator.exit_code(), flush=True)
for _ in sys.stdin:
    print(creator.exit_code(), flush=True)
"""
ENDS = {"pass": 0, "raise SystemExit(7)": 7, f"import os; os.kill(os.getpid(), {int(signal.SIGTERM)})": 143}


@pytest.mark.parametrize("end", ENDS)
def test_exit_code__of_a_stranger__is_known_while_it_is_a_zombie_and_afterwards(end: str) -> None:
    """The helper is no relative of the training process, and its parent may wait for it late, or at once."""
    process = subprocess.Popen([sys.executable, "-c", f"input(); {end}"], stdin=subprocess.PIPE)
    descriptor = os.pidfd_open(process.pid)
    command = [sys.executable, "-c", STRANGER, str(descriptor)]
    pipe = subprocess.PIPE
    stranger = subprocess.Popen(command, stdin=pipe, stdout=pipe, pass_fds=[descriptor], text=True)
    assert process.stdin is not None and stranger.stdin is not None and stranger.stdout is not None
    said: List[str] = [stranger.stdout.readline()]
    process.stdin.write(b"\n")
    process.stdin.flush()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    for _ in range(2):
        stranger.stdin.write("now\n")
        stranger.stdin.flush()
        said.append(stranger.stdout.readline())
        process.wait()
    stranger.stdin.close()
    stranger.wait()
    os.close(descriptor)
    assert said[:2] == ["None\n", f"{ENDS[end]}\n"]
    assert said[2] == (f"{ENDS[end]}\n" if told(0) == 0 else "None\n")


def test_exit_code__without_a_descriptor__is_not_known() -> None:
    """An older system, or a person who starts the helper."""
    assert Creator(-1).exit_code() is None
