"""An agent's heartbeats to a server: which run it has; the answer has commands."""

from __future__ import annotations

import json

from wandb.errors import CommError
from wandb.foreign_answers import understood
from wandb.sdk.lib.terminal import termwarn
from wandb.settings import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping

    from wandb.apis.connection import Connection

BEAT_SECONDS = 5.0
_HEARTBEAT = """
mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: { id: $id, metrics: $metrics, runState: $runState }) { commands }
}"""
# What the process beside a function has to know of the settings.
_NEEDED = (
    "base_url", "credentials_file", "email", "http_proxy", "https_proxy", "identity_token_file",
    "insecure_disable_ssl", "username", "x_extra_http_headers", "x_proxies",
)  # fmt: skip
# The agent waits for that process: a heartbeat that fails is not tried again, the next one comes soon.
_IMPATIENT = {"x_graphql_retry_max": 0, "x_graphql_timeout_seconds": 5.0}


def beat(connection: Connection, agent: str, run_id: str | None = None) -> List[Dict[str, Any]]:
    """Say which run goes on; the commands. Raises CommError."""
    states = {} if run_id is None else {run_id: True}
    asked = {"id": agent, "metrics": "{}", "runState": json.dumps(states)}
    found = connection.ask("Heartbeat", _HEARTBEAT, "agentHeartbeat.commands", **asked)
    with understood("Heartbeat"):
        return [dict(command) for command in json.loads(found or "[]")]


class ServerWatch:
    """Sends heartbeats for one run; what the server says of other runs is kept for the agent."""

    def __init__(self, connection: Connection, agent: str, run_id: str, seconds: float) -> None:
        self.seconds = seconds
        self._connection, self._agent, self._run_id = connection, agent, run_id
        self._later: List[Dict[str, Any]] = []
        self._is_stopped = False

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> ServerWatch:
        """In another process than the agent's."""
        from wandb.apis.connection import Connection

        connection = Connection(resolve(request["settings"], {}))
        return cls(connection, request["agent"], request["run"], request["seconds"])

    def request(self) -> Dict[str, Any]:
        """What `of` needs."""
        explicit = self._connection.settings.to_dict(explicit_only=True)
        needed = {name: explicit[name] for name in _NEEDED if name in explicit}
        return {
            "kind": "server",
            "settings": needed,
            "agent": self._agent,
            "run": self._run_id,
            "seconds": self.seconds,
        }

    def look(self) -> bool:
        """One heartbeat; whether the server wants the run to stop."""
        try:
            commands = beat(self._connection, self._agent, self._run_id)
        except CommError as error:
            termwarn(f"The server does not hear that the agent goes on: {error}", repeat=False)
            return False
        for command in commands:
            if command.get("type") == "stop" and command.get("run_id") == self._run_id:
                self._is_stopped = True
            else:
                self._later.append(command)
                self._is_stopped = self._is_stopped or command.get("type") == "exit"
        return self._is_stopped

    def look_back(self) -> None:
        """Nothing: the server has what the run has logged."""

    def report(self) -> Dict[str, Any]:
        """Whether the run was to stop, and the commands that are not its own."""
        return {"stopped": self._is_stopped, "commands": self._later}
