"""One artifact of a server with all its versions, and the type of artifacts that it is one of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping

from wandb.apis import artifact_queries
from wandb.apis.connection import absent
from wandb.errors import UnsupportedError
from wandb.foreign_answers import next_page, understood

if TYPE_CHECKING:
    from wandb.apis.artifact_lists import ArtifactCollections, Artifacts
    from wandb.apis.connection import Connection

_SEQUENCE = "ArtifactSequence"
_ALIASES_PER_PAGE = 1000


class ArtifactType:
    """A kind of artifacts in a project, such as "dataset"."""

    def __init__(
        self, connection: Connection, entity: str, project: str, type_name: str, node: Mapping[str, Any] | None = None
    ) -> None:
        self._connection = connection
        self.entity, self.project, self.type = entity, project, type_name
        self._node: Dict[str, Any] = dict(node or {})

    @property
    def name(self) -> str:
        """The word itself."""
        return self.type

    @property
    def id(self) -> str:
        """What the server calls it."""
        return str(self.load()["id"])

    @property
    def description(self) -> str | None:
        """What somebody wrote about it."""
        found: str | None = self.load().get("description")
        return found

    @property
    def created_at(self) -> str:
        """When it was first used, in ISO 8601, UTC."""
        return str(self.load().get("createdAt") or "")

    def load(self) -> Dict[str, Any]:
        """All that the server tells of it. Raises CommError if no artifact of the project is of this type."""
        if not self._node:
            asked = {"entity": self.entity, "project": self.project, "type": self.type}
            way = "project.artifactType"
            found = self._connection.ask_object("ProjectArtifactType", artifact_queries.TYPE, way, **asked)
            if found is None:
                raise absent("type of artifacts", self.entity, self.project, self.type)
            self._node = dict(found)
        return self._node

    def collection(self, name: str) -> ArtifactCollection:
        """The artifact of this name, with all its versions."""
        return ArtifactCollection(self._connection, self.entity, self.project, name, self.type)

    def collections(
        self,
        filters: Mapping[str, Any] | None = None,
        order: str | None = None,
        per_page: int = 50,
        start: str | None = None,
    ) -> ArtifactCollections:
        """The artifacts of this type."""
        from wandb.apis.artifact_lists import ArtifactCollections

        return ArtifactCollections(
            self._connection, self.entity, self.project, self.type, filters, order, per_page, start
        )

    def __repr__(self) -> str:
        return f"<ArtifactType {self.type}>"


class ArtifactCollection:
    """All versions of one artifact; its description, tags and name may be changed, for `save`."""

    def __init__(
        self,
        connection: Connection,
        entity: str,
        project: str,
        name: str,
        type: str,
        node: Mapping[str, Any] | None = None,
    ) -> None:
        self._connection = connection
        self._entity, self._project, self._name, self._type = entity, project, name, type
        self._node: Dict[str, Any] = dict(node or {})
        self._changes: Dict[str, Any] = {}

    def load(self) -> Dict[str, Any]:
        """All that the server tells of it, by its names. Raises CommError if there is none."""
        if not self._node:
            asked = {"entity": self._entity, "project": self._project, "type": self._type, "name": self._name}
            way = "project.artifactType.artifactCollection"
            found = self._connection.ask_object("ProjectArtifactCollection", artifact_queries.COLLECTION, way, **asked)
            if found is None:
                raise absent(f"{self._type} artifact", self._entity, self._project, self._name)
            self._node = dict(found)
        return self._node

    @property
    def id(self) -> str:
        """What the server calls it."""
        return str(self.load()["id"])

    @property
    def entity(self) -> str:
        """The owner of its project."""
        return self._entity

    @property
    def project(self) -> str:
        """Its project."""
        return self._project

    @property
    def project_id(self) -> str:
        """What the server calls its project."""
        return str((self.load().get("project") or {}).get("id") or "")

    @property
    def project_internal_id(self) -> str | None:
        """The number of its project."""
        found: str | None = (self.load().get("project") or {}).get("internalId")
        return found

    @property
    def name(self) -> str:
        """Its name; may be changed, for `save`."""
        return str(self._changes.get("name", self._name))

    @name.setter
    def name(self, name: str) -> None:
        self._changes["name"] = name

    @property
    def type(self) -> str:
        """The type of its versions; may be changed, for `save`."""
        return str(self._changes.get("type", self._type))

    @type.setter
    def type(self, type: str) -> None:
        self._changes["type"] = type

    @property
    def description(self) -> str | None:
        """What somebody wrote about it; may be changed, for `save`."""
        found: str | None = self._changes.get("description", self.load().get("description"))
        return found

    @description.setter
    def description(self, description: str | None) -> None:
        self._changes["description"] = description

    @property
    @understood("an artifact's tags")
    def tags(self) -> List[str]:
        """Its labels."""
        edges = (self.load().get("tags") or {}).get("edges") or ()
        return [str(edge["node"]["name"]) for edge in edges]

    @tags.setter
    def tags(self, tags: List[str]) -> None:
        raise UnsupportedError("ArtifactCollection.tags can't be changed: that part of the protocol is not known here.")

    @property
    def created_at(self) -> str:
        """When its first version was made, in ISO 8601, UTC."""
        return str(self.load().get("createdAt") or "")

    @property
    def updated_at(self) -> str | None:
        """When it was changed last; None if it never was."""
        found: str | None = self.load().get("updatedAt")
        return found

    @property
    @understood("an artifact's aliases")
    def aliases(self) -> List[str]:
        """The aliases of all versions."""
        found: List[str] = []
        cursor: str | None = None
        while True:
            asked = {"id": self.id, "cursor": cursor, "perPage": _ALIASES_PER_PAGE}
            page = self._connection.ask(
                "ArtifactCollectionAliases", artifact_queries.ALIASES, "artifactCollection.aliases", **asked
            )
            if page is None:
                return found
            found += [str(edge["node"]["alias"]) for edge in page["edges"]]
            cursor = next_page(page["pageInfo"], cursor)
            if cursor is None:
                return found

    def is_sequence(self) -> bool:
        """Whether its versions were logged to it, not linked."""
        return self.load().get("__typename", _SEQUENCE) == _SEQUENCE

    def artifacts(self, per_page: int = 50, start: str | None = None) -> Artifacts:
        """Its versions, the newest first."""
        from wandb.apis.artifact_lists import Artifacts

        return Artifacts(
            self._connection, self._entity, self._project, self._name, self._type, per_page=per_page, start=start
        )

    def save(self) -> None:
        """Send what was changed. Raises UnsupportedError for a collection of links."""
        self._own("save")
        changes = {name: value for name, value in self._changes.items() if name != "type"}
        if changes:
            asked = {"input": {"artifactSequenceID": self.id, **changes}}
            self._connection.graphql("UpdateArtifactSequence", artifact_queries.UPDATE_COLLECTION, asked)
            self._name = self.name
        if self.type != self._type:
            self.change_type(self.type)
        self._changes.clear()
        self._node.clear()

    def change_type(self, new_type: str) -> None:
        """Have all its versions be of another type. Raises UnsupportedError for a collection of links."""
        self._own("change_type")
        asked = {"input": {"artifactSequenceID": self.id, "destinationArtifactTypeName": new_type}}
        self._connection.graphql("UpdateArtifactSequenceType", artifact_queries.MOVE_COLLECTION, asked)
        self._type = new_type
        self._node.clear()

    def delete(self) -> None:
        """Remove it from the server, with all its versions. Raises UnsupportedError for a collection of links."""
        self._own("delete")
        self._connection.graphql("DeleteArtifactSequence", artifact_queries.DELETE_COLLECTION, {"id": self.id})

    def _own(self, what: str) -> None:
        if not self.is_sequence():
            raise UnsupportedError(
                f"ArtifactCollection.{what} is for artifacts that were logged; {self._name} is a collection of links."
            )

    def __repr__(self) -> str:
        return f"<ArtifactCollection {self.name} ({self.type})>"
