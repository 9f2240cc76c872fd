"""A folder whose disk fails or hangs at command: a layer between programs and the C library, compiled when it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict

import pytest

SOURCE = Path(__file__).with_name("fault_layer.c")


class FailingDisk:
    """Calls of programs that run in `environment` obey `faults` on paths below `folder`."""

    def __init__(self, scratch: Path, seed: int = 0) -> None:
        """`scratch` is a folder for the disk, the layer and its control file. Skips the test if nothing compiles here."""
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler to make the layer with")
        library = scratch / "fault_layer.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, SOURCE, "-ldl"], check=True)
        self.folder = scratch / "disk"
        self.folder.mkdir()
        self.control = scratch / "faults"
        self.set("")
        self.environment: Dict[str, str] = {
            "LD_PRELOAD": str(library),
            "FAULTS_PREFIX": str(self.folder),
            "FAULTS_CONTROL": str(self.control),
            "FAULTS_SEED": str(seed),
        }

    def set(self, faults: str) -> None:
        """From now on, these (see fault_layer.c); "" for none."""
        new = self.control.with_suffix(".new")
        new.write_text(f"{faults}\n", encoding="ascii")
        os.replace(new, self.control)
