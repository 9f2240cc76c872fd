"""Figures of a process and of all processes that it has started, from proc(5). Standard library only."""

import os
import time

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def now():
    """Seconds, of a clock that nobody sets."""
    return time.perf_counter()


def quantiles(times):
    """p50, p99, p99.9 and the maximum of seconds, in microseconds."""
    ordered = sorted(times)
    chosen = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    found = {name: ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e6 for name, share in chosen.items()}
    return {**found, "max": ordered[-1] * 1e6}


def memory_mib(pid="self"):
    """Proportional set size: memory that several processes share counts once, in parts."""
    return _mib(f"/proc/{pid}/smaps_rollup", "Pss:")


def peak_mib(pid="self"):
    """The most resident memory so far, shared pages in full."""
    return _mib(f"/proc/{pid}/status", "VmHWM:")


def _mib(path, name):
    try:
        with open(path, encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(name)) / 1024
    except OSError:
        return 0.0


def cpu_seconds(pid):
    """User and system time, its own and of its children that have ended; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return sum(map(int, file.read().rpartition(b")")[2].split()[11:15])) / _TICKS
    except OSError:
        return 0.0


def helpers():
    """The processes of this benchmark but this one: they have its mark in their environment."""
    mark, found = f"BENCHMARK_MARK={os.environ['BENCHMARK_MARK']}".encode(), []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in (os.getpid(), os.getppid()):
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                continue  # it has ended, or is somebody else's
    return found


def bytes_in(folder):
    """The size of all files below it."""
    return sum(os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(folder) for name in names)
