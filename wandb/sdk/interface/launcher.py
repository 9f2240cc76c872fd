"""Starts and ends the service process of a run; only the process that called `init` does this.

The service inherits nothing: its own session, no descriptors but one end of a socket pair (the doorbell), output to
the run's diary. It is no child of the creator, since a program that waits for its children (`os.wait`) must not wait
for ours: a shell starts it and is gone. The doorbell is the handle instead: its other end closes when the
service ends, however it ends, and says first if it ended well. Nothing waits for the service at start.
`run_module` is for the short questions that another process answers, and waits for it.
"""

from __future__ import annotations

import os
import sys

from wandb.certificates import make_absolute
from wandb.descriptors import is_ready, out_of_reach
from wandb.loading import load, loading
from wandb.process import own_descriptor
from wandb.sdk.lib.interruption import is_interruption
from wandb.settings_fields import without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Callable, Collection, Dict, List, Mapping

# The package is loaded from the folder that the creator uses, ahead of any other one; then that folder goes to the
# end of sys.path, so that nothing that lies beside the package hides a module of the standard library.
_STUB = (
    "import sys; p = sys.argv[1]; sys.path[:1] = [p]; import wandb; sys.path[:1] = []; sys.path.append(p);"
    "from wandb.{} import main; sys.exit(main(sys.argv[2:]))"
)
# A command in the background gets /dev/null for its input unless another descriptor is put there.
_DETACH = 'exec 3<&0; "$@" <&3 3<&- >&2 & echo $!'
_ENDED_WELL = b"done"
_HELPER_MARK = "WANDB__HELPER"
# How long a service may say nothing: one that is loading its modules, on a busy machine, and one that is up.
_START_SECONDS, _SILENCE_SECONDS = 15.0, 3.0
_PATIENCE_SECONDS = 3.0  # with a helper that was killed a moment ago, and is not quite gone


class ServiceProcess:
    """A started service, as its creator sees it; a forked child only keeps the doorbell open, as its lifeline."""

    def __init__(self, pid: int, doorbell: socket.socket) -> None:
        self.pid = pid
        self._doorbell = doorbell
        self._said = b""
        self._running = True

    def is_running(self) -> bool:
        """Whether the other end of the doorbell is open."""
        while self._listen():
            continue
        return self._running

    def wait_for_end(self, left: Callable[[], float]) -> bool:
        """Wait until it has ended, or has said that it ended well; False if it has not when no seconds are `left()`.

        It says that it is up, and once it was rung, twice a second that it is at it: one that is silent for
        longer is stopped, or hangs in a disk, and is not waited for.
        """
        if not self._running:
            return True
        while self.is_running() and not self.ended_well():
            patience = _SILENCE_SECONDS if self._said else _START_SECONDS
            seconds = left()
            if seconds <= 0 or (not is_ready(self._doorbell.fileno(), min(seconds, patience)) and seconds >= patience):
                return False
        return True

    def ended_well(self) -> bool:
        """Whether it has said so, as its last word."""
        return self._said.endswith(_ENDED_WELL)

    def ring(self, hurry: bool = True) -> None:
        """Wake the service, for the last word unless told otherwise; one that can't be reached needs no waking."""
        try:
            self._doorbell.send(b"\n" if hurry else b"?")
        except OSError as error:
            if is_interruption(error):
                raise

    def lifeline(self) -> List[int]:
        """This end of the doorbell, if it is open."""
        return [self._doorbell.fileno()] if self._running else []

    def disown(self) -> None:
        """Let go of the service without ending it; a second call does nothing."""
        try:
            self._doorbell.close()
        except OSError:
            self._doorbell.detach()  # the program has closed it, with all that it did not know
        if self._running:
            self._running = False
            _to_reap.append(self.pid)
            _reap()

    def _listen(self) -> bool:
        """Take in what the service says; False if there is nothing more now."""
        if not self._running:
            return False
        try:
            heard = self._doorbell.recv(4096)
        except BlockingIOError:
            return False
        except OSError as error:
            if is_interruption(error):
                raise
            heard = b""
        self._said = (self._said + heard)[-len(_ENDED_WELL) :]
        if not heard:
            self.disown()
        return bool(heard)


# Services that may have become children of ours after all: in a container, the first process inherits all orphans.
_to_reap: List[int] = []


def _reap() -> None:
    """Collect ended services that nobody else collects; leaves every other child of the program alone."""
    for pid in list(_to_reap):
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0] == pid
        except OSError:
            ended = True  # not our child: somebody else's task
        if ended:
            _to_reap.remove(pid)


