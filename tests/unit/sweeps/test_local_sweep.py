"""A sweep's folder: its log of trials."""

from __future__ import annotations

from pathlib import Path

from wandb.sweeps.local_sweep import LocalSweep

CONFIG = {"method": "grid", "parameters": {"x": {"values": [1, 2, 3]}}}


def test_trials__log_with_a_torn_line_and_with_any_lines__keeps_the_others(tmp_path: Path) -> None:
    """An agent may be killed while it writes; what the next one writes must not be swallowed by that."""
    sweep = LocalSweep.create(str(tmp_path), CONFIG)
    first = sweep.next_trial()
    with open(Path(sweep.folder, "trials.jsonl"), "ab") as log:
        log.write(b'5\n[]\n{}\n{"run": []}\n\xff\n' + b"[" * 5000 + b'\n{"run": "torn", "val')
    second = sweep.next_trial()
    assert first is not None and second is not None
    sweep.ended(second, "failed")
    found = LocalSweep(str(tmp_path), sweep.sweep_id).trials()
    assert [(trial.run_id, trial.values, trial.state) for trial in found] == [
        (first.run_id, first.values, "running"),
        (second.run_id, second.values, "failed"),
    ]
