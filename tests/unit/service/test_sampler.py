"""System metrics, of this very machine and process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import psutil
import pytest

from tests.conftest import Program
from tests.recorded import runs_in
from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import SpoolReader
from wandb.service.facts import git_facts, run_command
from wandb.service.sampler import Sampler
from wandb.service.spool_writer import SpoolWriter
from wandb.wire.decode import decode


def samples(layout: RunLayout) -> List[Dict[str, Any]]:
    (path,) = layout.spools()
    records = [decode(payload) for _, payload in SpoolReader(path).frames()]
    return [{item.key: json.loads(item.value_json) for item in record.stats.item} for record in records]


def test_sample__of_this_process__has_the_names_that_servers_read(tmp_path: Path) -> None:
    """Memory of the training, not of the service; traffic since the first sample, processor time from the second on."""
    layout = RunLayout(str(tmp_path), "x")
    sampler = Sampler({"x_stats_pid": os.getpid(), "x_stats_disk_paths": [str(tmp_path), "/nowhere"]}, SpoolWriter(layout))
    sampler.sample()
    sum(range(1_000_000))
    sampler.sample()
    first, second = samples(layout)
    names = {
        *("memory_percent", "proc.memory.availableMB", "proc.memory.rssMB", "proc.memory.percent", "proc.cpu.threads"),
        *(f"disk.{tmp_path}.usagePercent", f"disk.{tmp_path}.usageGB", "network.sent", "network.recv"),
    }
    assert names <= set(first) and set(second) - set(first) == {"cpu"}
    assert 5 < first["proc.memory.rssMB"] < 10_000 and first["network.sent"] == 0
    assert 0 < second["cpu"] <= 100 and 0 < second["memory_percent"] <= 100
    assert not any("nowhere" in name for name in first)


def test_sample__disks__by_the_name_of_the_device(tmp_path: Path) -> None:
    """Of the disk that holds the path, and no others; whole MiB, since the first sample."""
    layout = RunLayout(str(tmp_path), "x")
    Sampler({"x_stats_pid": os.getpid()}, SpoolWriter(layout)).sample()
    devices = {name.split(".")[1] for name in samples(layout)[0] if re.fullmatch(r"disk\.[^/]+\.(in|out)", name)}
    assert devices <= set(os.listdir("/sys/block"))
    assert devices or not list(Path("/sys/block").glob("*/device"))


_WORKERS = """
import multiprocessing, sys
def work():
    data = bytearray(200 << 20)
    print("up", flush=True)
    while True:
        sum(range(100_000))
