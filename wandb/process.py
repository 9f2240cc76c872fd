"""Who is this process, and is another one still alive? Every guard of the package stands on this file.

It owns the only `getpid` comparison and atexit registration of the package; the fork hooks are in `loading`. A pid
alone is no identity (pids are reused, and a zombie still has one), so an identity carries host, pid and start time.
"""

from __future__ import annotations

import os
import sys

from wandb.loading import loading

try:
    import mmap
except ImportError:  # a Python without it
    mmap = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

_DEAD_STATES = ("Z", "X")


def host_name() -> str:
    """Name of this machine, as it goes into identities and spool names."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "host")


def _linux_stat(pid: int) -> Tuple[str, str] | None:
    """(state, start time in clock ticks) of a process, from proc(5); None if there is no such process.

    The second field, the command's name, may hold spaces and brackets, so the line is read from its last `)`.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return fields[0].decode(), fields[19].decode()
    except (OSError, IndexError):
        return None


def _boot_id() -> str:
    """Which boot of the machine: start times in ticks restart with it."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:  # as text, it would load a module for ASCII
            return file.read(8).decode()
    except OSError:
        return ""


def _pid_namespace() -> str:
    """In which pids mean what they mean here: a container has one of its own, and often the host's name."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return ""


def _started(ticks: str) -> str:
    return f"{ticks}@{_boot_id()}:{_pid_namespace()}"


def start_time_of(pid: int) -> str:
    """A text that is equal for two calls only if the pid still means the same process; "" if there is none."""
    if sys.platform.startswith("linux"):
        stat = _linux_stat(pid)
        return _started(stat[1]) if stat else ""
    with loading():
        import psutil

    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""


class ProcessIdentity:
    """Host, pid and start time; two are equal only if they mean the same process."""

    __slots__ = ("host", "pid", "start_time")

    def __init__(self, host: str, pid: int, start_time: str) -> None:
        self.host = host
        self.pid = pid
        self.start_time = start_time

    @classmethod
    def current(cls) -> ProcessIdentity:
        """The identity of the calling process."""
        pid = os.getpid()
        return cls(host_name(), pid, start_time_of(pid))

    @classmethod
    def from_json(cls, value: Dict[str, Any]) -> ProcessIdentity:
        """The inverse of `to_json`."""
        return cls(str(value["host"]), int(value["pid"]), str(value["start_time"]))

    def is_in_sight(self) -> bool:
        """Whether this process can see if that one lives: both are on one host, and in one container if in any."""
        return self.host == host_name() and self.start_time.partition(":")[2] in ("", _pid_namespace())

    def to_json(self) -> Dict[str, Any]:
        """A JSON object with `host`, `pid` and `start_time`."""
        return {"host": self.host, "pid": self.pid, "start_time": self.start_time}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProcessIdentity):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.host, self.pid, self.start_time))

    def __repr__(self) -> str:
        return f"ProcessIdentity({self.host!r}, {self.pid}, {self.start_time!r})"


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether the process still runs; a zombie and a reused pid count as dead.

    Only for processes of this host that are not children of the caller: a child's own handle also reaps it.
    """
    if sys.platform.startswith("linux"):
        stat = _linux_stat(identity.pid)
        if stat is None or stat[0] in _DEAD_STATES:
            return False
        return _started(stat[1]).startswith(identity.start_time)  # earlier releases don't name the namespace
    with loading():
        import psutil

    if not psutil.pid_exists(identity.pid):
        return False
    try:
        if psutil.Process(identity.pid).status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return False
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # it exists and belongs to somebody else; its start time can't be read either
    return not identity.start_time or start_time_of(identity.pid) == identity.start_time


class PerProcess:
    """A value that every process makes for itself at first use; what was inherited through fork is dropped.

    The process is told before anything inherited is touched, locks included, because a lock copied by fork may be held
    by a thread that does not exist in the child. C code can fork without Python's hooks, so this look at each use is
    the law, and `os.register_at_fork` would only do the same earlier.
    """

    __slots__ = ("_make", "_values", "page", "value")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._values: Dict[int, Any] = {}
        self.value: Any = None  # of this process, while `page[0]` is true: `get` in one step, for straight code
        self.page: Any = _NO_PAGE

    def get(self) -> Any:
        """This process's value, made on the first call. Making may happen twice in two threads; one wins."""
        return self.value if self.page[0] else self._find()

    def _find(self) -> Any:
        pid = os.getpid()
        try:
            value = self._values[pid]
        except KeyError:
            # One insert keyed by pid is atomic; the parent's entry stays, unused, since dropping it could run
            # finalizers that touch the parent's descriptors.
            value = self._values.setdefault(pid, self._make())
        page = _page_of_this_process()
        self.value = value
        self.page = page  # last: from here on `get` takes the value without a question
        return value


