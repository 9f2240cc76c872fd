"""Sweeps of a server: their configuration, their runs, and which of those is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple

from wandb.apis import run_queries
from wandb.apis.connection import absent
from wandb.apis.pages import Pages
from wandb.apis.server_runs import ServerRuns
from wandb.apis.shown import Shown
from wandb.errors import ApiValueError, CommError, UnsupportedError
from wandb.foreign_answers import understood
from wandb.sdk.lib.notebook_page import page_html

if TYPE_CHECKING:
    from wandb.apis.connection import Connection
    from wandb.apis.server_run import ServerRun

_RUNS_PER_PAGE = 10


class Agent(NamedTuple):
    """One process that takes runs from a sweep, as the server knows it."""

    id: str
    name: str
    host: str
    state: str
    total_runs: int
    created_at: str
    heartbeat_at: str


class Sweep(Shown):
    """One sweep; what is not known of it yet is asked for when it is needed."""

    def __init__(
        self, connection: Connection, entity: str, project: str, sweep_id: str, node: Mapping[str, Any] | None = None
    ) -> None:
        self._connection = connection
        self.entity, self.project, self.id = entity, project, sweep_id
        self._node: Dict[str, Any] = dict(node or {})

    def _place(self) -> Dict[str, str]:
        return {"entity": self.entity, "project": self.project, "sweep": self.id}

    def load(self, force: bool = False) -> Dict[str, Any]:
        """All that the server tells of it, by its names. Raises CommError if there is no such sweep."""
        if force or not self._node:
            found = self._connection.ask_object("GetSweep", run_queries.SWEEP, "project.sweep", **self._place())
            if found is None:
                raise absent("sweep", *self.path)
            self._node = found
        return dict(self._node)

    @property
    def name(self) -> str:
        """The display name, the configuration's, or else the id."""
        return str(self.load().get("displayName") or self.config.get("name") or self.id)

    @property
    def state(self) -> str:
        """RUNNING, PAUSED, CANCELED, FINISHED or PENDING, when the server was asked last."""
        return str(self.load().get("state") or "")

    @property
    def config(self) -> Dict[str, Any]:
        """The configuration."""
        import yaml

        text = self.load().get("config") or "{}"
        with understood("a sweep"):
            try:
                found = yaml.safe_load(text)
            except yaml.YAMLError as error:
                raise ValueError("its configuration is no YAML") from error
        return found if isinstance(found, dict) else {}

    @property
    def order(self) -> str | None:
        """The order that has the best run first; None if the configuration names no metric."""
        metric = self.config.get("metric")
        if not isinstance(metric, dict) or not metric.get("name"):
            return None
        return f"{'-' if metric.get('goal') == 'maximize' else '+'}summary_metrics.{metric['name']}"

    @property
    def expected_run_count(self) -> int | None:
        """How many runs it takes; None if there is no end of them."""
        count = self.load().get("runCountExpected")
        with understood("a sweep"):
            return None if count is None else int(count)

    @property
    def runs(self) -> ServerRuns:
        """Its runs, in the order in which they began."""
        return self._runs("+created_at", _RUNS_PER_PAGE)

    def _runs(self, order: str, per_page: int) -> ServerRuns:
        of_sweep = {"$and": [{"sweep": self.id}]}
        return ServerRuns(self._connection, self.entity, self.project, of_sweep, order, per_page)

    def best_run(self, order: str | None = None) -> ServerRun | None:
        """The first run in an order, by default the one of the metric, or else the newest; None if there is none."""
        for run in self._runs(order or self.order or "-created_at", 1):
            return run
        return None

    def agents(self) -> List[Agent]:
        """The processes that have taken runs from it."""
        way = "project.sweep.agents"
        found = self._connection.ask_object("GetSweepAgents", run_queries.AGENTS, way, **self._place())
        with understood("GetSweepAgents"):
            return [_agent(edge["node"]) for edge in (found or {}).get("edges") or ()]

    def agent(self, agent_id: str) -> Agent:
        """One of them by its identifier or name. Raises ApiValueError if there is none."""
        for agent in self.agents():
            if agent_id in (agent.id, agent.name):
                return agent
        raise ApiValueError(f"The sweep {self.id} has no agent {agent_id!r}.")

    @property
    def path(self) -> List[str]:
        """Entity, project and id."""
        return [self.entity, self.project, self.id]

    @property
    def username(self) -> str:
        """Older name of `entity`."""
        return self.entity

    @property
    def url(self) -> str:
        """Its page for people."""
        return self._connection.page(self.entity, self.project, "sweeps", self.id)

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Its page as a frame for notebooks."""
        return page_html(self.url, height, hidden)

    def enqueue_run(self, config: Dict[str, Any], display_name: str | None = None) -> str:
        """Raises UnsupportedError: how a run is queued is not a part of the protocol that is known here."""
        raise UnsupportedError("Sweep.enqueue_run: this package does not speak that part of the protocol.")

    @classmethod
    def get(
        cls,
        api: Any,
        entity: str | None = None,
        project: str | None = None,
        sid: str | None = None,
        order: str | None = None,
        query: str | None = None,
        **kwargs: Any,
    ) -> Sweep | None:
        """The sweep with this id, or None; `order` and `query` have no effect."""
        path = "/".join(filter(None, (entity, project, sid)))
        try:
            found: Sweep = api.sweep(path)
        except CommError:
            return None
        return found

    def __repr__(self) -> str:
        return f"<Sweep {'/'.join(self.path)} ({self._node.get('state', 'not loaded')})>"


def _agent(node: Dict[str, Any]) -> Agent:
    texts = {name: str(node.get(name) or "") for name in ("id", "name", "host", "state")}
    moments = {"created_at": str(node.get("createdAt") or ""), "heartbeat_at": str(node.get("heartbeatAt") or "")}
    return Agent(**texts, **moments, total_runs=int(node.get("totalRuns") or 0))


class Sweeps(Pages[Sweep]):
    """The sweeps of a project."""

    def __init__(
        self,
        connection: Connection,
        entity: str,
        project: str,
        per_page: int = 50,
        filters: Dict[str, Any] | None = None,
        order: str | None = None,
    ) -> None:
        """Raises UnsupportedError for filters and orders."""
        if filters or order:
            raise UnsupportedError(
                "The sweeps of a project come as the server lists them, without filters or an order."
            )
        super().__init__(per_page)
        self._connection = connection
        self.entity, self.project = entity, project

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        asked = {"entity": self.entity, "project": self.project, "cursor": cursor, "perPage": self.per_page}
        project = self._connection.ask("GetSweeps", run_queries.SWEEPS, "project", **asked)
        if project is None:
            raise absent("project", self.entity, self.project)
        return {**(project.get("sweeps") or {"edges": []}), "totalCount": project.get("totalSweeps")}

    def _item(self, node: Dict[str, Any]) -> Sweep:
        return Sweep(self._connection, self.entity, self.project, str(node["name"]), node)

    def __repr__(self) -> str:
        return f"<Sweeps {self.entity}/{self.project}>"
