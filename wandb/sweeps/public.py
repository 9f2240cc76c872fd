"""`wandb.sweep` and `wandb.agent`, as programs call them.

A sweep is made at the server if runs are sent there; without an API key, or offline, it is a folder on this disk (see
`local_sweep`), and nothing is sent.
"""

from __future__ import annotations

import os

from wandb.errors import ApiTypeError, ArgumentTypeError, UsageError
from wandb.loading import loading
from wandb.sdk import active, session
from wandb.sdk.lib.exit_hooks import exit_code_for
from wandb.sdk.lib.ids import generate_id
from wandb.sdk.lib.terminal import termerror, termlog, termsetup, termwarn
from wandb.settings import resolve
from wandb.settings_fields import NO_PROJECT, SENT_MODES
from wandb.sweeps.agent import Agent, run_program, trial_environment
from wandb.sweeps.local_sweep import LocalSweep
from wandb.sweeps.signals import Forwarding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple, Union

    from wandb.apis.connection import Connection
    from wandb.apis.sweeps import Sweep as SweepOfServer
    from wandb.settings import Settings
    from wandb.sweeps.agent import Sweep
    from wandb.sweeps.search import Trial

# Where the sweeps are that this process has made at a server: `agent` is given their ids alone.
_made: Dict[str, Tuple[str, str]] = {}


