"""One follower at a time, also where the last one was killed a moment ago."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from wandb.process import ProcessIdentity
from wandb.runlog.lease import Lease

HOLDER = """
import sys
from wandb.process import ProcessIdentity
from wandb.runlog.lease import Lease
lease = Lease(sys.argv[1], ProcessIdentity.current())
print(lease.acquire(), flush=True)
sys.stdin.read()
"""


def test_acquire__while_another_process_has_it__waits_for_its_end_as_long_as_told(tmp_path: Path) -> None:
    """A process that was killed has its lock until the kernel is through with it."""
    path = str(tmp_path / "lease")
    lease = Lease(path, ProcessIdentity.current())
    command = [sys.executable, "-c", HOLDER, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as holder:
        assert holder.stdin and holder.stdout and holder.stdout.readline() == b"True\n"
        assert not lease.acquire() and not lease.acquire(0.05)
        holder.stdin.close()  # it ends in a moment
        assert lease.acquire(30.0)
    lease.release()
