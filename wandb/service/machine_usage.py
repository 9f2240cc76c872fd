"""What all programs of the machine use together: memory, disks and their traffic, network."""

from __future__ import annotations

import os
from typing import Dict, Iterator, Sequence

import psutil

from wandb.service.cgroup import Limits

_MIB, _GIB = 1 << 20, 1 << 30
_LOOPBACK = ("lo", "lo0")


class MachineUsage:
    """Read again and again; traffic is counted from the first reading on."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._first: Dict[str, float] = {}

    def memory(self, limits: Limits) -> Dict[str, float]:
        """Of the container, if it has a limit."""
        known = psutil.virtual_memory()
        percent, available = known.percent, known.available
        if limits.memory and limits.memory < known.total:
            percent = 100 * limits.memory_used / limits.memory
            available = limits.memory - limits.memory_used
        return {"memory_percent": percent, "proc.memory.availableMB": available / _MIB}

    def disks(self) -> Dict[str, float]:
        """How full the paths of the setting are, and what went through their disks, in MiB."""
        values: Dict[str, float] = {}
        for path in self._paths:
            try:
                usage = psutil.disk_usage(path)
            except (OSError, ValueError):
                continue  # not mounted here, or no path at all
            values[f"disk.{path}.usagePercent"] = usage.percent
            values[f"disk.{path}.usageGB"] = usage.used / _GIB
        counters = psutil.disk_io_counters(perdisk=True) or {}
        for disk in {name for path in self._paths for name in _disks_of(path)} or set(_all_disks()):
            if disk in counters:
                values[f"disk.{disk}.in"] = self._since_first(f"{disk}.in", counters[disk].read_bytes / _MIB)
                values[f"disk.{disk}.out"] = self._since_first(f"{disk}.out", counters[disk].write_bytes / _MIB)
        return values

    def network(self) -> Dict[str, float]:
        """Bytes in and out, without what stays on the machine, and segments that had to be sent again."""
        cards = psutil.net_io_counters(pernic=True)
        outside = [counters for name, counters in cards.items() if name not in _LOOPBACK]
        values = {
            "network.sent": self._since_first("sent", sum(card.bytes_sent for card in outside)),
            "network.recv": self._since_first("recv", sum(card.bytes_recv for card in outside)),
        }
        for count in _segments_sent_again():
            values["network.tcpRetransmits"] = self._since_first("again", count)
        return values

    def _since_first(self, name: str, total: float) -> float:
        return total - self._first.setdefault(name, total)


def _disks_of(path: str) -> Iterator[str]:
    """The disk that a path lies on, as the kernel calls it; none for a file system without one (memory, network)."""
    try:
        number = os.stat(path).st_dev
    except (OSError, ValueError):
        return
    device = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if os.path.exists(os.path.join(device, "partition")):
        device = os.path.dirname(device)
    if os.path.isdir(device) and os.path.basename(os.path.dirname(device)) in ("block", os.path.basename(device)):
        yield os.path.basename(device)


def _all_disks() -> Iterator[str]:
    """The disks that are devices of their own: no partitions, no loops, no memory."""
    try:
        names = os.listdir("/sys/block")
    except OSError:
        return
    for name in names:
        if os.path.exists(f"/sys/block/{name}/device"):
            yield name


def _segments_sent_again() -> Iterator[float]:
    """The kernel's count, if it tells it: a table of two lines for each protocol, names and numbers."""
    try:
        with open("/proc/net/snmp", encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("Tcp:")]
    except OSError:
        return
    table: Dict[str, str] = dict(zip(*lines)) if len(lines) == 2 else {}
    if "RetransSegs" in table:
        yield float(table["RetransSegs"])


def processors(limits: Limits) -> float:
    """How many of them there are to be used."""
    count = float(psutil.cpu_count() or 1)
    return min(count, limits.processors) if limits.processors else count


def memory_size(limits: Limits) -> float:
    """Bytes that there are to be used."""
    total = int(psutil.virtual_memory().total)
    return float(limits.memory if 0 < limits.memory < total else total)