def sweep(
    sweep: Union[Dict[str, Any], Callable[[], Dict[str, Any]]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: List[str] | None = None,
) -> str:
    """Make a sweep from its configuration (or a function that gives it); its id, for `agent`.

    `entity` and `project` hold for later runs of this process, too, and for the programs that it starts.
    On this disk, `method` is grid, random or bayes (which needs optuna), and there are no prior runs. Raises UsageError
    for a configuration that can't be, CommError if the server can't be asked. In mode=disabled nothing is made, and
    `agent` runs nothing.
    """
    config = sweep() if callable(sweep) else sweep
    if not isinstance(config, dict):
        raise ApiTypeError(f"A sweep's configuration is a dictionary, not {type(config).__name__}.")
    given = {name: value for name, value in (("entity", entity), ("project", project)) if value}
    settings = settings_of(given)
    if settings.mode == "disabled":
        return generate_id()
    connection = connect(settings)
    if connection is not None:
        sweep_id = _make_at_server(connection, settings, config, prior_runs)
    elif prior_runs:
        raise UsageError("A sweep on this disk begins without prior runs.")
    else:
        made = LocalSweep.create(str(settings.wandb_dir), {**config, **given})
        termlog(f"Sweep {made.sweep_id} is in {made.folder}")
        termlog(f"Run it with: wandb agent {made.sweep_id}")
        sweep_id = made.sweep_id
    os.environ.update({f"WANDB_{name.upper()}": value for name, value in given.items()})
    return sweep_id


def _make_at_server(
    connection: Connection, settings: Settings, config: Dict[str, Any], prior_runs: List[str] | None
) -> str:
    from wandb.sweeps.server_sweep import create_sweep

    owner = settings.entity or config.get("entity") or connection.default_entity
    where = settings.project or config.get("project") or NO_PROJECT
    made = create_sweep(connection, config, str(owner), str(where), prior_runs)
    termlog(f"Create sweep with ID: {made.id}")
    termlog(f"Sweep URL: {made.url}")
    _made[made.id] = (made.entity, made.project)
    return made.id


def connect(settings: Settings) -> Connection | None:
    """The way to the server, if runs are sent there; None offline, or without an API key."""
    with loading():
        from wandb.credentials import find_key

    if settings.mode not in (*SENT_MODES, "run") or find_key(settings, os.environ) is None:
        return None
    with loading():
        from wandb.apis.connection import Connection

    return Connection(settings)


def agent(
    sweep_id: str,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
    forward_signals: bool = False,
    term_timeout: int | None = None,
    max_consecutive_failed_runs: int | None = None,
) -> None:
    """Run a sweep: call `function` (or start the sweep's program) with one set of values after the other.

    `function` finds them in `wandb.init().config`. An exception in it is shown, noted, and does not end the agent;
    an interrupt does, and is raised, unless it is the server that has stopped the run. `forward_signals`: signals that
    this process alone gets, as from a scheduler, are passed on to the program; it is killed `term_timeout` seconds
    after one that ends it. Raises UsageError if there is no such sweep on this disk, CommError if there is none at the
    server.
    """
    if not isinstance(sweep_id, str):
        raise ArgumentTypeError(f"An agent needs the id that wandb.sweep returns, not {type(sweep_id).__name__}.")
    if function is not None and not callable(function):
        raise UsageError(f"The function of a sweep must be callable, not {type(function).__name__}.")
    if settings_of({}).mode == "disabled":
        termwarn("The agent runs nothing: wandb is disabled.")
        return
    found, given = _find(sweep_id, entity, project)
    place = {name: value for name, value in given.items() if value}
    before = {name: os.environ.get(name) for name in place}
    os.environ.update(place)
    forwarding = Forwarding(forward_signals and function is None, term_timeout)

    def run_one(trial: Trial) -> bool:
        return run_program(found, trial, forwarding) if function is None else _call(function, found, trial)

    try:
        with forwarding.installed():
            Agent(found, run_one, count, max_consecutive_failed_runs).run()
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _find(sweep_id: str, entity: str | None, project: str | None) -> Any:
    """The sweep, and what its runs have to know: one on this disk by this id, or else one of the server."""
    *place, name = sweep_id.split("/")
    place = place or list(_made.get(name, ()))
    owner = entity or (place[0] if len(place) == 2 else None)
    where = project or (place[-1] if place else None)
    settings = settings_of({"entity": owner, "project": where})
    folder = str(settings.wandb_dir)
    connection = None if LocalSweep.exists(folder, name) else connect(settings)
    if connection is None:
        local = LocalSweep(folder, name)
        owner, where = owner or local.config.get("entity"), where or local.config.get("project")
        return local, {"WANDB_ENTITY": owner, "WANDB_PROJECT": where}
    from wandb.sweeps.server_sweep import ServerSweep

    remote = ServerSweep(sweep_of(connection, settings, name), folder)
    return remote, {"WANDB_ENTITY": remote.entity, "WANDB_PROJECT": remote.project}


def sweep_of(connection: Connection, settings: Settings, sweep_id: str) -> SweepOfServer:
    """A sweep of the server by its id, in the project of the settings. Raises CommError if there is none."""
    from wandb.apis.sweeps import Sweep

    owner = str(settings.entity or connection.default_entity)
    found = Sweep(connection, owner, str(settings.project or NO_PROJECT), sweep_id)
    found.load()
    return found


def _call(function: Callable[[], Any], sweep: Sweep, trial: Trial) -> bool:
    """Call it in this process and end the runs that it left open; whether it raised nothing."""
    before = active.open_runs()
    ended_by: BaseException | None = None
    with trial_environment(sweep, trial):
        try:
            with sweep.running_here(trial):
                function()
        except (Exception, SystemExit) as error:  # the program's own, whatever it is: the next trial may go well
            ended_by = error
            _show(error)
        except BaseException as error:
            ended_by = error
            raise
        finally:
            for run in reversed([run for run in active.open_runs() if run not in before]):
                run.finish(exit_code_for(ended_by))
    return exit_code_for(ended_by) == 0


def _show(error: BaseException) -> None:
    from traceback import format_exception

    if not isinstance(error, SystemExit):
        for line in "".join(format_exception(type(error), error, error.__traceback__)).splitlines():
            termerror(line)


def settings_of(given: Dict[str, Any]) -> Settings:
    """The settings here, with these instead of those of files and environment."""
    settings = resolve(None, given, session.layer())
    termsetup(settings)
    return settings
