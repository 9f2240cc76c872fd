"""Metrics of GPUs: nvidia-ml-py itself, over a stand-in of the driver's library that the test compiles."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "tests" / "stand_in" / "nvml" / "nvml.c"
_PROGRAM = """
import json, logging, os, sys
from wandb.service.gpus import Gpus
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
chosen, seconds = json.loads(sys.argv[1])
gpus = Gpus(chosen)
print(json.dumps([gpus.read({4242}, seconds) for _ in range(2)]))
sys.stdout.flush()
os._exit(0)  # a thread may hang in the driver
"""
OF_FIRST = {
    "gpu": 50, "memory": 20, "memoryAllocated": 25.0, "memoryAllocatedBytes": 4 << 30, "temp": 60, "powerWatts": 100.5,
    "powerPercent": 50.0, "enforcedPowerLimitWatts": 201.0, "smClock": 1100, "memoryClock": 1200,
    "correctedMemoryErrors": 7, "uncorrectedMemoryErrors": 8,
}  # fmt: skip


@pytest.fixture
def driver(tmp_path: Path) -> Dict[str, str]:
    """The environment of a program on a machine with two GPUs."""
    pytest.importorskip("pynvml")
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", str(library), str(SOURCE)], check=True)
    return {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "PYTHONPATH": str(ROOT)}


def read(environ: Dict[str, str], chosen: Any = None, seconds: float = 30.0) -> Tuple[Any, str]:
    """Two readings of a process of its own, and what it noted in its diary."""
    command = [sys.executable, "-c", _PROGRAM, json.dumps([chosen, seconds])]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, timeout=60)
    return json.loads(done.stdout), done.stderr.decode()


def test_read__two_gpus__names_and_units_of_the_servers(driver: Dict[str, str]) -> None:
    """Compared with what upstream's client records over the same stand-in; a missing meter leaves out its own values."""
    (first, second), diary = read(driver)
    of_second = {"gpu": 51, "memory": 21, "temp": 61}
    expected = {f"gpu.0.{name}": value for name, value in OF_FIRST.items()}
    for name, value in OF_FIRST.items():
        if "ower" not in name:
            expected[f"gpu.1.{name}"] = of_second.get(name, value)
    assert first == second == expected
    assert diary == ""


def test_read__gpu_that_the_training_uses__told_apart(driver: Dict[str, str]) -> None:
    """On a shared machine, the other GPUs are busy with other people's work."""
    (first, _), _ = read({**driver, "NVML_PID": "4242"})
    of_process = {name for name in OF_FIRST if "Clock" not in name and "Errors" not in name}
    assert {name for name in first if name.startswith("gpu.process")} == {f"gpu.process.0.{name}" for name in of_process}
    assert first["gpu.process.0.gpu"] == 50
    assert not any(name.startswith("gpu.process") for name in read({**driver, "NVML_PID": "1"})[0][0])


def test_read__some_chosen__no_others(driver: Dict[str, str]) -> None:
    """The setting x_stats_gpu_device_ids."""
    (first, _), _ = read(driver, [1, 7])
    assert first and all(name.startswith("gpu.1.") for name in first)


def test_read__broken_driver__one_line_and_nothing_more(driver: Dict[str, str]) -> None:
    """After an update of the driver without a restart, for example."""
    both, diary = read({**driver, "NVML_RESULT": "9"})
    assert both == [{}, {}]
    assert diary.startswith("no GPU metrics: ") and diary.count("\n") == 1


def test_read__gpu_that_is_lost__one_line_and_the_other_goes_on(driver: Dict[str, str]) -> None:
    """A GPU falls off the bus of a machine on whose other GPUs the training goes on."""
    (first, second), diary = read({**driver, "NVML_LOST": "1"})
    assert first == second and {name[:6] for name in first} == {"gpu.1."}
    assert diary.startswith("no metrics of GPU 0: ") and diary.count("\n") == 1


def test_read__driver_that_hangs__one_line_and_nobody_waits_again(driver: Dict[str, str]) -> None:
    """A dead GPU leaves every call that asks for it in the kernel."""
    both, diary = read({**driver, "NVML_HANG": "1"}, seconds=0.3)
    assert both == [{}, {}]
    assert diary == "no GPU metrics: the driver does not answer within 0.3 s\n"


def test_read__no_driver_at_all__one_line() -> None:
    """Most machines; with or without the library."""
    both, diary = read({**os.environ, "PYTHONPATH": str(ROOT)})
    assert both == [{}, {}] and diary.count("\n") == 1
