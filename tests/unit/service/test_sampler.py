"""System metrics, of this very machine and process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List

import pytest

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
    """Memory of the training, not of the service."""
    layout = RunLayout(str(tmp_path), "x")
    sampler = Sampler({"x_stats_pid": os.getpid(), "x_stats_sampling_interval": 5}, SpoolWriter(layout))
    for now in (100.0, 101.0, 105.1):
        sampler.sample_if_due(now)
    first, second = samples(layout)
    for name in ("cpu", "memory_percent", "proc.memory.rssMB", "proc.cpu.threads", "disk./.usagePercent", "network.sent"):
        assert name in first and name in second
    assert 5 < first["proc.memory.rssMB"] < 10_000 and first["network.sent"] == 0


def test_sample__switched_off_or_labelled__does_so(tmp_path: Path) -> None:
    """One writer's metrics are told from another's by its label."""
    layout = RunLayout(str(tmp_path), "x")
    Sampler({"x_disable_stats": True}, SpoolWriter(layout)).sample_if_due(1.0)
    assert layout.spools() == []
    Sampler({"x_label": "rank1"}, SpoolWriter(layout)).sample_if_due(1.0)
    assert all(key.endswith("/l:rank1") for key in samples(layout)[0])


def test_spool_writer__closed__writes_no_more(tmp_path: Path) -> None:
    """What came behind the fold would be left out of it."""
    layout = RunLayout(str(tmp_path), "x")
    writer = SpoolWriter(layout)
    sampler = Sampler({}, writer)
    writer.close()
    sampler.sample_if_due(1.0)
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
