"""The very same scenario files fail with the affected upstream release and pass with this package, as installed.

Run by `tox -e reproduce`, which installs that release in an environment of its own and says where it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.seed_bug import SYMPTOMS, run_scenario

AFFECTED = os.environ.get("AFFECTED_PYTHON", "")
pytestmark = pytest.mark.skipif(not AFFECTED, reason="`tox -e reproduce` installs the affected release and runs this")

VERSION = "import wandb; print(wandb.__version__, wandb.__file__)"


def version(python: str, folder: Path) -> str:
    """Which wandb an interpreter finds, from outside the checkout."""
    result = subprocess.run([python, "-c", VERSION], cwd=folder, capture_output=True, text=True, check=True)
    return result.stdout


def test_interpreters__both__have_the_release_that_is_meant(tmp_path: Path) -> None:
    """The two sides must not be the same wandb by mistake."""
    assert version(AFFECTED, tmp_path).startswith("0.10.10 ")
    here = version(sys.executable, tmp_path)
    assert here.startswith("0.31.0+fork.")
    assert "site-packages" in here


@pytest.mark.parametrize("name", SYMPTOMS)
def test_scenario__affected_release__shows_the_bug(name: str, tmp_path: Path) -> None:
    """The report was true, and the scenario is about it."""
    result = run_scenario(AFFECTED, name, tmp_path)
    assert result.returncode == 1, result.stderr
    assert SYMPTOMS[name] in result.stderr


@pytest.mark.parametrize("name", SYMPTOMS)
def test_scenario__this_package_installed__passes(name: str, tmp_path: Path) -> None:
    """The bug is gone from what a user installs, not only from the checkout."""
    result = run_scenario(sys.executable, name, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
