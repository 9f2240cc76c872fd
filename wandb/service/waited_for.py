"""Does a program wait for its children while there is none but us?

The first process of a container, and any "child subreaper", inherits orphans, and so the helper, which elsewhere is no
child of the program. A program that waits there until it has no children (`os.wait` in a loop) would wait for the
helper, and the helper for the program. Linux tells which call a process is in; where it does not, nothing is known.
"""

from __future__ import annotations

import os

# Numbers of the calls wait4(pid, ...) and waitid(idtype, ...): with pid -1, or idtype P_ALL, they wait for any child.
_CALLS = {"x86_64": ("61", "247"), "aarch64": ("260", "95")}
_ANY_PID = ("0xffffffffffffffff", "0xffffffff")


def waits_only_for_us(creator: int) -> bool:
    """Whether a thread of the creator is waiting for any child, we are its child, and the only one."""
    return os.getppid() == creator and _children(creator) == [os.getpid()] and _waits_for_any_child(creator)


def _children(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def _waits_for_any_child(pid: int) -> bool:
    wait4, waitid = _CALLS.get(os.uname().machine, ("", ""))
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as file:
                call = file.read().split()
            if len(call) > 1 and (call[0] == wait4 and call[1] in _ANY_PID or call[0] == waitid and call[1] == "0x0"):
                return True
    except OSError:
        return False  # not Linux, not allowed, or it has ended
    return False
