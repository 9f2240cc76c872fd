"""What a run installs is taken back, wherever the installing was interrupted."""

from __future__ import annotations

import io
import logging
import sys
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.interruption import interrupted_everywhere
from wandb.process import ProcessIdentity
from wandb.runlog.layout import RunLayout
from wandb.sdk import installed as installed_module
from wandb.sdk.interface.interface import Interface
from wandb.sdk.lib import child_hook, exit_hooks, import_hook, logger_capture, redirect, stream_tap, stream_teller
from wandb.sdk.lib.json_values import dumps
from wandb.settings import Settings

MODULES = [installed_module, child_hook, exit_hooks, import_hook, logger_capture, redirect, stream_tap, stream_teller]


def what_stands() -> Dict[str, Any]:
    return {
        "exit": sys.exit,
        "excepthook": sys.excepthook,
        "spawn": spawn.get_preparation_data,
        "finders": list(sys.meta_path),
        "stdout": dict(vars(sys.stdout)),
        "buffer": dict(vars(sys.stdout.buffer)),
        "handlers": list(logging.getLogger("installed").handlers),
        "taps": list(redirect._taps),
    }


def test_install__interrupted_anywhere__undo_takes_back_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time limit around `init`, in a program that tries again, while another run listens to a former stream."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    other = redirect.ConsoleCapture(lambda is_stdout, text: None)
    other.install(lambda stream: stream is sys.stdout)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    interface = Interface(RunLayout(str(tmp_path), "x"), ProcessIdentity.current(), dumps, print)
    settings = Settings(console="wrap", capture_loggers={"installed": "INFO"})

    def limit(*_: object) -> None:
        raise TimeoutError

    def prepare() -> None:
        nonlocal installed
        installed = installed_module.Installed(settings, interface, print)

    def body() -> None:
        installed.install()

    installed = installed_module.Installed(settings, interface, print)
    before = what_stands()
    for raised in interrupted_everywhere(MODULES, prepare, body, limit):
        assert raised
        installed.undo()
        assert what_stands() == before
    installed.undo()
    assert what_stands() == before
    other.restore()
