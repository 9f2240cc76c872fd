"""The runs of a project at a server, chosen and sorted there, and got some at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, Iterator

from wandb.apis import run_queries
from wandb.apis.connection import absent
from wandb.apis.pages import Pages
from wandb.apis.run_list import Runs
from wandb.apis.server_run import ServerRun
from wandb.errors import ApiTypeError

if TYPE_CHECKING:
    from wandb.apis.connection import Connection


class ServerRuns(Runs, Pages[ServerRun]):
    """Runs of one project; which ones is settled page by page."""

    def __init__(
        self,
        connection: Connection,
        entity: str,
        project: str,
        filters: Dict[str, Any] | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        lazy: bool = True,
    ) -> None:
        """`lazy`: config and summary of a run are asked for when they are needed. Raises ApiTypeError."""
        Pages.__init__(self, per_page)
        self._connection = connection
        self.entity, self.project = entity, project
        self.filters, self.order = filters or {}, order
        self._asked = {"entity": entity, "project": project, "order": order, "filters": _text(filters)}
        self._lazy = lazy

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        query = run_queries.RUNS if self._lazy else run_queries.FULL_RUNS
        asked = {**self._asked, "cursor": cursor, "perPage": self.per_page}
        project = self._connection.ask_object("Runs", query, "project", **asked)
        if project is None or project.get("runs") is None:
            raise absent("project", self.entity, self.project)
        return {**project["runs"], "totalCount": project.get("runCount")}

    def _item(self, node: Dict[str, Any]) -> ServerRun:
        return ServerRun(self._connection, self.entity, self.project, str(node["name"]), node)

    def __iter__(self) -> Iterator[ServerRun]:
        return Pages.__iter__(self)

    def upgrade_to_full(self) -> None:
        """Get config and summary of all runs that are here, and of those to come with their pages."""
        self._lazy = False
        for run in self._items:
            run.load()

    def __repr__(self) -> str:
        return f"<Runs {self.entity}/{self.project}>"


def _text(filters: Any) -> str:
    if filters is not None and not isinstance(filters, dict):
        raise ApiTypeError(f"filters is a dict of names and values, not {filters!r:.200}.")
    try:
        return json.dumps(filters or {})
    except TypeError as error:
        raise ApiTypeError(f"A value of these filters can't be sent to a server: {error}.") from None
