"""The agent of a sweep: takes one trial after the other and runs the program with it, here or in another process.

A run finds its trial by three variables of the environment (its id, the sweep's, a file with the values), as under
any agent of the public protocol. A program that fails is noted and does not end the agent, until too many do.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager

from wandb.errors import UsageError
from wandb.sdk.lib.terminal import termerror, termlog, termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, ContextManager, Dict, Iterator, List, Protocol

    from wandb.sweeps.search import Trial
    from wandb.sweeps.signals import Forwarding

    class Sweep(Protocol):
        """Where trials come from, and what came of them goes to."""

        sweep_id: str
        config: Dict[str, Any]

        def next_trial(self) -> Trial | None:
            """The next trial, which nobody else gets; waits for it; None if there are no more."""

        def ended(self, trial: Trial, state: str) -> None:
            """Note how a trial has ended ("finished", "failed")."""

        def named(self, trial: Trial) -> Dict[str, Any]:
            """The trial's values by the names of the parameters."""

        def config_of(self, trial: Trial) -> Dict[str, Any]:
            """The run's configuration: nested as the parameters are."""

        def parameter_file(self, trial: Trial) -> str:
            """Write the trial's configuration where its run finds it; the path."""

        def running(self, trial: Trial, stop: Callable[[], None]) -> ContextManager[None]:
            """Holds as long as the trial's program runs; `stop` is called if it is to end before that."""

        def running_here(self, trial: Trial) -> ContextManager[None]:
            """Holds as long as a function of this process runs; it is interrupted if it is to end before that."""

        def was_stopped(self, trial: Trial) -> bool:
            """Whether its end was asked for there."""


# Programs that fail from the start are not tried for ever.
_MOST_FAILURES_AT_FIRST = 5
_JSON_FILE = "${args_json_file}"
_OF_ENVIRONMENT = re.compile(r"\$\{envvar:([^}]*)\}")  # a name that is not there stands for itself
_UNKNOWN = re.compile(r"\$\{\w+\}")
_COMMAND = ("${env}", "${interpreter}", "${program}", "${args}")


class Agent:
    """Runs trials until there are none left, `count` is reached, or too many in a row have failed."""

    def __init__(
        self,
        sweep: Sweep,
        run_one: Callable[[Trial], bool],
        count: int | None = None,
        most_failures: int | None = None,
    ) -> None:
        """`run_one(trial)` runs it, and says whether it went well."""
        self._sweep = sweep
        self._run_one = run_one
        self._count = count
        self._most_failures = most_failures
        self._failures = 0

    def run(self) -> int:
        """Do it; the number of trials that were run. An interrupt ends the trial, and goes on to the caller."""
        done = 0
        while self._count is None or done < self._count:
            trial = self._sweep.next_trial()
            if trial is None:
                termlog(f"The sweep {self._sweep.sweep_id} has nothing left to try.")
                break
            termlog(f"Agent: run {trial.run_id} with")
            for name, value in self._sweep.named(trial).items():
                termlog(f"\t{name}: {value}")
            went_well = self._run(trial)
            done += 1
            if self._too_many_failures(went_well, done):
                break
        return done

    def _run(self, trial: Trial) -> bool:
        """Whether it went well, or was stopped at the server: then the program is not to blame."""
        went_well = False
        try:
            went_well = self._run_one(trial)
        except KeyboardInterrupt:
            # A run that is stopped on its page, or ends early, is interrupted, too: then the agent goes on.
            if not self._sweep.was_stopped(trial):
                raise
        finally:
            self._sweep.ended(trial, "finished" if went_well else "failed")
        if not went_well and self._sweep.was_stopped(trial):
            termlog(f"Agent: run {trial.run_id} was stopped.")
            return True
        return went_well

    def _too_many_failures(self, went_well: bool, done: int) -> bool:
        self._failures = 0 if went_well else self._failures + 1
        if self._most_failures is not None and self._failures >= self._most_failures:
            termerror(f"{self._failures} runs in a row have failed: the agent ends, as it was told to.")
            return True
        if os.environ.get("WANDB_AGENT_DISABLE_FLAPPING", "").lower() in ("1", "true"):
            return False
        if self._failures == done >= _most_failures_at_first():
            termerror(
                f"The first {done} runs have all failed: the agent ends. WANDB_AGENT_DISABLE_FLAPPING=true would go on."
            )
            return True
        return False


