"""The scenarios of the seed bug: which there are, how each shows the bug, and how to run one with any `wandb`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Dict

FOLDER = Path(__file__).with_name("scenarios")
_LIMIT = 60.0

# What stderr says where the bug is: a scenario that fails for another reason proves nothing.
SYMPTOMS: Dict[str, str] = {
    "import_ipdb.py": "No module named 'prompt_toolkit.",  # which part comes first depends on IPython
    "import_leaves_sys_path.py": "sys.path was changed",
    "fork_print.py": "workers ended with [1, 1]",
    "fork_stderr.py": "the worker ended with 1",
    "os_fork_print.py": "the child ended with wait status 256",
    "pool_print.py": "BrokenProcessPool",
    "seed_without_torch.py": "loader worker exited unexpectedly with exit code 1",
}


def run_scenario(python: str, name: str, folder: Path, python_path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a scenario with an interpreter, in `folder`; `python_path` says where its wandb is, "" the installed one."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "COV"))}
    if python_path:
        environment["PYTHONPATH"] = python_path
    return subprocess.run(
        [python, str(FOLDER / name)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
    )