def find_interpreter() -> str:
    """A Python interpreter like the one that runs this program. Raises OSError if there is none.

    `sys.executable` may be something else: a frozen program, or one that embeds Python, which would start itself.
    """
    if getattr(sys, "frozen", False) or _HELPER_MARK in os.environ:
        raise FileNotFoundError("this program brings its own Python, or is a helper itself")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    beside = os.path.join(sys.exec_prefix, "bin", f"python{version}")
    for path in (sys.executable, getattr(sys, "_base_executable", ""), beside):
        if path and os.path.basename(path).lower().startswith(("python", "pypy")) and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"no Python interpreter: sys.executable is {sys.executable!r}")


def _environment(module: str) -> Dict[str, str]:
    """The program's environment for the helper, without what would make Python itself behave otherwise.

    Only the service may ever talk to a server: others get no key.
    """
    left_out = ("PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONINSPECT", "PYTHONSTARTUP")
    given = os.environ if module == "service.__main__" else without_secrets(os.environ)
    environment = {**{name: value for name, value in given.items() if name not in left_out}, _HELPER_MARK: "1"}
    make_absolute(environment)
    return environment


def start_service(run_dir: str, diary: str, environment: Mapping[str, str]) -> ServiceProcess:
    """Start `wandb.service` for a run folder without waiting for it. Raises OSError if no process can be made.

    `environment` comes on top of the program's: what must not be seen in an argument.
    """
    creator = own_descriptor()
    if creator < 0:
        return _start([], "service.__main__", [run_dir], run_dir, diary, (), environment)
    creator = out_of_reach(creator)
    try:
        arguments = [run_dir, str(creator)]
        return _start([], "service.__main__", arguments, run_dir, diary, (creator,), environment)
    finally:
        os.close(creator)


def start_relay(arguments: List[str], descriptors: Collection[int], run_dir: str, diary: str) -> ServiceProcess:
    """Start `wandb.relay`, which needs the standard library only, and gets these descriptors. Raises OSError."""
    return _start(["-I", "-S"], "relay.__main__", arguments, run_dir, diary, descriptors)


def start_companion(module: str, folder: str, diary: str, environment: Mapping[str, str]) -> ServiceProcess:
    """Start a module of the package beside what this process does, in `folder`, until it is rung. Raises OSError."""
    return _start([], module, [], folder, diary, (), environment)


def _start(
    options: List[str],
    module: str,
    arguments: List[str],
    run_dir: str,
    diary: str,
    descriptors: Collection[int],
    environment: Mapping[str, str] = {},
) -> ServiceProcess:
    with loading():
        import socket
        import subprocess

    command = ["/bin/sh", "-c", _DETACH, "sh", *_stub(options, module), *arguments]
    ours, theirs = (socket.socket(fileno=out_of_reach(end.detach())) for end in socket.socketpair())
    ours.setblocking(False)
    try:
        with theirs, open(diary, "ab") as output, subprocess.Popen(
            command,
            stdin=theirs.fileno(),
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=run_dir,
            env={**_environment(module), **environment},
            start_new_session=True,
            pass_fds=descriptors,
        ) as shell:
            pid = shell.communicate()[0]
        service = ServiceProcess(int(pid), ours)
    except ValueError as error:
        ours.close()
        raise OSError(f"the shell that starts the helper failed: {error}") from error
    except BaseException:
        ours.close()
        raise
    _reap()
    return service


def _stub(options: List[str], module: str) -> List[str]:
    package_parent = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    return [find_interpreter(), *options, "-c", _STUB.format(module), package_parent]


def run_module(module: str, request: bytes, seconds: float) -> bytes:
    """Run the `main` of a module as a process of its own to its end; what it answers to `request`, its input.

    Raises OSError if no process can be made, and subprocess.TimeoutExpired if it was ended for being late.
    """
    with loading():
        import subprocess

    done = subprocess.run(
        _stub([], module),
        input=request,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(module),
        start_new_session=True,
        timeout=seconds,
        check=False,
    )
    return done.stdout


def finish_here(run_dir: str) -> str:
    """Do the service's last part in this process, which may have no other one; what went wrong, "" if nothing did.

    It is loaded here by name and at the very end: what records needs nothing of what follows before.
    """
    try:
        return str(load("wandb.sync.completion").finalize(run_dir, _PATIENCE_SECONDS))
    except Exception as error:  # a library that it needs does not load in this program: the record stays as it is
        return f"The run in {run_dir} can't be completed in this process ({type(error).__name__}: {error})."
