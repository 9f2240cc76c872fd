"""Projects of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping

from wandb.apis import run_queries
from wandb.apis.connection import absent
from wandb.apis.pages import Pages
from wandb.apis.shown import Shown
from wandb.apis.users import User
from wandb.sdk.lib.notebook_page import page_html

if TYPE_CHECKING:
    from wandb.apis.artifact_lists import ArtifactTypes, ProjectArtifactCollections
    from wandb.apis.connection import Connection
    from wandb.apis.sweeps import Sweeps


class Project(Shown):
    """One project; what is not known of it yet is asked for when it is needed."""

    def __init__(
        self, connection: Connection, entity: str, project: str, node: Mapping[str, Any] | None = None
    ) -> None:
        self._connection = connection
        self.entity, self.name = entity, project
        self._node: Dict[str, Any] = dict(node or {})

    def _told(self, name: str) -> Any:
        if name not in self._node:
            found = self._connection.ask_object(
                "GetProject", run_queries.PROJECT, "project", entity=self.entity, project=self.name
            )
            if found is None:
                raise absent("project", self.entity, self.name)
            self._node.update(found)
        return self._node.get(name)

    @property
    def id(self) -> str:
        """What the server calls it."""
        return str(self._told("id"))

    @property
    def created_at(self) -> str:
        """When it was made, in ISO 8601, UTC."""
        return str(self._told("createdAt") or "")

    @property
    def is_benchmark(self) -> bool:
        """Whether it is one that others are measured by."""
        return bool(self._told("isBenchmark"))

    @property
    def owner(self) -> User:
        """Who made it."""
        return User(self._connection, self._told("user") or {})

    user = owner

    @property
    def path(self) -> List[str]:
        """Entity and name."""
        return [self.entity, self.name]

    @property
    def url(self) -> str:
        """Its page for people."""
        return self._connection.page(self.entity, self.name, "workspace")

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Its page as a frame for notebooks."""
        return page_html(self.url, height, hidden)

    def sweeps(self, per_page: int = 50, filters: Dict[str, Any] | None = None, order: str | None = None) -> Sweeps:
        """Its sweeps. Raises UnsupportedError for filters and orders."""
        from wandb.apis.sweeps import Sweeps

        return Sweeps(self._connection, self.entity, self.name, per_page, filters, order)

    def artifacts_types(self, per_page: int = 50) -> ArtifactTypes:
        """The types of its artifacts."""
        from wandb.apis.artifact_lists import ArtifactTypes

        return ArtifactTypes(self._connection, self.entity, self.name, per_page)

    def collections(
        self, filters: Mapping[str, Any] | None = None, order: str | None = None, per_page: int = 50
    ) -> ProjectArtifactCollections:
        """Its artifacts, each with all versions."""
        from wandb.apis.artifact_lists import ProjectArtifactCollections

        return ProjectArtifactCollections(self._connection, self.entity, self.name, filters, order, per_page)

    def __repr__(self) -> str:
        return f"<Project {self.entity}/{self.name}>"


class Projects(Pages[Project]):
    """The projects of one owner."""

    def __init__(self, connection: Connection, entity: str, per_page: int = 50) -> None:
        super().__init__(per_page)
        self._connection = connection
        self.entity = entity

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        asked = {"entity": self.entity, "cursor": cursor, "perPage": self.per_page}
        found: Dict[str, Any] | None = self._connection.ask("GetProjects", run_queries.PROJECTS, "models", **asked)
        return found

    def _item(self, node: Dict[str, Any]) -> Project:
        return Project(self._connection, str(node.get("entityName") or self.entity), str(node["name"]), node)

    def __repr__(self) -> str:
        return f"<Projects {self.entity}>"
