"""The spool into the transaction log: once, in order, and on the device before the run counts as ended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, List

import pytest

from wandb.process import host_name
from wandb.runlog.fold import fold, remove_spool
from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.spool import RECORD, Spool
from wandb.runlog.tail import Tail
from wandb.runlog.transaction_log import TransactionLog
from wandb.wire.decode import decode, message_class, record_kind
from wandb.wire.encode import moment_field, named, numbered, output_body


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    """A run whose creator has printed two lines, and another process one."""
    layout = RunLayout(str(tmp_path), "run1")
    log = TransactionLog.create(layout.transaction_log)
    for num, text in enumerate((b"first\n", b"second\n"), start=1):
        log.append(numbered(num, output_body(True, moment_field(num * 1000), text)))
    log.close()
    spool = Spool(layout.spool(host_name()))
    spool.append(RECORD, named("other#1", output_body(True, moment_field(1500), b"other\n")))
    spool.close()
    return layout


def closing() -> List[Any]:
    record = message_class("Record")()
    record.exit.exit_code = 0
    return [record]


def folded(layout: RunLayout) -> Tail:
    tail = Tail(layout)
    list(tail.step())
    fold(layout, tail, closing())
    return tail


def content(layout: RunLayout) -> List[str]:
    records = [decode(payload) for payload in LogReader(layout.transaction_log).records()]
    assert [record.num for record in records] == list(range(1, len(records) + 1))
    return [record.output_raw.line or record_kind(record) for record in records]


def test_fold__of_a_spool__comes_behind_the_log_and_the_exit_record_last(layout: RunLayout) -> None:
    """Readers of the public format ignore what follows an exit record."""
    tail = folded(layout)
    assert content(layout) == ["first\n", "second\n", "other\n", "exit"]
    assert remove_spool(layout, tail) and layout.spools() == []


def test_fold__run_again__doubles_nothing(layout: RunLayout) -> None:
    """By the same reader, and by one that begins anew."""
    tail = folded(layout)
    fold(layout, tail, closing())
    folded(layout)
    assert content(layout) == ["first\n", "second\n", "other\n", "exit"]


def test_fold__of_a_log_that_goes_on__is_refused_and_cuts_off_nothing(layout: RunLayout) -> None:
    """A creator that was taken for dead: its rows weigh more than an end that comes a second later."""
    tail = Tail(layout)
    list(tail.step())
    log = TransactionLog.reopen(layout.transaction_log, tail.log_end)
    log.append(numbered(3, output_body(True, moment_field(3000), b"third\n")))
    log.close()
    with pytest.raises(OSError, match="goes on"):
        fold(layout, tail, closing())
    list(tail.step())
    fold(layout, tail, closing())
    assert content(layout) == ["first\n", "second\n", "third\n", "other\n", "exit"]


def test_fold__brings_the_log_to_the_device(layout: RunLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut behind `finish` takes nothing."""
    brought: List[int] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        brought.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", note)
    folded(layout)
    assert brought == [os.path.getsize(layout.transaction_log)]
