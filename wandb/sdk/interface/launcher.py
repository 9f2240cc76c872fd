"""Starts and ends the service process of a run; only the process that called `init` does this.

The service inherits nothing: its own session, no descriptors but one end of a socket pair (the doorbell), output to
the run's diary. It is no child of the creator, since a program that waits for its children (`os.wait`) must not wait
for ours: a shell starts it and is gone. The doorbell is the handle instead: its other end closes when the
service ends, however it ends, and says first if it ended well. Nothing waits for the service at start.
"""

from __future__ import annotations

import os
import sys

from wandb.process import at_fork_in_child

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import List

# The package is loaded from the folder that the creator uses, ahead of any other one; then that folder goes to the
# end of sys.path, so that nothing that lies beside the package hides a module of the standard library.
_STUB = (
    "import sys; p = sys.argv[1]; sys.path[:1] = [p]; import wandb; sys.path[:1] = []; sys.path.append(p);"
    "from wandb.service.__main__ import main; main(sys.argv[2:])"
)
# A command in the background gets /dev/null for its input unless another descriptor is put there.
_DETACH = 'exec 3<&0; "$@" <&3 3<&- >&2 & echo $!'
_ENDED_WELL = b"done"


class ServiceProcess:
    """A started service, as its creator sees it. A forked child knows nothing by it and lets go of it."""

    def __init__(self, pid: int, doorbell: socket.socket) -> None:
        self.pid = pid
        self._doorbell = doorbell
        self._said = b""
        self._running = True

    def is_running(self) -> bool:
        """Whether the other end of the doorbell is open."""
        self._listen(0.0)
        return self._running

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, or has said that it ended well; False if it has not in that time."""
        import time

        deadline = time.monotonic() + seconds
        while self._running and not self.ended_well() and self._listen(max(0.0, deadline - time.monotonic())):
            continue
        return not self._running or self.ended_well()

    def ended_well(self) -> bool:
        """Whether it has said so, as its last word."""
        return self._said == _ENDED_WELL

    def ring(self) -> None:
        """Wake the service; one that can't be reached needs no waking."""
        try:
            self._doorbell.send(b"\n")
        except OSError:
            return

    def disown(self) -> None:
        """Let go of the service without ending it; a second call does nothing."""
        self._doorbell.close()
        self._running = False

    def _listen(self, seconds: float) -> bool:
        """Take in what the service says; False if there was nothing within the time."""
        import select

        if not self._running or not select.select([self._doorbell], [], [], seconds)[0]:
            return False
        try:
            heard = self._doorbell.recv(64)
        except OSError:
            heard = b""
        self._said += heard
        if not heard:
            self._running = False
            try:
                os.waitpid(self.pid, os.WNOHANG)  # in a container, the creator may inherit all orphans
            except OSError:
                return True
        return True


_started: List[ServiceProcess] = []


def _disown_all() -> None:
    for service in _started:
        service.disown()
    _started.clear()


def start_service(run_dir: str, diary: str) -> ServiceProcess:
    """Start `wandb.service` for a run folder without waiting for it. Raises OSError if no process can be made."""
    import socket
    import subprocess

    interpreter = sys.executable or ""
    if not os.access(interpreter, os.X_OK):
        raise FileNotFoundError(f"no interpreter at {interpreter!r}")
    package_parent = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    command = ["/bin/sh", "-c", _DETACH, "sh", interpreter, "-c", _STUB, package_parent, run_dir]
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        with theirs, open(diary, "ab") as output:
            options = {"cwd": run_dir, "close_fds": True, "start_new_session": True}
            with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=output, **options) as shell:  # type: ignore[call-overload]
                pid = shell.stdout.read()
        service = ServiceProcess(int(pid), ours)
    except ValueError as error:
        ours.close()
        raise OSError(f"the shell that starts the helper failed: {error}") from error
    except BaseException:
        ours.close()
        raise
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
