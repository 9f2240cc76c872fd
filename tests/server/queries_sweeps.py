"""Sweeps of the server: a grid over the values of each parameter, handed to agents with their heartbeats."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Dict, List

import yaml

from tests.server.queries_filters import page
from tests.server.queries_runs import user_answer
from tests.server.received import Refused

if TYPE_CHECKING:
    from tests.server.server import RecordingServer


class ReceivedSweep:
    """One sweep, as the server knows it."""

    def __init__(self, sweep_id: str, entity: str, project: str) -> None:
        self.sweep_id = sweep_id
        self.entity = entity
        self.project = project
        self.fields: Dict[str, Any] = {"state": "PENDING"}
        self.given: List[Dict[str, Any]] = []  # the commands that ran something
        self.commands: List[Dict[str, Any]] = []  # for the next heartbeat, before anything else

    @property
    def config(self) -> Dict[str, Any]:
        return dict(yaml.safe_load(self.fields["config"]))

    @property
    def is_local(self) -> bool:
        """Whether a controller at a client chooses the values."""
        return (self.config.get("controller") or {}).get("type") == "local"

    def next_commands(self) -> List[Dict[str, Any]]:
        """What an agent without a run is told."""
        if not self.is_local:
            return [self.next_command()]
        if self.fields["state"] in ("CANCELED", "FINISHED"):
            return [{"type": "exit"}]
        wished = json.loads(self.fields.get("controller") or "{}").get("schedule", [])
        scheduled = json.loads(self.fields.get("scheduler") or "{}").get("scheduled", [])
        for one in wished:
            if one["id"] not in [known["id"] for known in scheduled]:
                if one["data"]["args"] is None:  # everything has been tried
                    self.fields["state"] = "FINISHED"
                    return [{"type": "exit"}]
                command = self._command(one["data"]["args"])
                scheduled.append({"id": one["id"], "runid": command["run_id"]})
                self.fields["scheduler"] = json.dumps({"scheduled": scheduled})
                return [command]
        return []

    def _command(self, args: Dict[str, Any]) -> Dict[str, Any]:
        command: Dict[str, Any] = {"type": "run", "run_id": f"{self.sweep_id}-{len(self.given)}", "args": args}
        if self.config.get("program"):
            command["program"] = self.config["program"]
        self.given.append(command)
        return command

    def next_command(self) -> Dict[str, Any]:
        """The next combination of values, or the end."""
        parameters = {
            name: given.get("values", [given.get("value")]) for name, given in self.config["parameters"].items()
        }
        combination = next(itertools.islice(itertools.product(*parameters.values()), len(self.given), None), None)
        if combination is None or self.fields["state"] in ("CANCELED", "FINISHED"):
            self.fields["state"] = "FINISHED"
            return {"type": "exit"}
        args = {name: {"value": value} for name, value in zip(parameters, combination)}
        return self._command(args)


class Sweeps:
    """All sweeps and agents of a server."""

    def __init__(self) -> None:
        self.by_id: Dict[str, ReceivedSweep] = {}
        self.agents: Dict[str, ReceivedSweep] = {}
        self.hosts: List[str] = []
        self.run_states: List[Dict[str, Any]] = []  # of all heartbeats


def sweep_answers(server: RecordingServer) -> Dict[str, Any]:
    """The mutations."""
    return {
        "upsertSweep": lambda _, input: upsert_sweep(server, input),
        "createAgent": lambda _, input: create_agent(server, input),
        "agentHeartbeat": lambda _, input: _heartbeat(server, input),
    }


def sweeps_of_project(server: RecordingServer, entity: str, project: str) -> Dict[str, Any]:
    """The fields of a project."""

    def found() -> List[Any]:
        known = server.sweeps.by_id.values()
        return [sweep_answer(server, sweep) for sweep in known if (sweep.entity, sweep.project) == (entity, project)]

    def one(_: Any, sweepName: str) -> Any:
        sweep = server.sweeps.by_id.get(sweepName)
        is_here = sweep is not None and (sweep.entity, sweep.project) == (entity, project)
        return sweep_answer(server, sweep) if sweep is not None and is_here else None

    return {
        "sweep": one,
        "sweeps": lambda _, filters=None, after=None, first=None: page(found(), after, first),
        "totalSweeps": lambda _: len(found()),
    }


def sweep_answer(server: RecordingServer, sweep: ReceivedSweep) -> Dict[str, Any]:
    """One sweep for a query."""

    def runs() -> List[Any]:
        return [run for run in server.runs_by_key.values() if run.fields.get("sweep") == sweep.sweep_id]

    return {
        "id": f"storage-{sweep.sweep_id}", "name": sweep.sweep_id, "displayName": sweep.fields.get("displayName"),
        "description": sweep.fields.get("description"), "method": sweep.config["method"], "state": sweep.fields["state"],
        "config": sweep.fields["config"], "bestLoss": None, "runCount": lambda _: len(runs()),
        "runCountExpected": None, "createdAt": "2026-01-01T00:00:00Z", "updatedAt": None, "user": user_answer(),
        "project": lambda _: server.project_answer(sweep.project, sweep.entity),
        "heartbeatAt": None, "earlyStopJobRunning": False,
        "controller": sweep.fields.get("controller"), "scheduler": sweep.fields.get("scheduler"),
        "agents": lambda _: {"edges": [
            {"node": _agent_answer(server, name, number)}
            for number, (name, of) in enumerate(server.sweeps.agents.items()) if of is sweep
        ]},
        "runs": lambda _, order=None, after=None, first=None: page(
            [server.run_answer(run) for run in runs()], after, first
        ),
    }  # fmt: skip


def _agent_answer(server: RecordingServer, name: str, number: int) -> Dict[str, Any]:
    given = len(server.sweeps.agents[name].given)
    return {
        "id": name, "name": name, "host": server.sweeps.hosts[number], "state": "RUNNING", "totalRuns": given,
        "createdAt": "2026-01-01T00:00:00Z", "heartbeatAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip


def upsert_sweep(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    """Make a sweep, or change one."""
    if values.get("id"):
        known = [sweep for name, sweep in server.sweeps.by_id.items() if values["id"] in (name, f"storage-{name}")]
        if not known:
            raise Refused(f"no sweep {values['id']}")
        sweep = known[0]
    else:
        if not values.get("config"):
            raise Refused("a sweep without a config")
        sweep = ReceivedSweep(
            f"sweep{len(server.sweeps.by_id)}",
            values.get("entityName") or "somebody",
            values.get("projectName") or "uncategorized",
        )
        server.sweeps.by_id[sweep.sweep_id] = sweep
    sweep.fields.update({key: value for key, value in values.items() if value is not None})
    return {"sweep": sweep_answer(server, sweep), "configValidationWarnings": []}


def create_agent(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    """An agent of a sweep, which runs from now on."""
    sweep = server.sweeps.by_id.get(values["sweep"])
    if sweep is None or (sweep.entity, sweep.project) != (values["entityName"], values["projectName"]):
        raise Refused(f"no sweep {values['entityName']}/{values['projectName']}/{values['sweep']}")
    identifier = f"agent-{len(server.sweeps.agents)}"
    server.sweeps.agents[identifier] = sweep
    server.sweeps.hosts.append(values["host"])
    sweep.fields["state"] = "RUNNING"
    return {"agent": {"id": identifier, "name": identifier}}


def _heartbeat(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    sweep, states = server.sweeps.agents[values["id"]], json.loads(values["runState"])
    server.sweeps.run_states.append(states)
    commands = list(sweep.commands)
    sweep.commands.clear()
    if not commands and not any(states.values()) and sweep.fields["state"] != "PAUSED":
        commands = sweep.next_commands()
    return {"agent": {"id": values["id"]}, "commands": json.dumps(commands)}
