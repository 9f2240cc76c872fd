"""Every scenario in every mode: seen as without a tracker, and recorded."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.console.play import Played, faults, play
from tests.console.scenarios import SCENARIOS

CASES = [(name, mode) for name, scenario in SCENARIOS.items() for mode in scenario.modes]


@pytest.fixture(scope="module")
def control(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The same program without a tracker."""
    name = request.param
    return play(sys.executable, SCENARIOS[name], "none", tmp_path_factory.mktemp(name))


@pytest.mark.parametrize("control, mode", CASES, indirect=["control"], ids=["-".join(case) for case in CASES])
def test_console__of_a_real_program__is_unchanged_and_recorded(
    control: Played, mode: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Promises one and two, scenario by scenario."""
    scenario = SCENARIOS[request.node.callspec.params["control"]]
    if scenario.needs and importlib.util.find_spec(scenario.needs) is None:
        pytest.skip(f"{scenario.needs} is not installed")
    assert control.status == scenario.status, control.seen
    assert faults(scenario, play(sys.executable, scenario, mode, tmp_path), control) == []
