"""What the training uses: its process and, unless a setting says otherwise, all that it has started."""

from __future__ import annotations

from typing import Dict, Set

import psutil

from wandb.process import ProcessIdentity

_MIB = 1 << 20


class ProcessTree:
    """Read again and again; what a reading needs of the one before it is kept here."""

    def __init__(self, pid: int, whole: bool) -> None:
        self._pid = pid
        self._whole = whole
        self._root: psutil.Process | None = None
        self._own = ProcessIdentity.current().pid
        self._seconds = 0.0  # of processor time that the tree has used
        self._moment = 0.0
        self.pids: Set[int] = set()

    def read(self, now: float, processors: float, memory: float) -> Dict[str, float]:
        """Metrics by name; {} once it has ended. `now` is a monotonic time, the others what there is to be used."""
        try:
            if self._root is None:
                self._root = psutil.Process(self._pid)
            below = self._root.children(recursive=True) if self._whole else []
        except (psutil.Error, ValueError):
            return {}  # it has ended, belongs to somebody else, or the number is no pid
        resident, threads, seconds = 0, 0, 0.0
        self.pids = set()
        for process in (self._root, *below):
            if process.pid == self._own != self._pid:
                continue  # in a container, this helper is a child of the training
            try:
                with process.oneshot():
                    resident += process.memory_info().rss
                    threads += process.num_threads()
                    # With the time of its ended children: what a worker has used goes over to who has waited for it.
                    seconds += sum(process.cpu_times()[:4] if self._whole else process.cpu_times()[:2])
            except psutil.Error:
                continue  # it has ended just now
            self.pids.add(process.pid)
        if not self.pids:
            return {}
        values = {
            "proc.memory.rssMB": resident / _MIB,
            "proc.memory.percent": 100 * resident / memory,
            "proc.cpu.threads": float(threads),
        }
        if self._moment and now > self._moment:
            # Orphans take their time away from the tree.
            used = max(0.0, seconds - self._seconds)
            values["cpu"] = 100 * used / (now - self._moment) / processors
        self._seconds, self._moment = seconds, now
        return values
