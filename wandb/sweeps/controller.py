"""`wandb.controller`: this machine chooses the values of a sweep of the server, which gives them to the agents.

The sweep's configuration says `controller: {type: local}`. What is to be run next, and which runs are to end, is
written to the sweep; the server writes there which run it has made of each wish. One wish at a time is open.
"""

from __future__ import annotations

import json
import time

from wandb.errors import AuthenticationError, UsageError
from wandb.foreign_answers import understood
from wandb.sdk.lib.ids import generate_id
from wandb.sdk.lib.terminal import termlog
from wandb.sdk.not_yet import Inert, harmless
from wandb.settings_fields import NO_PROJECT
from wandb.sweeps import server_sweep
from wandb.sweeps.hyperband import Hyperband
from wandb.sweeps.public import connect, settings_of, sweep_of
from wandb.sweeps.search import Search, Trial, finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Union

    from wandb.apis.connection import Connection
    from wandb.apis.sweeps import Sweep
    from wandb.settings import Settings

_STEP_SECONDS = 5.0
_MOST_VALUES = 100_000
_ENDED = ("FINISHED", "CANCELED", "STOPPED")
_WITH_RUNS = """
query SweepWithRuns($entity: String, $project: String, $sweep: String!, $specs: [JSONString!]!) {
  project(name: $project, entityName: $entity) {
    sweep(sweepName: $sweep) {
      id state config controller scheduler
      runs { edges { node { name state config summaryMetrics stopped sampledHistory(specs: $specs) } } }
    }
  }
}"""
_WISH = """
mutation UpsertSweep($id: ID, $entityName: String, $projectName: String, $controller: JSONString) {
  upsertSweep(input: {
    id: $id, entityName: $entityName, projectName: $projectName, controller: $controller
  }) { sweep { name } }
}"""


