"""What a container may use: the limits of cgroup v2 that hold for a process, where the machine itself has more.

Read from files at each sample, as limits are changed while programs run. Format: the kernel's cgroup-v2 document.
"""

from __future__ import annotations

import os
from typing import Iterator, NamedTuple


class Limits(NamedTuple):
    """0 means that there is none."""

    memory: int = 0  # bytes
    memory_used: int = 0  # bytes, of all processes under that limit, without what the kernel can drop at once
    processors: float = 0.0


def limits_of(pid: int, proc: str = "/proc", root: str = "/sys/fs/cgroup") -> Limits:
    """The narrowest limits of the group of a process and of those around it."""
    memory, used, processors = 0, 0, 0.0
    for folder in _groups(pid, proc, root):
        least = _read(os.path.join(folder, "memory.max"))
        if least.isdigit() and (not memory or int(least) < memory):
            memory, used = int(least), _used(folder)
        quota, _, period = _read(os.path.join(folder, "cpu.max")).partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            share = int(quota) / int(period)
            processors = min(share, processors or share)
    return Limits(memory, used, processors)


def _groups(pid: int, proc: str, root: str) -> Iterator[str]:
    """The folders of the group of a process and of all around it."""
    for line in _read(os.path.join(proc, str(pid), "cgroup")).splitlines():
        if line.startswith("0::"):
            path = line[3:]
            while True:
                yield os.path.join(root, path.strip("/"))
                if path in ("/", ""):
                    return
                path = os.path.dirname(path)


def _used(folder: str) -> int:
    current = _read(os.path.join(folder, "memory.current"))
    droppable = 0
    for line in _read(os.path.join(folder, "memory.stat")).splitlines():
        if line.startswith("inactive_file "):
            droppable = int(line.split()[1])
    return max(0, int(current) - droppable) if current.isdigit() else 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""  # no such controller here, or no cgroup v2 at all
