"""Environment variables by function, as programs of the real thing set them before `init`."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import MutableMapping

API_KEY = "WANDB_API_KEY"
BASE_URL = "WANDB_BASE_URL"
DIR = "WANDB_DIR"
ENTITY = "WANDB_ENTITY"
MODE = "WANDB_MODE"
NAME = "WANDB_NAME"
NOTES = "WANDB_NOTES"
PROJECT = "WANDB_PROJECT"
RUN_ID = "WANDB_RUN_ID"
RESUME = "WANDB_RESUME"
SILENT = "WANDB_SILENT"
SWEEP_ID = "WANDB_SWEEP_ID"
TAGS = "WANDB_TAGS"


def set_entity(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Set the user or team for later runs."""
    (os.environ if env is None else env)[ENTITY] = value


def set_project(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Set the project for later runs."""
    (os.environ if env is None else env)[PROJECT] = value or "uncategorized"


def get_entity(default: str | None = None, env: MutableMapping[str, str] | None = None) -> str | None:
    """The user or team that the environment names."""
    return (os.environ if env is None else env).get(ENTITY, default)


def get_project(default: str | None = None, env: MutableMapping[str, str] | None = None) -> str | None:
    """The project that the environment names."""
    return (os.environ if env is None else env).get(PROJECT, default)
