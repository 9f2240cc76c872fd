"""`wandb.sagemaker_auth`: the file of secrets that a training job of SageMaker reads."""

from __future__ import annotations

from pathlib import Path

import pytest

import wandb
from wandb.errors import UsageError

KEY = "k" * 40


def test_auth__with_overrides_and_a_key__writes_a_line_each_for_the_owner_alone(tmp_path: Path) -> None:
    """What is given wins over what is kept; a file that others could read is closed to them."""
    secrets = tmp_path / "secrets.env"
    secrets.write_text("old")
    secrets.chmod(0o644)
    wandb.sagemaker_auth({"B": "x y", "A": 5}, path=str(tmp_path), api_key=KEY)
    assert secrets.read_text() == f"B=x y\nA=5\nWANDB_API_KEY={KEY}\n" and secrets.stat().st_mode & 0o777 == 0o600
    wandb.sagemaker_auth({"WANDB_API_KEY": "z" * 40}, path=str(tmp_path), api_key=KEY)
    assert secrets.read_text() == f"WANDB_API_KEY={'z' * 40}\n"


def test_auth__without_an_argument__takes_the_key_that_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how to get one if there is none."""
    with pytest.raises(ValueError, match="There is no API key"):
        wandb.sagemaker_auth(path=str(tmp_path))
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    wandb.sagemaker_auth(path=str(tmp_path))
    assert KEY in (tmp_path / "secrets.env").read_text()


def test_auth__with_a_value_of_two_lines__is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """The second line would be a variable of its own."""
    with pytest.raises(UsageError, match="more than one line"):
        wandb.sagemaker_auth({"A": "1\nB=2"}, path=str(tmp_path), api_key=KEY)
    for name in ("A\nB", "A=1", " ", ""):
        with pytest.raises(UsageError, match="can't be the name of a variable"):
            wandb.sagemaker_auth({name: "c"}, path=str(tmp_path), api_key=KEY)
    assert not list(tmp_path.iterdir())