if __name__ == "__main__":
    worker = multiprocessing.get_context("fork").Process(target=work, daemon=True)
    worker.start()
    sys.stdin.readline()
    worker.terminate()
    worker.join()
    print("over", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("setting, counted", [(None, True), (True, True), (False, False)])
def test_sample__workers__counted_unless_switched_off(
    tmp_path: Path, program: Program, setting: bool | None, counted: bool
) -> None:
    """The workers of a data loader are where memory and processors go, also after their end."""
    training = program.start(_WORKERS, stdin=subprocess.PIPE)
    assert training.stdout is not None and training.stdin is not None
    training.stdout.readline()
    layout = RunLayout(str(tmp_path), "x")
    settings = {"x_stats_pid": training.pid, "x_stats_track_process_tree": setting}
    sampler = Sampler({name: value for name, value in settings.items() if value is not None}, SpoolWriter(layout))
    sampler.sample()
    began = psutil.Process(training.pid).children()[0].cpu_times().user
    while psutil.Process(training.pid).children()[0].cpu_times().user < began + 0.3:
        sampler.sample()
    training.stdin.write("\n")
    training.stdin.flush()
    training.stdout.readline()
    sampler.sample()
    training.communicate("\n")
    sampler.sample()
    first, *during, last, after_its_end = samples(layout)
    assert (first["proc.memory.rssMB"] > 200) is counted
    assert (max(sample["cpu"] for sample in during) > 1) is counted
    assert last["proc.memory.rssMB"] < 200 and 0 <= last["cpu"] <= 100
    assert "proc.memory.rssMB" not in after_its_end and "memory_percent" in after_its_end


def test_sample__labelled__suffix_at_each_name(tmp_path: Path) -> None:
    """One writer's metrics are told from another's by its label."""
    layout = RunLayout(str(tmp_path), "x")
    Sampler({"x_label": "rank1", "x_stats_self_usage": True}, SpoolWriter(layout)).sample()
    (sample,) = samples(layout)
    assert all(key.endswith("/l:rank1") for key in sample) and sample["wandb.memory.rssMB/l:rank1"] > 5


def test_start__until_stopped__a_sample_at_each_interval(
    tmp_path: Path, wait_for: Callable[[Callable[[], Any]], Any]
) -> None:
    """The first one at once: short runs have one, too. What goes wrong is said once and ends nothing."""
    layout = RunLayout(str(tmp_path), "x")
    settings = {"x_stats_pid": os.getpid(), "x_stats_sampling_interval": 0.1}
    sampler = Sampler(settings, SpoolWriter(layout))
    sampler.start()
    wait_for(lambda: layout.spools() and len(samples(layout)) >= 3)
    sampler.stop()
    sampler._thread.join(30)
    assert not sampler._thread.is_alive()


def test_start__switched_off__no_sample_and_no_thread(tmp_path: Path) -> None:
    """The setting x_disable_stats."""
    layout = RunLayout(str(tmp_path), "x")
    sampler = Sampler({"x_disable_stats": True, "x_stats_sampling_interval": 0.1}, SpoolWriter(layout))
    sampler.start()
    assert sampler._thread.ident is None
    sampler.stop()


def test_start__disk_that_refuses__said_once_and_tried_again(
    tmp_path: Path, wait_for: Callable[[Callable[[], Any]], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk may get room again."""
    folder = tmp_path / "later"
    layout = RunLayout(str(folder), "x")
    sampler = Sampler({"x_stats_sampling_interval": 0.1}, SpoolWriter(layout))
    sampler.start()
    wait_for(lambda: caplog.records)
    folder.mkdir()
    wait_for(lambda: layout.spools())
    sampler.stop()
    sampler._thread.join(30)
    assert sum("writing" in record.getMessage() for record in caplog.records) == 1


def test_run__with_workers__its_record_has_their_metrics(program: Program) -> None:
    """The whole way: the program, its helper, the record."""
    source = """
    import multiprocessing, time, wandb
    def work():
        data = bytearray(200 << 20)
        time.sleep(60)
    if __name__ == "__main__":
        run = wandb.init(project="p", settings={"x_stats_sampling_interval": 0.1})
        worker = multiprocessing.Process(target=work, daemon=True)
        worker.start()
        input()
        worker.terminate()
        run.finish()
    """
    training = program.start(source, stdin=subprocess.PIPE)

    def with_worker() -> bool:
        runs = runs_in(program.folder) if list(program.folder.glob("wandb/offline-run-*/*.wandb")) else []
        records = [entry.record for run in runs for entry in run.entries() if entry.kind == "stats"]
        values = [{item.key: json.loads(item.value_json) for item in record.stats.item} for record in records]
        return any(sample.get("proc.memory.rssMB", 0) > 200 for sample in values)

    deadline = time.monotonic() + 60
    while not with_worker():
        assert training.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    training.communicate("\n", timeout=60)
    (run,) = runs_in(program.folder)
    assert run.kinds().count("stats") >= 1 and run.exit_code() == 0


def test_spool_writer__closed__writes_no_more(tmp_path: Path) -> None:
    """What came behind the fold would be left out of it."""
    layout = RunLayout(str(tmp_path), "x")
    writer = SpoolWriter(layout)
    sampler = Sampler({}, writer)
    writer.close()
    sampler.sample()
    assert layout.spools() == []


def test_run_command__missing_or_failing__is_empty(tmp_path: Path) -> None:
    """No git, no GPU tool: nothing to say."""
    assert run_command(["no-such-command-here"]) == ""
    assert run_command(["sh", "-c", "echo text; exit 3"]) == ""
    assert run_command(["sh", "-c", "echo text"]) == "text"


@pytest.mark.parametrize("folder", ["plain", "missing", "corrupt"])
def test_git_facts__no_repository__are_empty(tmp_path: Path, folder: str) -> None:
    """A broken repository costs nothing."""
    if folder != "missing":
        (tmp_path / folder).mkdir()
    if folder == "corrupt":
        (tmp_path / folder / ".git").write_text("garbage")
    assert git_facts({"_cwd": str(tmp_path / folder)}) == ["", "", ""]
