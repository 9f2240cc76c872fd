"""Starts and ends the service process of a run; only the process that called `init` does this.

The service inherits nothing: its own session, no descriptors but the doorbell (a pipe that the creator writes
one byte to when there is something to hurry for), output to the run's diary. Nothing waits for it at start.
"""

from __future__ import annotations

import os
import sys

from wandb.process import at_fork_in_child

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from typing import List

# The package is loaded from the folder that the creator uses, ahead of any other one; then that folder goes to the
# end of sys.path, so that nothing that lies beside the package hides a module of the standard library.
_STUB = (
    "import sys; p = sys.argv[1]; sys.path[:1] = [p]; import wandb; sys.path[:1] = []; sys.path.append(p);"
    "from wandb.service.__main__ import main; main(sys.argv[2:])"
)


class ServiceProcess:
    """A started service. Its handle has a meaning only in the process that started it."""

    def __init__(self, handle: subprocess.Popen[bytes], doorbell: int) -> None:
        self._handle = handle
        self._doorbell = doorbell
        self.pid = handle.pid

    def is_running(self) -> bool:
        """Ask the handle, which also reaps a service that ended."""
        return self._handle.poll() is None

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; False if it has not in that time."""
        import subprocess

        try:
            self._handle.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def ended_well(self) -> bool:
        """Whether it has ended with status 0."""
        return self._handle.returncode == 0

    def ring(self) -> None:
        """Wake the service; a full or broken pipe means that it needs no waking."""
        try:
            os.write(self._doorbell, b"\n")
        except (BlockingIOError, BrokenPipeError):
            return

    def disown(self) -> None:
        """Let go of the service without ending it; a second call does nothing.

        For a forked child, which would hold the doorbell open and whose handle means nothing, and for a creator
        that leaves the rest to the service.
        """
        if self._doorbell >= 0:
            doorbell, self._doorbell = self._doorbell, -1
            os.close(doorbell)
        if self._handle.returncode is None:
            self._handle.returncode = 0  # or its finalizer would warn of a process that still runs


_started: List[ServiceProcess] = []


def _disown_all() -> None:
    for service in _started:
        service.disown()
    _started.clear()


def start_service(run_dir: str, diary: str) -> ServiceProcess:
    """Start `wandb.service` for a run folder without waiting for it. Raises OSError if no process can be made."""
    import subprocess

    package_parent = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    command: List[str] = [sys.executable or "python3", "-c", _STUB, package_parent, run_dir]
    read_end, write_end = os.pipe()
    try:
        os.set_blocking(write_end, False)
        with open(diary, "ab") as output:
            handle = subprocess.Popen(
                command, stdin=read_end, stdout=output, stderr=output, cwd=run_dir, close_fds=True, start_new_session=True
            )
    except BaseException:
        os.close(write_end)
        raise
    finally:
        os.close(read_end)
    service = ServiceProcess(handle, write_end)
    if not hasattr(_disown_all, "hooked"):
        at_fork_in_child(_disown_all)
        _disown_all.hooked = True  # type: ignore[attr-defined]
    _started[:] = [other for other in _started if other.is_running()]
    _started.append(service)
    return service


def finish_here(run_dir: str, timeout: float) -> bool:
    """Do the service's last part in this process: for a machine that has no process left for a service.

    The only place where the recording side loads the following side, by name and at the very end.
    """
    from importlib import import_module

    return bool(import_module("wandb.service.service").finalize(run_dir, timeout))
