"""A folder to give commands in, with a home of its own; what they say and leave is looked at there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[3])
CLOUD = "https://api.forge.coreweave.com"


class Place:
    """A folder to work in, with a home of its own."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "work"
        self.folder.mkdir()
        self.home = root / "home"
        self.home.mkdir()
        self.netrc = self.home / "netrc"
        self.workspace = self.folder / "wandb" / "settings"
        self.system = self.home / ".config" / "wandb" / "settings"
        self.environ = {
            "HOME": str(self.home),
            "NETRC": str(self.netrc),
            "PYTHONPATH": ROOT,
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ.get("PATH", ""),
        }

    def run(
        self, *arguments: str, module: str = "wandb.cli.main", text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the command without a terminal; `text` is its standard input."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=str(self.folder),
            env=self.environ,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            check=False,
            timeout=60,
        )

    def written(self) -> str:
        """The text of the workspace file; "" if there is none."""
        return self.workspace.read_text() if self.workspace.exists() else ""
