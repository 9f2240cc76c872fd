"""Upstream's released client as a black box: run a program with it, let it read and send a run folder.

Its interpreter lives in an environment of its own; nothing of it is ever imported here.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict, List

from tests.server.received import ReceivedRun
from tests.server.server import KEY, RecordingServer

PYTHON = os.environ.get("UPSTREAM_PYTHON", "")
_LIMIT = 120.0


def _environment(**more: str) -> Dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "COV"))}
    return {**kept, "WANDB_ERROR_REPORTING": "false", "NO_COLOR": "1", **more}


def call(folder: Path, *arguments: str, limit: float = _LIMIT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run its interpreter with these arguments and variables."""
    return subprocess.run(
        [PYTHON, *arguments],
        cwd=folder,
        env=_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=limit,
    )


def version(folder: Path) -> str:
    """What its `wandb.__version__` says."""
    return call(folder, "-c", "import wandb; print(wandb.__version__)").stdout.strip()


def run_offline(program: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program under it, offline, in `folder`."""
    folder.mkdir(exist_ok=True)
    return call(folder, str(program), WANDB_MODE="offline")


def start_offline(program: Path, folder: Path) -> subprocess.Popen[str]:
    """Begin a program under it, offline, in `folder`; it reads what is written to it."""
    folder.mkdir(exist_ok=True)
    command, environment = [PYTHON, str(program)], _environment(WANDB_MODE="offline")
    return subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.PIPE, text=True)


def run_online(program: Path, folder: Path, server: RecordingServer) -> subprocess.CompletedProcess[str]:
    """Run a program under it in `folder`, and have it sent while it goes on."""
    folder.mkdir(exist_ok=True)
    return call(folder, str(program), WANDB_MODE="online", WANDB_BASE_URL=server.url, WANDB_API_KEY=KEY)


def sync(run_dir: Path) -> ReceivedRun:
    """Let its `wandb sync` send a run folder to a server; what arrived of the one run."""
    with RecordingServer() as server:
        return sync_to(server, run_dir)


def sync_to(server: RecordingServer, run_dir: Path) -> ReceivedRun:
    """The same with a server that serves already."""
    arguments = ("sync", "--no-skip-online", "--no-skip-synced", str(run_dir))
    address = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
    result = call(run_dir.parent, "-m", "wandb", *arguments, **address)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ERROR" not in result.stderr, result.stderr
    assert len(server.runs) == 1, result.stdout + result.stderr
    assert server.unexpected == []
    return next(iter(server.runs.values()))


def sync_as_usual(run_dir: Path) -> str:
    """What its `wandb sync` says of a run folder, without a server."""
    address = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": KEY}
    return call(run_dir.parent, "-m", "wandb", "sync", str(run_dir), **address).stderr


def inspect(run_dir: Path) -> List[Dict[str, Any]]:
    """The records of a run folder, as its own inspection command prints them."""
    result = call(run_dir.parent, "-m", "wandb", "leet", "inspect", "--json", str(run_dir))
    assert result.returncode == 0, result.stdout + result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]
