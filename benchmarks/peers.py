"""The trackers that are compared, each in a virtual environment of its own below `.benchmarks/`."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".benchmarks"

# What is installed for each; pinned where the numbers of the design were measured.
PEERS: Dict[str, List[str]] = {
    "bare": [],
    "floor": [],
    "this": [str(ROOT)],
    "upstream": ["wandb==0.31.0"],
    "trackio": ["trackio"],
    "mlflow": ["mlflow"],
    "swanlab": ["swanlab"],
    "aim": ["aim"],
    "tensorboardX": ["tensorboardX"],
}
# What the programs themselves use, with each of them.
ALSO = ["tqdm"]


def interpreter_of(peer: str) -> str:
    """The interpreter of the peer's environment, which is made if it is not there. Raises CalledProcessError.

    This package is installed anew each time: what is measured is the checkout.
    """
    folder = HOME / peer
    python = folder / "bin" / "python"
    is_new = not python.exists()
    if is_new:
        print(f"installing {peer}", file=sys.stderr)
        venv.create(folder, with_pip=True)
    install = [str(python), "-m", "pip", "install", "-qq"]
    if is_new:
        subprocess.run([*install, *PEERS[peer], *ALSO], check=True)
    elif peer == "this":
        subprocess.run([*install, "--force-reinstall", "--no-deps", *PEERS[peer]], check=True)
    return str(python)
