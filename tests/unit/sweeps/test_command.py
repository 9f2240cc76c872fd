"""The command that an agent starts for a trial: its variables, by what upstream's agent makes of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from wandb.errors import UsageError
from wandb.sweeps.agent import command_of
from wandb.sweeps.local_sweep import LocalSweep

VALUES = {"on": True, "off": False, "lr": 1e-5, "size": [1, "a"], "model": {"depth": True}, "name": "a b", "none": None}
TEXTS = ["on=True", "off=False", "lr=1e-05", "size=[1, 'a']", "model={'depth': True}", "name=a b", "none=None"]


def command(folder: Path, *parts: Any) -> List[str]:
    parameters: Dict[str, Any] = {name: {"value": value} for name, value in VALUES.items()}
    config = {"method": "grid", "program": "train.py", "command": list(parts), "parameters": parameters}
    sweep = LocalSweep.create(str(folder), config)
    trial = sweep.next_trial()
    assert trial is not None
    return command_of(sweep, trial)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("${env}", ["/usr/bin/env"]),
        ("${interpreter}", [sys.executable]),
        ("${program}", ["train.py"]),
        ("${args}", [f"--{text}" for text in TEXTS]),
        ("${args_no_hyphens}", TEXTS),
        ("${args_append_hydra}", [f"+{text}" for text in TEXTS]),
        ("${args_no_boolean_flags}", ["--on", *(f"--{text}" for text in TEXTS[2:])]),
        ("${args_json}", [json.dumps(VALUES)]),
    ],
)
def test_variable__as_a_part_of_its_own__is_replaced(tmp_path: Path, variable: str, expected: List[str]) -> None:
    """Values are as Python writes them: programs read them back with `ast.literal_eval`."""
    assert command(tmp_path, "a", variable, 5) == ["a", *expected, "5"]


def test_variables_of_the_environment__anywhere_in_a_part__are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not set stands for its name."""
    monkeypatch.setenv("DATA", "/the data")
    monkeypatch.delenv("NO_SUCH", raising=False)
    parts = ["--in=${envvar:DATA}/x", "${envvar:DATA}", "${envvar:NO_SUCH}", "pre${args}"]
    assert command(tmp_path, *parts) == ["--in=/the data/x", "/the data", "NO_SUCH", "pre${args}"]


def test_variable__that_is_not_known__is_left_out_with_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A program would take it for an argument of its own."""
    assert command(tmp_path, "a", "${nonsense}") == ["a"]
    assert "${nonsense} is no variable" in capfd.readouterr().err


def test_command__of_a_sweep_without_a_program__says_how_it_is_run(tmp_path: Path) -> None:
    """It was made for a function; `None` would be started as a program otherwise."""
    sweep = LocalSweep.create(str(tmp_path), {"method": "grid", "parameters": {"x": {"value": 1}}})
    trial = sweep.next_trial()
    assert trial is not None
    with pytest.raises(UsageError, match="has no `program`: call wandb.agent with a function"):
        command_of(sweep, trial)