_NO_PAGE = bytes(1)
_NO_ADVICE = 9999
_WIPE_ON_FORK = 18  # MADV_WIPEONFORK of madvise(2), since Linux 4.14; Python's mmap has no name for it
_page: Any = _NO_PAGE


def _page_of_this_process() -> Any:
    """A piece of memory that begins with 1, and in every forked process, whoever has forked it, with 0.

    The kernel sees to that. A look at it costs a fifth of a `getpid`, which is a system call. Where the kernel can't,
    it begins with 0 here too, which leads to the comparison of pids.
    """
    global _page
    if not _page[0]:
        page: Any = _NO_PAGE
        try:
            page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            if _takes(page, _NO_ADVICE) or not _takes(page, _WIPE_ON_FORK):
                return _NO_PAGE  # an older kernel, or an emulator that takes anything and does nothing
            page[0] = 1
        except AttributeError:
            return _NO_PAGE  # not a Unix, or a Python without it
        except OSError as error:
            if error.errno is None:
                raise  # the program's own: a time limit
            return _NO_PAGE  # no memory
        _page = page
    return _page


def _takes(page: Any, advice: int) -> bool:
    try:
        page.madvise(advice)
    except OSError as error:
        if error.errno is None:
            raise
        return False
    return True


def own_descriptor() -> int:
    """A descriptor that stands for this process, for others to ask about it, not inherited; -1 where there is none."""
    try:
        return int(os.pidfd_open(os.getpid()))  # type: ignore[attr-defined,unused-ignore]
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is None:
            raise  # the program's own: a time limit
        return -1  # before Python 3.9 or Linux 5.3, or not allowed


def is_current(pid: int) -> bool:
    """Whether the calling process has this pid; the comparison that comes before any inherited lock."""
    return os.getpid() == pid


def at_exit(callback: Callable[[], None]) -> Callable[[], None]:
    """Run `callback` at interpreter exit, in this process only; the result takes it back.

    After multiprocessing has joined the program's children: they may log and print until then.
    """
    try:
        with loading():
            from multiprocessing.util import Finalize
    except OSError:  # no descriptor left to load it with: a little early is better than never
        import atexit

        pid = os.getpid()

        def run() -> None:
            if is_current(pid):
                callback()

        atexit.register(run)
        return lambda: atexit.unregister(run)
    return Finalize(None, callback, exitpriority=-100).cancel


def belongs_to_user(status: os.stat_result) -> bool:
    """Whether a file is of the user whom this process runs for; True where files have no such owners."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def is_written_by_somebody(path: str) -> bool:
    """Whether another process of this user on this machine has the file open to write."""
    with loading():
        import psutil

    place = os.path.realpath(path)
    for process in psutil.process_iter():
        try:
            files = process.open_files() if process.pid != os.getpid() else ()
        except psutil.Error:
            continue  # it is gone, or another user's
        if any(file.path == place and getattr(file, "mode", "w") != "r" for file in files):
            return True
    return False
