"""How a process that did not call `init` joins a run: spawned children by their parent's hook, pickled runs by value.

Such a process appends to the spool of its host. It never ends the run.
"""

from __future__ import annotations

import json
import time

from wandb.errors import UsageError
from wandb.sdk import active
from wandb.sdk.interface.interface import Interface
from wandb.sdk.lib import child_hook
from wandb.sdk.lib.json_values import dumps
from wandb.sdk.lib.redirect import ConsoleCapture
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.sdk.run import Run
    from wandb.settings import Settings

_interfaces: Dict[str, Interface] = {}


def interface_for(token: Dict[str, Any]) -> Interface:
    """This process's door to the run of a token; the same one for each call."""
    key = str(token["run_dir"])
    if key not in _interfaces:
        _interfaces[key] = Interface.attach(token, dumps, termwarn)
        _interfaces[key].join()
    return _interfaces[key]


def attach(attach_id: str | None = None, run_id: str | None = None, *, run: Run | None = None) -> Run:
    """The run of that id: one that is open here, or the parent's in a spawned child. Raises UsageError for another."""
    wanted = run.id if run is not None else attach_id or run_id
    for known in active.open_runs():
        if known.id == wanted:
            return known
    for interface in _interfaces.values():
        if interface.layout.run_id == wanted:
            from wandb.settings import Settings

            settings = Settings(run_id=str(wanted), mode="offline")
            settings.sync_dir = interface.layout.run_dir
            return join(interface.token(), settings, {}, time.time())
    raise UsageError(f"There is no open run {wanted!r} to attach to in this process or in the one that started it.")


def join(
    token: Dict[str, Any], settings: Settings, config: Dict[str, Any], start_time: float, earlier_runtime: float = 0.0
) -> Run:
    """What a pickled run becomes: the same run, here; in the process that has it open, that very object."""
    for run in active.open_runs():
        if run.id == settings.run_id:
            return run
    from wandb.sdk.run import Run

    run = Run(settings, config, interface_for(token) if token else None, start_time, earlier_runtime=earlier_runtime)
    active.opened(run)
    return run


def rearm(tokens_json: str) -> None:
    """Begin to record this process's console in its parent's runs, and have its own children do the same."""
    for token in json.loads(tokens_json):
        interface = interface_for(token)
        if token.get("console", True):
            console = ConsoleCapture(interface.publish_output)
            console.install()
            interface.look_after_console(console.look)
            child_hook.when_prepared(console.look)
        child_hook.install(token.copy)
