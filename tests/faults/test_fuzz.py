"""The readers of a run folder, fuzzed along their branches for FAULTS_FUZZ_SECONDS; needs `pip install atheris`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SECONDS = os.environ.get("FAULTS_FUZZ_SECONDS")


@pytest.mark.skipif(not SECONDS, reason="FAULTS_FUZZ_SECONDS says how long")
def test_readers__fuzzed__never_raise(tmp_path: Path) -> None:
    """The input that broke them is named at the end of what the fuzzer prints."""
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.faults.fuzz", str(SECONDS)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-5000:]
