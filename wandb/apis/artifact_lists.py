"""Lists of artifacts of a server: types, collections, versions, and those of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, Mapping, Sequence

from wandb.apis import artifact_queries
from wandb.apis.artifact_collection import ArtifactCollection, ArtifactType
from wandb.apis.pages import Pages
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.server_facts import ServerFacts

if TYPE_CHECKING:
    from wandb.apis.connection import Connection

_COMMITTED = {"state": "COMMITTED"}


class _Listed(Pages[Any]):
    """A list that one query gives: its place in the answer, and what is asked."""

    operation = query = way = ""

    def __init__(self, connection: Connection, per_page: int, start: str | None, **asked: Any) -> None:
        super().__init__(per_page, start)
        self._connection = connection
        self._asked = asked

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        found: Dict[str, Any] | None = self._connection.ask(
            self.operation, self.query, self.way, **self._asked, cursor=cursor, perPage=self.per_page
        )
        return found


class ArtifactTypes(_Listed):
    """The types of the artifacts of a project."""

    operation, query, way = "ProjectArtifactTypes", artifact_queries.TYPES, "project.artifactTypes"

    def __init__(
        self, connection: Connection, entity: str, project: str, per_page: int = 50, start: str | None = None
    ) -> None:
        super().__init__(connection, per_page, start, entity=entity, project=project)

    def _item(self, node: Dict[str, Any]) -> ArtifactType:
        return ArtifactType(self._connection, self._asked["entity"], self._asked["project"], node["name"], node)


class _Collections(_Listed):
    def _item(self, node: Dict[str, Any]) -> ArtifactCollection:
        kind = (node.get("type") or {}).get("name") or self._asked.get("type") or ""
        place = (self._asked["entity"], self._asked["project"])
        return ArtifactCollection(self._connection, *place, node["name"], kind, node)


class ArtifactCollections(_Collections):
    """The artifacts of one type of a project."""

    operation, query = "ArtifactTypeArtifactCollections", artifact_queries.COLLECTIONS
    way = "project.artifactType.artifactCollections"

    def __init__(
        self,
        connection: Connection,
        entity: str,
        project: str,
        type_name: str,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        start: str | None = None,
    ) -> None:
        asked = {"entity": entity, "project": project, "type": type_name, "filters": _text(filters), "order": order}
        super().__init__(connection, per_page, start, **asked)


class ProjectArtifactCollections(_Collections):
    """The artifacts of a project, of all types."""

    operation, query = "ProjectArtifactCollections", artifact_queries.PROJECT_COLLECTIONS
    way = "project.artifactCollections"

    def __init__(
        self,
        connection: Connection,
        entity: str,
        project: str,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        start: str | None = None,
    ) -> None:
        asked = {"entity": entity, "project": project, "filters": _text(filters), "order": order}
        super().__init__(connection, per_page, start, **asked)


class _Versions(_Listed):
    def _item(self, node: Dict[str, Any]) -> Artifact:
        return Artifact.from_server(ServerFacts(node), self._connection.artifacts())


class Artifacts(_Versions):
    """The versions of one artifact, by default the newest first."""

    operation, query = "ProjectArtifacts", artifact_queries.VERSIONS
    way = "project.artifactType.artifactCollection.artifacts"

    def __init__(
        self,
        connection: Connection,
        entity: str,
        project: str,
        collection_name: str,
        type: str,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        tags: Sequence[str] | str | None = None,
        start: str | None = None,
    ) -> None:
        """With `tags`, the versions that have all of these."""
        self._tags = {tags} if isinstance(tags, str) else set(tags or ())
        chosen = _COMMITTED if filters is None else filters
        asked = {"entity": entity, "project": project, "type": type, "collection": collection_name, "order": order}
        super().__init__(connection, per_page, start, **asked, filters=_text(chosen))

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        page = super()._page(cursor)
        return {**page, "totalCount": None} if page and self._tags else page

    def _is_wanted(self, node: Dict[str, Any]) -> bool:
        return self._tags <= {tag["name"] for tag in node.get("tags") or ()}


class RunArtifacts(_Versions):
    """The artifacts that are outputs ("logged") or inputs ("used") of a run."""

    way = "project.run.artifacts"

    def __init__(
        self,
        connection: Connection,
        run: Dict[str, str],
        mode: str = "logged",
        per_page: int = 50,
        start: str | None = None,
    ) -> None:
        super().__init__(connection, per_page, start, **run)
        is_output = mode == "logged"
        self.operation = "RunOutputArtifacts" if is_output else "RunInputArtifacts"
        self.query = artifact_queries.RUN_OUTPUTS if is_output else artifact_queries.RUN_INPUTS


def _text(filters: Mapping[str, Any] | None) -> str | None:
    return None if filters is None else json.dumps(dict(filters))
