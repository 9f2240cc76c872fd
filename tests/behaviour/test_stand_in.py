"""The scenarios of the seed bug fail where the bug is, and pass here: shown without a network."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.seed_bug import FOLDER, SYMPTOMS, run_scenario

STAND_IN = ROOT / "tests" / "stand_in"


def test_scenarios__folder__is_the_list() -> None:
    """A scenario that nobody runs proves nothing."""
    assert sorted(path.name for path in FOLDER.glob("*.py")) == sorted(SYMPTOMS)


@pytest.mark.parametrize("name", SYMPTOMS)
def test_scenario__bug_and_fix__fails_with_the_stand_in_and_passes_here(name: str, tmp_path: Path) -> None:
    """A scenario that can't fail would pass with the bug, too."""
    if "import ipdb" in (FOLDER / name).read_text(encoding="utf-8") and importlib.util.find_spec("ipdb") is None:
        pytest.skip("ipdb is not installed")
    affected = run_scenario(sys.executable, name, tmp_path, str(STAND_IN))
    assert affected.returncode == 1, affected.stderr
    assert SYMPTOMS[name] in affected.stderr
    fixed = run_scenario(sys.executable, name, tmp_path, str(ROOT))
    assert fixed.returncode == 0, fixed.stderr
