"""A sweep of a server: made there, and its runs given to an agent with the heartbeats that it sends.

An agent says every few seconds which run it has; the answer has commands: run this, stop that, end. See `heartbeat`,
and `watching` for who does it while a run goes on.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from functools import partial

from wandb.errors import CommError, UsageError
from wandb.foreign_answers import understood
from wandb.process import host_name
from wandb.sdk.lib.terminal import termlog, termwarn
from wandb.sweeps import heartbeat
from wandb.sweeps.heartbeat import ServerWatch, beat
from wandb.sweeps.local_sweep import write_parameters
from wandb.sweeps.search import Trial
from wandb.sweeps.space import yaml_of
from wandb.sweeps.watching import beside_function, beside_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence

    from wandb.apis.connection import Connection
    from wandb.apis.sweeps import Sweep

STATES = {"cancel": "CANCELED", "pause": "PAUSED", "resume": "RUNNING", "stop": "FINISHED"}

_UPSERT = """
mutation UpsertSweep(
  $id: ID, $config: String, $description: String, $displayName: String, $entityName: String, $projectName: String,
  $priorRunsFilters: JSONString, $state: String
) {
  upsertSweep(input: {
    id: $id, config: $config, description: $description, displayName: $displayName, entityName: $entityName,
    projectName: $projectName, priorRunsFilters: $priorRunsFilters, state: $state
  }) { sweep { name project { name entity { name } } } configValidationWarnings }
}"""
_CREATE_AGENT = """
mutation CreateAgent($host: String!, $projectName: String!, $entityName: String!, $sweep: String!) {
  createAgent(input: { host: $host, projectName: $projectName, entityName: $entityName, sweep: $sweep }) {
    agent { id }
  }
}"""
_IS_STOPPED = """
query RunStoppedStatus($project: String, $entity: String, $run: String!) {
  project(name: $project, entityName: $entity) { run(name: $run) { stopped } }
}"""


def create_sweep(
    connection: Connection,
    config: Mapping[str, Any],
    entity: str,
    project: str,
    prior_runs: Sequence[str] | None = None,
    sweep_id: str | None = None,
) -> Sweep:
    """Make a sweep, or with `sweep_id` (the server's own) change one; what the server warns of is told."""
    from wandb.apis.sweeps import Sweep

    prior = {"$or": [{"name": name} for name in prior_runs]} if prior_runs else None
    made = connection.ask_object(
        "UpsertSweep",
        _UPSERT,
        "upsertSweep",
        id=sweep_id,
        config=yaml_of(config),
        displayName=config.get("name"),
        description=config.get("description"),
        entityName=entity,
        projectName=project,
        priorRunsFilters=None if prior is None else json.dumps(prior),
        state=None,
    )
    if not made or not made.get("sweep"):
        raise CommError("The server has made no sweep.")
    with understood("UpsertSweep"):
        for warning in made.get("configValidationWarnings") or ():
            termwarn(str(warning))
        where = made["sweep"]["project"]
        return Sweep(connection, where["entity"]["name"], where["name"], made["sweep"]["name"])


def set_state(sweep: Sweep, state: str) -> None:
    """Have it PAUSED, RUNNING again, FINISHED (runs that go on may end) or CANCELED (they are stopped)."""
    node = sweep.load(force=True)
    if state == "RUNNING" and node.get("state") not in ("PAUSED", "PENDING", "RUNNING"):
        raise UsageError(f"The sweep {sweep.id} is {node.get('state')}: only one that is paused can be resumed.")
    asked = {"id": node["id"], "entityName": sweep.entity, "projectName": sweep.project, "state": state}
    sweep._connection.graphql("UpsertSweep", _UPSERT, asked)


class ServerSweep:
    """One agent of one sweep. Raises CommError if there is no such sweep."""

    def __init__(self, sweep: Sweep, wandb_dir: str) -> None:
        self.sweep_id = sweep.id
        self.entity, self.project, self.config = sweep.entity, sweep.project, sweep.config
        self._connection = sweep._connection
        self._folder = os.path.join(wandb_dir, f"sweep-{sweep.id}")
        self._given: List[Trial] = []
        self._configs: Dict[str, Dict[str, Any]] = {}
        self._stopped: Dict[str, bool] = {}
        self._is_over = False
        asked = {"host": host_name(), "projectName": sweep.project, "entityName": sweep.entity, "sweep": sweep.id}
        self._agent = str(self._connection.ask("CreateAgent", _CREATE_AGENT, "createAgent.agent.id", **asked))

    @understood("Heartbeat")
    def _take(self, commands: Sequence[Mapping[str, Any]]) -> None:
        """Take in commands of the server."""
        for command in commands:
            kind, name = command.get("type"), str(command.get("run_id"))
            if kind in ("run", "resume"):
                values = {key: given["value"] for key, given in (command.get("args") or {}).items()}
                self._configs[name] = values
                self._given.append(Trial(name, list(values.values())))
            elif kind == "exit":
                self._is_over = True

    def next_trial(self) -> Trial | None:
        """Wait for the next run that the server gives; None once it gives no more. Raises CommError."""
        pause = threading.Event()
        while not self._given and not self._is_over:
            self._take(beat(self._connection, self._agent))
            if not self._given and not self._is_over:
                pause.wait(heartbeat.BEAT_SECONDS)
        return self._given.pop(0) if self._given else None

    def ended(self, trial: Trial, state: str) -> None:
        """The server hears of it from the run itself."""
        trial.state = state

    def named(self, trial: Trial) -> Dict[str, Any]:
        """The trial's values by the names of the parameters."""
        return self._configs[trial.run_id]

    config_of = named

    def parameter_file(self, trial: Trial) -> str:
        """Write the trial's configuration where its run finds it; the path."""
        return write_parameters(self._folder, trial.run_id, self.config_of(trial))

    def _watch(self, trial: Trial) -> ServerWatch:
        return ServerWatch(self._connection, self._agent, trial.run_id, heartbeat.BEAT_SECONDS)

    @contextmanager
    def running(self, trial: Trial, stop: Callable[[], None]) -> Iterator[None]:
        """Send heartbeats as long as the trial's program runs; `stop` is called once, if the server wants it to end."""
        watch = self._watch(trial)
        try:
            with beside_program(watch, stop):
                yield
        finally:
            self._note(trial, watch.report())

    @contextmanager
    def running_here(self, trial: Trial) -> Iterator[None]:
        """The same for a function of this process, which is interrupted if the server wants it to end."""
        key = self._connection.access.api_key
        secret = {"WANDB_API_KEY": key} if key else {}
        with beside_function(self._watch(trial).request(), self._folder, secret, partial(self._note, trial)):
            yield

    def _note(self, trial: Trial, report: Mapping[str, Any]) -> None:
        if report["stopped"]:
            self._stopped[trial.run_id] = True
            termlog(f"Agent: the server wanted run {trial.run_id} to stop.")
        self._take(report["commands"])

    def was_stopped(self, trial: Trial) -> bool:
        """Whether the server wanted its end, by a command to the agent or to the run itself."""
        if trial.run_id not in self._stopped:
            asked = {"project": self.project, "entity": self.entity, "run": trial.run_id}
            try:
                found = self._connection.ask("RunStoppedStatus", _IS_STOPPED, "project.run.stopped", **asked)
            except CommError:
                return False  # then it was somebody at the terminal, as far as is known
            self._stopped[trial.run_id] = bool(found)
        return self._stopped[trial.run_id]
