"""The stand-in for TensorFlow's call that makes a writer: what the program gets from it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any, Callable, List, Tuple

import pytest

from wandb.sdk.tensorflow_writers import TensorflowWriters


def _writers(failures: List[str]) -> Tuple[Any, List[Any]]:
    """A module whose call is followed, and what that call is given."""
    calls: List[Any] = []
    module: Any = ModuleType("gen_summary_ops")
    module.create_summary_file_writer = lambda writer, logdir: calls.append(logdir) or "an operation"

    def safely(action: Callable[..., None], *args: Any) -> None:
        try:
            action(*args)
        except (OSError, ValueError) as error:
            failures.append(type(error).__name__)

    TensorflowWriters(print, safely).patch(module)
    return module, calls


def test_writer__for_a_folder_that_no_disk_can_have__is_made_by_tensorflow_as_ever() -> None:
    """TensorFlow says by itself what it thinks of such a folder; a look of ours must not come before it."""
    failures: List[str] = []
    module, calls = _writers(failures)
    assert module.create_summary_file_writer(None, "a\0b") == "an operation"
    assert calls == ["a\0b"] and failures == ["ValueError"]


def test_writer__in_a_folder_that_is_gone__is_made_by_tensorflow_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder has no absolute name there, which is no matter of the program's."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    failures: List[str] = []
    module, calls = _writers(failures)
    assert module.create_summary_file_writer(None, "logs") == "an operation"
    assert calls == ["logs"] and failures == ["FileNotFoundError"]
