"""System metrics: what the machine and the training use, as records every few seconds.

Names and units are those that servers and viewers of the public protocol read. A reading that this machine does not
have is left out. All is read in a thread of its own: a network disk or a driver that hangs stops nothing else.
"""

from __future__ import annotations

import json
import threading
import time

from wandb.service.diary import diary
from wandb.wire.decode import message_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Set

    from wandb.service.spool_writer import SpoolWriter

_MIB = 1 << 20
_DEFAULT_INTERVAL = 15.0
# Behind the start, where psutil would be loaded while short runs wait for their end.
_FIRST_SECONDS = 1.0
_GPU_SECONDS = 5.0


class Sampler:
    """Takes a sample a second after its start, and then at each interval, until it is stopped."""

    def __init__(self, settings: Dict[str, Any], writer: SpoolWriter) -> None:
        self._writer = writer
        self._interval = float(settings.get("x_stats_sampling_interval") or _DEFAULT_INTERVAL)
        self._enabled = not settings.get("x_disable_stats")
        self._label = str(settings.get("x_label") or "")
        self._settings = settings
        self._meters: _Meters | None = None
        self._complained: Set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        if self._enabled:
            self._thread.start()

    def stop(self) -> None:
        """Take no more samples; one that is under way is not waited for."""
        self._stopped.set()

    def _run(self) -> None:
        due = time.monotonic() + min(_FIRST_SECONDS, self._interval)
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            self._try("writing", self.sample)
            due = max(due + self._interval, time.monotonic())

    def sample(self) -> None:
        """Take one now and append it. Raises OSError."""
        if self._meters is None:
            self._meters = _Meters(self._settings)
        parts = self._meters.parts(time.monotonic())
        values: Dict[str, float] = {}
        for name, read in parts.items():
            self._try(name, lambda read=read: values.update(read()))  # type: ignore[misc]
        record = message_class("Record")()
        record.stats.timestamp.seconds, record.stats.timestamp.nanos = divmod(time.time_ns(), 10**9)
        for name, value in sorted(values.items()):
            key = f"{name}/l:{self._label}" if self._label else name
            record.stats.item.add(key=key, value_json=json.dumps(value))
        self._writer.append(record)

    def _try(self, what: str, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            # A full disk, a /proc that is not there or looks otherwise: said once, and the next sample may work.
            if what not in self._complained:
                self._complained.add(what)
                diary().warning("system metrics (%s): %s: %s", what, type(error).__name__, error)


class _Meters:
    """What a sample is read from; made with the first one, as psutil takes a while to load."""

    def __init__(self, settings: Dict[str, Any]) -> None:
        import psutil

        from wandb.service.gpus import Gpus
        from wandb.service.machine_usage import MachineUsage
        from wandb.service.process_tree import ProcessTree

        self._machine = MachineUsage(tuple(settings.get("x_stats_disk_paths") or ("/",)))
        # Upstream counts the workers only if it is asked to; a data loader's are where the work is done.
        whole = settings.get("x_stats_track_process_tree") is not False
        self._pid = int(settings.get("x_stats_pid") or 0)
        self._tree = ProcessTree(self._pid, whole)
        self._gpus = Gpus(settings.get("x_stats_gpu_device_ids"))
        self._with_limits = not settings.get("x_stats_no_cgroup")
        self._helper = psutil.Process() if settings.get("x_stats_self_usage") else None

    def parts(self, now: float) -> Dict[str, Callable[[], Dict[str, float]]]:
        """What there is to be read, in this order; `now` is a monotonic time."""
        from wandb.service.cgroup import Limits, limits_of
        from wandb.service.machine_usage import memory_size, processors

        limits = limits_of(self._pid) if self._with_limits else Limits()
        return {
            "memory": lambda: self._machine.memory(limits),
            "disks": self._machine.disks,
            "network": self._machine.network,
            "processes": lambda: self._tree.read(now, processors(limits), memory_size(limits)),
            "GPUs": lambda: self._gpus.read(self._tree.pids, _GPU_SECONDS),
            "helper": lambda: self._own_usage(processors(Limits())),
        }

    def _own_usage(self, processors: float) -> Dict[str, float]:
        if self._helper is None:
            return {}
        used = self._helper.cpu_percent() / processors
        return {"wandb.cpu": used, "wandb.memory.rssMB": self._helper.memory_info().rss / _MIB}
