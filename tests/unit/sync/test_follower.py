"""The reader of a run, step by step."""

from __future__ import annotations

import os
from pathlib import Path

from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import RECORD, Spool
from wandb.runlog.transaction_log import TransactionLog
from wandb.sync.follower import Follower
from wandb.wire.encode import moment_field, named, numbered, output_body


def test_step__with_a_limit_of_time__goes_on_where_it_has_stopped(tmp_path: Path) -> None:
    """Files are brought up to date while a million records wait; what was read ahead of the other log is kept."""
    layout = RunLayout(str(tmp_path), "run1")
    os.makedirs(layout.files_dir)
    log = TransactionLog.create(layout.transaction_log)
    spool = Spool(layout.spool("host"))
    for number in range(5000):
        moment = moment_field(number * 1000)
        log.append(numbered(number + 1, output_body(True, moment, b"creator %d\n" % number)))
        spool.append(RECORD, named(f"w#{number + 1}", output_body(True, moment, b"child %d\n" % number)))
    follower = Follower(layout)
    counts = []
    while True:
        counts.append(follower.step(0.0))
        if not counts[-1]:
            break
        if len(counts) == 2:
            log.append(numbered(5001, output_body(True, moment_field(10**7), b"last\n")))
    assert sum(counts) == 10_001 and len(counts) > 5
    follower.flush()
    lines = Path(layout.files_dir, "output.log").read_text(encoding="utf-8").splitlines()
    for name in ("creator", "child"):
        assert [line for line in lines if line.startswith(name)] == [f"{name} {number}" for number in range(5000)]
    assert lines[-1] == "last"
