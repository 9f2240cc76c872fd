"""The settings of the current folder, for commands: read and changed with a word to the person who gave the command."""

from __future__ import annotations

from typing import Any

from wandb.cli.saying import say
from wandb.settings import Settings, resolve, working_dir
from wandb.settings_fields import without_credentials
from wandb.settings_files import workspace_settings_path, write_setting
from wandb.settings_values import check


def workspace() -> str:
    """The settings file of the current folder."""
    return workspace_settings_path(working_dir())


def write(path: str, name: str, value: Any) -> None:
    """Change a settings file and say so."""
    if value is not None:
        value = check(name, value, "the command line")
    write_setting(path, name, value)
    said = "removed from" if value is None else f"= {without_credentials(str(value))} written to"
    say(f"{name} {said} {path}")


def folder_settings(**explicit: Any) -> Settings:
    """The settings in the current folder; what is wrong with the settings files is told."""
    settings = resolve(explicit, {})
    for text in settings.warnings:
        say(f"WARNING {text}")
    return settings
