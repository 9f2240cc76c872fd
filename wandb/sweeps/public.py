"""`wandb.sweep` and `wandb.agent`, as programs call them.

Here a sweep is a folder on this disk (see `local_sweep`); nothing is sent.
"""

from __future__ import annotations

import os

from wandb.errors import UsageError
from wandb.sdk import active, session
from wandb.sdk.lib.exit_hooks import exit_code_for
from wandb.sdk.lib.terminal import termerror, termlog, termsetup
from wandb.settings import resolve
from wandb.sweeps.agent import Agent, run_program, trial_environment
from wandb.sweeps.local_sweep import LocalSweep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Union

    from wandb.settings import Settings
    from wandb.sweeps.search import Trial


def sweep(
    sweep: Union[Dict[str, Any], Callable[[], Dict[str, Any]]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: List[str] | None = None,
) -> str:
    """Make a sweep from its configuration (or a function that gives it); its id, for `agent`.

    `method` is grid, random or bayes (which needs optuna). Raises UsageError for a configuration that can't be.
    """
    config = sweep() if callable(sweep) else sweep
    if not isinstance(config, dict):
        raise UsageError(f"A sweep's configuration is a dictionary, not {type(config).__name__}.")
    if prior_runs:
        raise UsageError("A sweep on this disk begins without prior runs.")
    given = {name: value for name, value in (("entity", entity), ("project", project)) if value}
    settings = _settings(given)
    made = LocalSweep.create(str(settings.wandb_dir), {**config, **given})
    if config.get("early_terminate"):
        termlog("early_terminate has no effect on a sweep on this disk: each run goes on to its end.")
    termlog(f"Sweep {made.sweep_id} is in {made.folder}")
    termlog(f"Run it with: wandb agent {made.sweep_id}")
    return made.sweep_id


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
    an interrupt does, and is raised. Signals of the terminal reach a program by themselves, so `forward_signals` and
    `term_timeout` have no effect. Raises UsageError if there is no such sweep.
    """
    if function is not None and not callable(function):
        raise UsageError(f"The function of a sweep must be callable, not {type(function).__name__}.")
    parts = sweep_id.split("/")
    found = LocalSweep(str(_settings({}).wandb_dir), parts[-1])
    given = {
        "WANDB_ENTITY": entity or (parts[0] if len(parts) == 3 else None) or found.config.get("entity"),
        "WANDB_PROJECT": project or (parts[-2] if len(parts) > 1 else None) or found.config.get("project"),
    }
    unset = {name: value for name, value in given.items() if value and name not in os.environ}
    os.environ.update(unset)

    def run_one(trial: Trial) -> bool:
        return run_program(found, trial) if function is None else _call(function, found, trial)

    try:
        Agent(found, run_one, count, max_consecutive_failed_runs).run()
    finally:
        for name in unset:
            os.environ.pop(name, None)


def _call(function: Callable[[], Any], sweep: LocalSweep, trial: Trial) -> bool:
    """Call it in this process and end the runs that it left open; whether it raised nothing."""
    before = active.open_runs()
    ended_by: BaseException | None = None
    with trial_environment(sweep, trial):
        try:
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


def _settings(given: Dict[str, Any]) -> Settings:
    settings = resolve(None, given, session.layer())
    termsetup(settings)
    return settings
