"""What a run at a server is: the properties of the public API's `Run`, as the server last told them."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Any, Dict, Iterable, List

from wandb.apis import run_queries
from wandb.apis.connection import absent
from wandb.apis.run import Run
from wandb.apis.server_history import ServerHistory
from wandb.apis.summary import ServerSummary
from wandb.apis.users import User
from wandb.errors import ApiTypeError
from wandb.foreign_answers import understood
from wandb.foreign_names import place_below

if TYPE_CHECKING:
    from wandb.apis.connection import Connection


def _text(name: str, what: str) -> Any:
    """A property for a text of the run that may be changed, for `update`."""

    def get(run: RunAtServer) -> str | None:
        value = run._told(name)
        return None if value is None else str(value)

    def put(run: RunAtServer, value: str | None) -> None:
        run._told(name)
        run._node[name] = value

    return property(get, put, doc=what)


def _fact(name: str, what: str) -> Any:
    """A property for what the server alone decides."""
    return property(lambda run: run._told(name), doc=what)


class RunAtServer(Run):
    """Asked for when first needed; `load(force=True)` asks again, and drops what was changed but not sent."""

    def __init__(
        self, connection: Connection, entity: str, project: str, run_id: str, node: Dict[str, Any] | None = None
    ) -> None:
        """`node` is what a list has told of it already."""
        self._connection = connection
        self._entity, self._project, self._id = entity, project, run_id
        self._node: Dict[str, Any] = {}
        self._is_whole = False
        self._config: Dict[str, Any] = {}
        self._own: Dict[str, Any] = {}
        self._summary: Dict[str, Any] = {}
        self._system: Dict[str, Any] = {}
        self._history = ServerHistory(connection, entity, project, run_id)
        if node is not None:
            self._take(node)

    def _place(self) -> Dict[str, str]:
        return {"entity": self._entity, "project": self._project, "run": self._id}

    @understood("a run")
    def _take(self, node: Dict[str, Any]) -> None:
        """Take over what the server says; a node of a list leaves config and summary for later."""
        raw = {key: _unwrapped(value) for key, value in _object(node.get("config")).items()}
        summary, system = _object(node.get("summaryMetrics")), _object(node.get("systemMetrics"))
        self._node = {**self._node, **node, "tags": list(node.get("tags") or ())}
        if "config" not in node:
            return
        self._own = {key: value for key, value in raw.items() if key == "_wandb"}
        self._config = {key: value for key, value in raw.items() if key != "_wandb"}
        self._summary, self._system = summary, system
        self._is_whole = True

    def _told(self, name: str) -> Any:
        if name not in self._node:
            self.load()
        return self._node.get(name)

    def load(self, force: bool = False) -> Dict[str, Any]:
        """All that the server tells of the run, by its names. Raises CommError if there is no such run."""
        if force or not self._is_whole:
            node = self._connection.ask_object("Run", run_queries.RUN, "project.run", **self._place())
            if node is None:
                raise absent("run", *self.path)
            self._take(node)
        whole = {"config": self._config, "summaryMetrics": self._summary, "systemMetrics": self._system}
        return {**self._node, **whole}

    load_full_data = load

    def _fresh_state(self) -> str:
        found = self._connection.ask("RunState", run_queries.RUN_STATE, "project.run.state", **self._place())
        self._node["state"] = found
        return self.state

    # ---- who it is

    @property
    def id(self) -> str:
        """The run's id."""
        return self._id

    @property
    def entity(self) -> str:
        """User or team that owns the run."""
        return self._entity

    @property
    def project(self) -> str:
        """Name of the project."""
        return self._project

    @property
    def state(self) -> str:
        """running, finished, failed, killed, crashed, preempted or pending, when the server was asked last."""
        return str(self._told("state") or "")

    @property
    def dir(self) -> str:
        """A folder of its own below the temporary one, made for a program that looks for it."""
        folder = place_below(tempfile.gettempdir(), "/".join(self.path))
        os.makedirs(folder, exist_ok=True)
        return folder

    @property
    def url(self) -> str:
        """Its page for people."""
        return self._connection.page(self._entity, self._project, "runs", self._id)

    name = display_name = _text("displayName", "The display name; may be changed, for `update`.")
    notes = _text("notes", "What the user wrote about the run; may be changed, for `update`.")
    description = _text("description", "An older kind of notes; may be changed, for `update`.")
    group = _text("group", "Name of the group of runs; may be changed, for `update`.")
    job_type = _text("jobType", "Kind of job; may be changed, for `update`.")
    storage_id = _fact("id", "What the server calls the run.")
    commit = _fact("commit", "The git commit that the program was at.")
    created_at = _fact("createdAt", "When the run began, in ISO 8601, UTC.")
    heartbeat_at = _fact("heartbeatAt", "When the server heard of it last, in ISO 8601, UTC.")
    sweep_name = _fact("sweepName", "The sweep's id; None if the run belongs to none.")
    read_only = _fact("readOnly", "Whether the server takes changes of it.")
    project_id = _fact("projectId", "What the server calls the project.")
    history_line_count = _fact("historyLineCount", "Number of rows.")

    @property
    def tags(self) -> List[str]:
        """The tags; may be changed, for `update`."""
        found: List[str] = self._told("tags")
        return found

    @tags.setter
    def tags(self, tags: List[str]) -> None:
        if isinstance(tags, str) or not all(isinstance(tag, str) for tag in _each(tags)):
            raise ApiTypeError(f"tags is a list of words, not {tags!r:.200}.")
        self._told("tags")
        self._node["tags"] = list(tags)

    @property
    def user(self) -> User:
        """Who began it."""
        return User(self._connection, self._told("user") or {})

    # ---- what it has

    @property
    def config(self) -> Dict[str, Any]:
        """The config; may be changed, for `update`."""
        self.load()
        return self._config

    @property
    def rawconfig(self) -> Dict[str, Any]:
        """The config with the section `_wandb`."""
        self.load()
        return {**self._own, **self._config}

    @property
    def summary(self) -> ServerSummary:
        """The summary; changes of it are sent by its own `update`."""
        self.load()
        return ServerSummary(self._summary, self._send_summary)

    @property
    def summary_metrics(self) -> Dict[str, Any]:
        """The summary as a plain dict."""
        self.load()
        return self._summary

    @property
    def system_metrics(self) -> Dict[str, Any]:
        """The last reading of each system metric."""
        self.load()
        return self._system

    @property
    def lastHistoryStep(self) -> int:
        """The step of the last row; -1 if there is none. Asked for each time."""
        return self._history.last_step()

    def _send_summary(self) -> None:
        raise NotImplementedError


def _each(tags: Any) -> Iterable[Any]:
    return tags if isinstance(tags, Iterable) else (None,)


def _object(text: Any) -> Dict[str, Any]:
    value = json.loads(text) if isinstance(text, str) and text else text
    return value if isinstance(value, dict) else {}


def _unwrapped(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and "value" in value else value
