"""The logs on the device, now and then."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Callable, List

import pytest

from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import RECORD, Spool
from wandb.runlog.transaction_log import TransactionLog
from wandb.service import flusher as flusher_module
from wandb.service.flusher import Flusher


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """The names of the files that were brought to the device, in this order; they really are."""
    found: List[str] = []
    fdatasync = os.fdatasync

    def note(descriptor: int) -> None:
        fdatasync(descriptor)
        found.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))

    monkeypatch.setattr(flusher_module, "_fdatasync", note)
    return found


def test_flush__logs_that_have_grown__are_brought_to_the_device(tmp_path: Path, synced: List[str]) -> None:
    """Of all processes; and only if there is something new."""
    layout = RunLayout(str(tmp_path), "run1")
    log = TransactionLog.create(layout.transaction_log)
    flusher = Flusher(layout, {"fsync_seconds": 5})
    flusher.flush()
    flusher.flush()
    assert synced == ["run-run1.wandb"]
    Spool(layout.spool("host")).append(RECORD, b"x")
    log.append(b"y")
    flusher.flush()
    flusher.flush()
    assert synced[1:] == ["run-run1.wandb", "run-run1.host.spool"]


@pytest.mark.parametrize("seconds, works", [(0.01, True), (None, False), (0, False)])
def test_start__as_the_setting_says(
    tmp_path: Path, synced: List[str], seconds: Any, works: bool, wait_for: Callable[..., Any]
) -> None:
    """Nobody pays for it who has not asked for it."""
    layout = RunLayout(str(tmp_path), "run1")
    TransactionLog.create(layout.transaction_log)
    flusher = Flusher(layout, {"fsync_seconds": seconds})
    flusher.start()
    if works:
        wait_for(lambda: synced)
    else:
        time.sleep(0.1)
        assert not synced
    flusher.stop()