def _most_failures_at_first() -> int:
    try:
        return int(os.environ["WANDB_AGENT_MAX_INITIAL_FAILURES"])
    except (KeyError, ValueError):  # not set, or no number
        return _MOST_FAILURES_AT_FIRST


@contextmanager
def trial_environment(sweep: Sweep, trial: Trial) -> Iterator[None]:
    """This process's environment says which trial it runs; afterwards it is as before."""
    given = environment_of(sweep, trial)
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def environment_of(sweep: Sweep, trial: Trial) -> Dict[str, str]:
    """The variables that tell a run its trial."""
    return {
        "WANDB_RUN_ID": trial.run_id,
        "WANDB_SWEEP_ID": sweep.sweep_id,
        "WANDB_SWEEP_PARAM_PATH": os.path.abspath(sweep.parameter_file(trial)),
    }


def run_program(sweep: Sweep, trial: Trial, forwarding: Forwarding) -> bool:
    """Run the sweep's `program` (or `command`) with the trial in a process of its own; whether it exited with 0.

    A Ctrl-C of the terminal reaches the program by itself, unless signals are passed on: it is waited for, and the
    interrupt raised; SystemExit for another signal. Raises UsageError if the configuration names no program.
    """
    command = command_of(sweep, trial)
    termlog(f"Agent: {shlex.join(command)}")
    try:
        # In a session of its own, a program gets a signal that is passed on only once. Its run is beside the sweep,
        # wherever the program goes before it begins one (Hydra's go to a folder of their own).
        environment = {"WANDB_DIR": os.getcwd(), **os.environ, **environment_of(sweep, trial)}
        process = subprocess.Popen(command, env=environment, start_new_session=forwarding.is_wanted)
    except OSError as error:
        termerror(f"The program of the sweep can't be started: {error}")
        return False
    with sweep.running(trial, process.terminate):
        status = forwarding.wait(process)
    if forwarding.ended_by == signal.SIGINT:
        raise KeyboardInterrupt
    if forwarding.ended_by is not None:
        raise SystemExit(128 + forwarding.ended_by)
    return status == 0


def command_of(sweep: Sweep, trial: Trial) -> List[str]:
    """The sweep's `command` with its variables replaced; one that is not known is left out, with a warning."""
    from json import dumps

    program = sweep.config.get("program")
    template = sweep.config.get("command") or list(_COMMAND)
    if not program and any("${program}" in str(part) for part in template):
        raise UsageError(f"The sweep {sweep.sweep_id} has no `program`: call wandb.agent with a function.")
    values, as_json = sweep.named(trial), dumps(sweep.config_of(trial))
    lists: Dict[str, List[str]] = {
        "${env}": ["/usr/bin/env"],
        "${interpreter}": [sys.executable],
        "${program}": [str(program)],
        "${args}": [f"--{name}={value}" for name, value in values.items()],
        "${args_no_hyphens}": [f"{name}={value}" for name, value in values.items()],
        "${args_append_hydra}": [f"+{name}={value}" for name, value in values.items()],
        "${args_no_boolean_flags}": list(_flags(values)),
        "${args_json}": [as_json],
    }
    if _JSON_FILE in template:
        path = os.path.splitext(os.path.abspath(sweep.parameter_file(trial)))[0] + ".json"
        with open(path, "w", encoding="utf-8") as file:
            file.write(as_json)
        lists[_JSON_FILE] = [path]
    command: List[str] = []
    for part in map(str, template):
        if part in lists:
            command += lists[part]
        elif _UNKNOWN.fullmatch(part):
            termwarn(f"{part} is no variable of a sweep's command: it is left out.", repeat=False)
        else:
            command.append(_OF_ENVIRONMENT.sub(lambda found: os.environ.get(found[1], found[1]), part))
    return command


def _flags(values: Dict[str, Any]) -> Iterator[str]:
    """Truth values as a bare flag, or none at all."""
    for name, value in values.items():
        if not isinstance(value, bool):
            yield f"--{name}={value}"
        elif value:
            yield f"--{name}"
