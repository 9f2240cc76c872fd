"""Fixtures for all tests: a clean environment, and real programs run as real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import psutil
import pytest
from hypothesis import settings

from tests.recorded import RecordedRun, runs_in
from tests.server.server import RecordingServer

# A shell's background job ignores Ctrl-C, and so would every program that is started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 60.0

# How long an example takes depends on what else the machine does; that is no fault of the code.
settings.register_profile("no deadline", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "100")))
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings, keys or home of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(("WANDB", "NETRC", "SLURM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))


class Finished:
    """A program that has ended."""

    def __init__(self, status: int, stdout: str, stderr: str, folder: Path) -> None:
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.folder = folder

    @property
    def run(self) -> RecordedRun:
        """The one run that the program recorded."""
        runs = runs_in(self.folder)
        assert len(runs) == 1, f"{len(runs)} runs; stderr: {self.stderr}"
        return runs[0]

    def ok(self) -> Finished:
        """Itself, if the program ended with status 0."""
        assert self.status == 0, f"status {self.status}\nstdout: {self.stdout}\nstderr: {self.stderr}"
        return self


class Program:
    """Runs Python source as a process of its own, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: Dict[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "WANDB_MODE": "offline"}
        for name in ("PYTEST_CURRENT_TEST", "PYTHONUNBUFFERED"):
            self.environment.pop(name, None)
        self._started: List[subprocess.Popen[str]] = []

    def write(self, source: str, name: str = "train.py") -> Path:
        path, text = self.folder / name, textwrap.dedent(source)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")  # not again under a process that is just reading it
        return path

    def start(self, source: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start it, with pipes for its output."""
        for name, default in (("stdin", subprocess.DEVNULL), ("stdout", subprocess.PIPE), ("stderr", subprocess.PIPE)):
            options.setdefault(name, default)
        process = subprocess.Popen(
            [sys.executable, str(self.write(source)), *arguments],
            cwd=self.folder,
            env={**self.environment, **options.pop("env", {})},
            text=True,
            **options,
        )
        self._started.append(process)
        return process

    def __call__(self, source: str, *arguments: str, **options: Any) -> Finished:
        """Run it to its end, which comes within `limit` seconds."""
        limit = options.pop("limit", LIMIT)
        process = self.start(source, *arguments, **options)
        stdout, stderr = process.communicate(timeout=limit)
        return Finished(process.returncode, stdout, stderr, self.folder)

    def stop(self) -> None:
        for process in self._started:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()  # else it would keep the pipes open, which are read to their end
                process.kill()
                process.communicate()


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """A server that keeps what it is sent, and at the end has got nothing that it can't make sense of."""
    with RecordingServer() as recording:
        yield recording
    assert recording.unexpected == []


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Runs programs in `tmp_path`; what still runs at the end of the test is ended."""
    runner = Program(tmp_path)
    yield runner
    runner.stop()


@pytest.fixture
def wait_for() -> Callable[[Callable[[], Any]], Any]:
    """Wait until a fact is true, within a limit; its value."""

    def wait(fact: Callable[[], Any], seconds: float = 30.0) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            value = fact()
            if value:
                return value
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait
