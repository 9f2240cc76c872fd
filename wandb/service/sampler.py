"""System metrics: what the machine and the training process use, as records every few seconds.

Names and units are those that servers and viewers of the public protocol read. A reading that this machine does
not have is left out.
"""

from __future__ import annotations

import json
import time
from typing import Any, Dict, Tuple

import psutil

from wandb.service.spool_writer import SpoolWriter
from wandb.wire.decode import message_class

_MIB, _GIB = 1 << 20, 1 << 30
_DEFAULT_INTERVAL = 15.0


class Sampler:
    """Called by the service's loop; it takes a sample when one is due."""

    def __init__(self, settings: Dict[str, Any], writer: SpoolWriter) -> None:
        self._writer = writer
        self._interval = float(settings.get("x_stats_sampling_interval") or _DEFAULT_INTERVAL)
        self._enabled = not settings.get("x_disable_stats")
        self._label = str(settings.get("x_label") or "")
        self._disks = tuple(settings.get("x_stats_disk_paths") or ("/",))
        self._tree = bool(settings.get("x_stats_track_process_tree"))
        self._process: psutil.Process | None = None
        self._pid = int(settings.get("x_stats_pid") or 0)
        self._due = 0.0
        self._base: Dict[str, float] = {}

    def sample_if_due(self, now: float) -> None:
        """Append a sample if the interval has passed; `now` is a monotonic time. Raises OSError."""
        if not self._enabled or now < self._due:
            return
        self._due = now + self._interval
        values = {**self._machine(), **self._counters(), **self._training_process()}
        record = message_class("Record")()
        record.stats.timestamp.seconds, fraction = divmod(time.time_ns(), 10**9)
        record.stats.timestamp.nanos = fraction
        for name, value in sorted(values.items()):
            key = f"{name}/l:{self._label}" if self._label else name
            record.stats.item.add(key=key, value_json=json.dumps(value))
        self._writer.append(record)

    def _machine(self) -> Dict[str, float]:
        memory = psutil.virtual_memory()
        values = {
            "cpu": psutil.cpu_percent(),
            "memory_percent": memory.percent,
            "proc.memory.availableMB": memory.available / _MIB,
        }
        for path in self._disks:
            try:
                usage = psutil.disk_usage(path)
            except (OSError, ValueError):
                continue  # not mounted here, or no path at all
            values[f"disk.{path}.usagePercent"] = usage.percent
            values[f"disk.{path}.usageGB"] = usage.used / _GIB
        return values

    def _counters(self) -> Dict[str, float]:
        """Bytes that went through network and disks since the first sample."""
        network, disks = psutil.net_io_counters(), psutil.disk_io_counters()
        readings: Tuple[Tuple[str, Any, str, int], ...] = (
            ("network.sent", network, "bytes_sent", 1),
            ("network.recv", network, "bytes_recv", 1),
            ("disk.in", disks, "read_bytes", _MIB),
            ("disk.out", disks, "write_bytes", _MIB),
        )
        values = {}
        for name, counters, attribute, unit in readings:
            if counters is not None:
                total = getattr(counters, attribute)
                values[name] = (total - self._base.setdefault(name, total)) / unit
        return values

    def _training_process(self) -> Dict[str, float]:
        try:
            if self._process is None:
                self._process = psutil.Process(self._pid)
            processes = [self._process]
            if self._tree:
                processes += self._process.children(recursive=True)
            resident = sum(process.memory_info().rss for process in processes)
            threads = sum(process.num_threads() for process in processes)
        except (psutil.Error, ValueError):
            return {}  # it has ended, belongs to somebody else, or the number is no pid
        total = psutil.virtual_memory().total
        return {
            "proc.memory.rssMB": resident / _MIB,
            "proc.memory.percent": 100 * resident / total,
            "proc.cpu.threads": threads,
        }