class Controller:
    """Made for a new sweep, by a configuration or by the calls `configure_…` and `create`, or for one that is there."""

    def __init__(
        self,
        sweep_id_or_config: Union[str, Dict[str, Any], None] = None,
        entity: str | None = None,
        project: str | None = None,
    ) -> None:
        """Raises UsageError for a sweep that the server controls, AuthenticationError without an API key."""
        *place, name = sweep_id_or_config.split("/") if isinstance(sweep_id_or_config, str) else [""]
        owner = entity or (place[0] if len(place) == 2 else None)
        given = {"entity": owner, "project": project or (place[-1] if place else None)}
        self._settings: Settings = settings_of({key: value for key, value in given.items() if value})
        connection = connect(self._settings)
        if connection is None:
            raise AuthenticationError(
                "A controller is for a sweep of a server: go online, and call `wandb login` first."
            )
        self._connection: Connection = connection
        self._config: Dict[str, Any] = {}
        self._sweep: Sweep | None = None
        self._node: Dict[str, Any] = {}
        self._wished: List[Trial] = []  # by their ids, which is what the server knows them by
        self._wish: Dict[str, Any] = {"schedule": [], "earlystop": []}
        if name:
            self._begin(sweep_of(connection, self._settings, name))
        elif isinstance(sweep_id_or_config, dict):
            self._config = {"controller": {"type": "local"}, **sweep_id_or_config}
            self.create()

    def _begin(self, sweep: Sweep) -> None:
        config = sweep.config
        if (config.get("controller") or {}).get("type") != "local":
            raise UsageError(
                f"The sweep {sweep.id} is controlled by the server: it needs `controller: {{type: local}}`."
            )
        self._sweep, self._config = sweep, config
        self._search = Search(config)
        given = config.get("early_terminate")
        self._hyperband = Hyperband(given, self._search.metric, self._search.maximizes) if given else None

    def _made(self) -> Sweep:
        if self._sweep is None:
            raise UsageError("There is no sweep yet: call `create` first.")
        return self._sweep

    # ---- its configuration

    @property
    def sweep_id(self) -> str | None:
        """The id; None as long as there is no sweep."""
        return None if self._sweep is None else self._sweep.id

    @property
    def sweep_config(self) -> Dict[str, Any]:
        """The configuration."""
        return dict(self._config)

    def _configure(self, **values: Any) -> None:
        if self._sweep is not None:
            raise UsageError(f"The sweep {self._sweep.id} is made already: its configuration can't be changed.")
        self._config.update({name: value for name, value in values.items() if value is not None})

    def configure_search(self, search: str) -> None:
        """The method: grid, random or bayes."""
        self._configure(method=search)

    def configure_stopping(self, stopping: str, **values: Any) -> None:
        """Which runs end early: "hyperband", with its numbers."""
        self._configure(early_terminate={"type": stopping, **values})

    def configure_metric(self, metric: str, goal: str | None = None) -> None:
        """What is optimised, and the goal: minimize or maximize."""
        self._configure(metric={"name": metric, **({"goal": goal} if goal else {})})

    def configure_program(self, program: str) -> None:
        """What agents run."""
        self._configure(program=program)

    def configure_name(self, name: str) -> None:
        """A name for people."""
        self._configure(name=name)

    def configure_description(self, description: str) -> None:
        """Free text."""
        self._configure(description=description)

    def configure_parameter(self, name: str, **values: Any) -> None:
        """One parameter: `value`, `values`, `min` and `max`, or a `distribution` with its numbers."""
        self._configure(parameters={**self._config.get("parameters", {}), name: values})

    def configure(self, sweep_dict_or_config: Dict[str, Any]) -> None:
        """All of it at once."""
        self._configure(**sweep_dict_or_config)

    def create(self) -> str:
        """Make the sweep at the server; its id. Raises UsageError for a configuration that can't be."""
        self._configure(controller={"type": "local"})
        Search(self._config)  # says what is wrong before anything is there
        owner = str(self._settings.entity or self._connection.default_entity)
        where = str(self._settings.project or NO_PROJECT)
        self._begin(server_sweep.create_sweep(self._connection, self._config, owner, where))
        termlog(f"Create sweep with ID: {self.sweep_id}")
        termlog(f"Sweep URL: {self._made().url}")
        return self._made().id

    # ---- its work

    def run(self, verbose: bool | None = None, print_status: bool = True, **more: Any) -> None:
        """Control the sweep until it is done; other arguments have no effect."""
        while not self.done():
            if print_status:
                self.print_status()
            self.step()
            time.sleep(_STEP_SECONDS)

    def step(self) -> None:
        """Look at the runs once, say which are to end, and wish for the next one if none is open."""
        self._load()
        self.stop_runs(self.stopping())
        if not self._is_open():
            self.schedule(self.search())

    def done(self) -> bool:
        """Whether the sweep has ended."""
        self._load()
        return str(self._node.get("state")) in _ENDED

    def search(self) -> Trial | None:
        """The values of the next run; None if everything has been tried."""
        self._load()
        chosen = self._search.next(self._trials())
        return None if chosen is None else Trial(generate_id(10), *chosen)

    def schedule(self, run: Trial | None) -> None:
        """Wish for a run with these values; None: there are no more."""
        args = None
        if run is not None:
            self._wished.append(run)
            args = {name: {"value": value} for name, value in self._search.config_of(run.values).items()}
        self._wish["schedule"] = [{"id": run.run_id if run else generate_id(10), "data": {"args": args}}]
        self._send()

    def stopping(self) -> List[str]:
        """The ids of runs that are to end early, by `early_terminate`."""
        hyperband = self._hyperband
        if hyperband is None:
            return []
        nodes = self._runs()
        runs = {name: _values_of(run, hyperband.metric) for name, run in nodes.items()}
        found = []
        for name, values in runs.items():
            come_to = [bracket for bracket in hyperband.brackets if bracket <= len(values)]
            if not come_to or nodes[name].get("state") != "running":
                continue
            last = come_to[-1] - 1  # the value there counts, as with upstream's client
            others = [other[last] for rival, other in runs.items() if rival != name and len(other) > last]
            if not hyperband.goes_on(values[last], others):
                found.append(name)
        return found

    def stop_runs(self, runs: List[str]) -> None:
        """Have these runs end."""
        new = [name for name in runs if name not in self._wish["earlystop"]]
        if new:
            self._wish["earlystop"] += new
            self._send()

    def print_status(self) -> None:
        """One line: how many runs there are, by their states."""
        counts: Dict[str, int] = {}
        for run in self._runs().values():
            counts[str(run.get("state"))] = counts.get(str(run.get("state")), 0) + 1
        states = ", ".join(f"{state}: {count}" for state, count in sorted(counts.items()))
        termlog(
            f"Sweep {self.sweep_id} ({self._search.method}), runs: {sum(counts.values())}{states and f' ({states})'}"
        )

    # ---- what the server says

    def _load(self) -> None:
        sweep = self._made()
        spec = {"keys": ["_step", self._search.metric], "samples": _MOST_VALUES} if self._hyperband else {}
        asked = {"entity": sweep.entity, "project": sweep.project, "sweep": sweep.id, "specs": [json.dumps(spec)]}
        self._node = self._connection.ask_object("SweepWithRuns", _WITH_RUNS, "project.sweep", **asked) or {}

    @understood("SweepWithRuns")
    def _runs(self) -> Dict[str, Dict[str, Any]]:
        edges = (self._node.get("runs") or {}).get("edges") or ()
        return {str(edge["node"]["name"]): edge["node"] for edge in edges}

    @understood("SweepWithRuns")
    def _scheduled(self) -> Dict[str, str]:
        """What the server has made of the wishes: their ids to those of runs."""
        known = json.loads(self._node.get("scheduler") or "{}").get("scheduled") or ()
        return {str(one["id"]): str(one.get("runid")) for one in known}

    def _is_open(self) -> bool:
        """Whether there is a wish that no agent has taken, or none is to come."""
        known = self._scheduled()
        return any(one["id"] not in known for one in self._wish["schedule"])

    @understood("SweepWithRuns")
    def _trials(self) -> List[Trial]:
        """What has been tried, and what came of it."""
        known, runs = self._scheduled(), self._runs()
        for trial in self._wished:
            run = runs.get(known.get(trial.run_id, ""))
            if run is not None:
                trial.state = "running" if run.get("state") in ("running", "pending") else str(run.get("state"))
                trial.metric = self._search.metric_in(json.loads(run.get("summaryMetrics") or "{}"))
        of_others = [Trial(name, []) for name in runs if name not in known.values()]
        before = [Trial(name, []) for name in known.values() if name not in self._names()]
        return [*of_others, *before, *self._wished]

    def _names(self) -> List[str]:
        known = self._scheduled()
        return [known[trial.run_id] for trial in self._wished if trial.run_id in known]

    def _send(self) -> None:
        sweep = self._made()
        place = {"entityName": sweep.entity, "projectName": sweep.project}
        asked = {"id": self._node.get("id") or sweep.load()["id"], **place, "controller": json.dumps(self._wish)}
        self._connection.graphql("UpsertSweep", _WISH, asked)


def _values_of(run: Dict[str, Any], metric: str) -> List[float]:
    rows = (run.get("sampledHistory") or [[]])[0]
    values = (finite(row.get(metric)) for row in rows)
    return [value for value in values if value is not None]


def controller(
    sweep_id_or_config: Union[str, Dict[str, Any], None] = None, entity: str | None = None, project: str | None = None
) -> Any:
    """What chooses the values of a sweep of the server on this machine: see `Controller`. Inert if wandb is off."""
    return Inert() if harmless() else Controller(sweep_id_or_config, entity, project)
