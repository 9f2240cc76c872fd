"""NVIDIA GPUs, through nvidia-ml-py if the program's environment has it.

A broken driver fails, or hangs in the kernel for ever: reading goes on in a thread that nobody waits for longer than
for a moment, and what is wrong is one line in the diary.
"""

from __future__ import annotations

import threading

from wandb.service.diary import diary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Collection, Dict, Set, Tuple

_CORRECTED, _UNCORRECTED, _SINCE_START, _IN_DEVICE_MEMORY = 0, 1, 0, 2  # constants of the library's interface
_SM_CLOCK, _MEMORY_CLOCK, _AT_THE_CHIP = 1, 2, 0
# Of GPUs that the training itself uses, also under `gpu.process`.
_OF_PROCESS = (
    "gpu", "memory", "memoryAllocated", "memoryAllocatedBytes", "temp", "powerWatts", "powerPercent",
    "enforcedPowerLimitWatts",
)  # fmt: skip


def _utilization(nvml: Any, gpu: Any) -> Dict[str, float]:
    rates = nvml.nvmlDeviceGetUtilizationRates(gpu)
    return {"gpu": rates.gpu, "memory": rates.memory}


def _memory(nvml: Any, gpu: Any) -> Dict[str, float]:
    memory = nvml.nvmlDeviceGetMemoryInfo(gpu)
    return {"memoryAllocatedBytes": memory.used, "memoryAllocated": 100 * memory.used / memory.total}


def _power(nvml: Any, gpu: Any) -> Dict[str, float]:
    return {"powerWatts": nvml.nvmlDeviceGetPowerUsage(gpu) / 1000}


def _power_limit(nvml: Any, gpu: Any) -> Dict[str, float]:
    return {"enforcedPowerLimitWatts": nvml.nvmlDeviceGetEnforcedPowerLimit(gpu) / 1000}


def _temperature(nvml: Any, gpu: Any) -> Dict[str, float]:
    return {"temp": nvml.nvmlDeviceGetTemperature(gpu, _AT_THE_CHIP)}


def _clocks(nvml: Any, gpu: Any) -> Dict[str, float]:
    return {
        "smClock": nvml.nvmlDeviceGetClockInfo(gpu, _SM_CLOCK),
        "memoryClock": nvml.nvmlDeviceGetClockInfo(gpu, _MEMORY_CLOCK),
    }


def _errors(nvml: Any, gpu: Any) -> Dict[str, float]:
    count = nvml.nvmlDeviceGetMemoryErrorCounter
    return {
        "correctedMemoryErrors": count(gpu, _CORRECTED, _SINCE_START, _IN_DEVICE_MEMORY),
        "uncorrectedMemoryErrors": count(gpu, _UNCORRECTED, _SINCE_START, _IN_DEVICE_MEMORY),
    }


_READINGS: Tuple[Callable[[Any, Any], Dict[str, float]], ...] = (
    _utilization, _memory, _power, _power_limit, _temperature, _clocks, _errors,
)  # fmt: skip


class Gpus:
    """All GPUs, or those of a setting."""

    def __init__(self, chosen: Collection[int] | None = None) -> None:
        self._chosen = chosen
        self._lost: Set[int] = set()
        self._nvml: Any = None
        self._pids: Set[int] = set()
        self._wanted, self._done = threading.Event(), threading.Event()
        self._values: Dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._given_up = False

    def read(self, pids: Set[int], seconds: float) -> Dict[str, float]:
        """Metrics by name; {} if there is no GPU, or it does not answer within `seconds`. `pids` are the training's."""
        if self._given_up:
            return {}
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gpus", daemon=True)
            self._thread.start()
        self._pids = pids
        self._done.clear()
        self._wanted.set()
        if not self._done.wait(seconds):
            self._give_up(f"the driver does not answer within {seconds:g} s")
            return {}
        return self._values

    def _work(self) -> None:
        while not self._given_up:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._values = self._read_all()
            except Exception as error:
                # No library, no driver, a driver of another version: it stays so.
                self._values = {}
                self._give_up(f"{type(error).__name__}: {error}")
            self._done.set()

    def _give_up(self, reason: str) -> None:
        if not self._given_up:
            diary().info("no GPU metrics: %s", reason)
        self._given_up = True

    def _read_all(self) -> Dict[str, float]:
        if self._nvml is None:
            import pynvml

            pynvml.nvmlInit()
            self._nvml = pynvml
        values: Dict[str, float] = {}
        for index in range(self._nvml.nvmlDeviceGetCount()):
            if index not in self._lost and (self._chosen is None or index in self._chosen):
                values.update(self._read_or_lose(index))
        return values

    def _read_or_lose(self, index: int) -> Dict[str, float]:
        """The metrics of one GPU; one that is lost is said once, and the others go on."""
        try:
            return self._read_one(index)
        except self._nvml.NVMLError as error:
            diary().info("no metrics of GPU %d: %s", index, error)
            self._lost.add(index)
            return {}

    def _read_one(self, index: int) -> Dict[str, float]:
        gpu = self._nvml.nvmlDeviceGetHandleByIndex(index)
        one: Dict[str, float] = {}
        for reading in _READINGS:
            try:
                one.update(reading(self._nvml, gpu))
            except self._nvml.NVMLError:
                continue  # not every GPU has every meter
        if one.get("powerWatts") is not None and one.get("enforcedPowerLimitWatts"):
            one["powerPercent"] = 100 * one["powerWatts"] / one["enforcedPowerLimitWatts"]
        values = {f"gpu.{index}.{name}": value for name, value in one.items()}
        if self._is_used(gpu):
            values.update({f"gpu.process.{index}.{name}": one[name] for name in _OF_PROCESS if name in one})
        return values

    def _is_used(self, gpu: Any) -> bool:
        try:
            running = self._nvml.nvmlDeviceGetComputeRunningProcesses(gpu)
            return any(process.pid in self._pids for process in running)
        except self._nvml.NVMLError:
            return False
