"""Files of a run of a server for the programs and commands that ask for them: `wandb.restore`, `wandb pull`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb.apis.connection import AbsentError, Connection
from wandb.apis.paths import place_of
from wandb.apis.server_run import ServerRun
from wandb.credentials import find_key
from wandb.settings_fields import NO_PROJECT

if TYPE_CHECKING:
    from wandb.settings import Settings


def run_at_server(settings: Settings, path: str) -> ServerRun:
    """A run by its path, completed by the settings. Raises CommError if there is none, or the server can't be asked."""
    place = place_of(path, "run")
    connection = Connection(settings)
    entity = place.entity or connection.default_entity
    run = ServerRun(connection, entity, place.project or str(settings.project or NO_PROJECT), place.name)
    run.load()
    return run


def fetch(settings: Settings, path: str, name: str, target: str) -> bool:
    """Write a file of a run to `target`; False if there is no such run or file at the server. Raises CommError.

    Without an API key nothing is asked.
    """
    if find_key(settings, os.environ) is None:
        return False
    try:
        found = run_at_server(settings, path).files([name])
    except AbsentError:
        return False
    if not found:
        return False
    found[0].write_to(target)
    return True
