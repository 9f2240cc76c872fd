"""A sweep's folder: its log of trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wandb.errors import Error, UsageError
from wandb.sweeps.local_sweep import LocalSweep
from wandb.sweeps.public import agent

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


def test_sweep__of_numbers_of_numpy__has_python_s(tmp_path: Path) -> None:
    """`list(np.linspace(0, 1, 3))` is how people write a range."""
    numpy = pytest.importorskip("numpy")
    values = {"l": {"values": list(numpy.linspace(0, 1, 3))}, "a": {"values": numpy.arange(2)}, "v": {"value": numpy.int64(3)}}
    trial = LocalSweep.create(str(tmp_path), {"method": "grid", "parameters": values}).next_trial()
    assert trial is not None and trial.values == [0.0, 0, 3] and list(map(type, trial.values)) == [float, int, int]
    bounds = {"x": {"min": numpy.float64(0), "max": numpy.float32(1)}, "n": {"min": numpy.int64(2), "max": numpy.int64(2)}}
    trial = LocalSweep.create(str(tmp_path), {"method": "random", "parameters": bounds}).next_trial()
    assert trial is not None and 0 <= trial.values[0] < 1 and trial.values[1:] == [2]


@pytest.mark.parametrize("wrong", [{"run_cap": "x"}, {"run_cap": [1]}, {"parameters": {"x": {"value": object()}}}])
def test_sweep__that_can_not_be__leaves_nothing_behind(tmp_path: Path, wrong: Any) -> None:
    """A folder with half a configuration would be found as a sweep."""
    with pytest.raises(UsageError, match="sweep"):
        LocalSweep.create(str(tmp_path), {**CONFIG, **wrong})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [None, 5, {"method": "grid"}])
def test_agent__of_what_is_no_id__says_so(wrong: Any) -> None:
    """Such as the configuration of a sweep that nobody has made yet."""
    with pytest.raises(UsageError, match="id that wandb.sweep returns"):
        agent(wrong, lambda: None)


@pytest.mark.parametrize("text", ["", "[1]", "a: [", "parameters: 3"])
def test_sweep__whose_configuration_is_damaged__says_so(tmp_path: Path, text: str) -> None:
    """A full disk may have left half of it."""
    sweep = LocalSweep.create(str(tmp_path), CONFIG)
    Path(sweep.folder, "config.yaml").write_text(text)
    with pytest.raises(Error, match="config"):
        LocalSweep(str(tmp_path), sweep.sweep_id)
