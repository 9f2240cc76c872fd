"""What `wandb.Api` of a server knows of artifacts: one by its name, whether there is one, and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Tuple

from wandb.apis.artifact_collection import ArtifactCollection, ArtifactType
from wandb.apis.artifact_lists import ArtifactCollections, Artifacts, ArtifactTypes
from wandb.apis.paths import project_place
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.server import full_name
from wandb.errors import ApiValueError, ArgumentValueError, AuthenticationError, CommError
from wandb.foreign_answers import NotUnderstood

if TYPE_CHECKING:
    from wandb.apis.connection import Connection


class ApiArtifacts:
    """Mixed into the Api."""

    _connection: Connection

    def _entity(self, named: str) -> str:
        raise NotImplementedError

    def _project(self, named: str) -> str:
        raise NotImplementedError

    def artifact(self, name: str, type: str | None = None) -> Artifact:
        """One version, by `[[entity/]project/]name[:alias]`, by default the latest.

        Raises CommError if there is none, ApiValueError if it is of another type.
        """
        if not name:
            raise ApiValueError("An artifact is named as entity/project/name:alias.")
        entity, project, short = full_name(name, "", "")
        server = self._connection.artifacts()
        facts = server.by_name(self._entity(entity), self._project(project), short)
        if type is not None and facts.type != type:
            raise ApiValueError(f"The artifact {name} is of the type {facts.type!r}, not {type!r}.")
        return Artifact.from_server(facts, server)

    def artifact_exists(self, name: str, type: str | None = None) -> bool:
        """Whether the server has such a version, of this type if given. Raises CommError if it can't be asked."""
        try:
            self.artifact(name, type)
        except ArgumentValueError:
            return False
        except CommError as error:
            return _is_absent(error)
        return True

    def artifact_type(self, type_name: str, project: str | None = None) -> ArtifactType:
        """A type of artifacts of a project (`entity/project`). Raises CommError if none is of this type."""
        found = ArtifactType(self._connection, *self._of_project(project), type_name)
        found.load()
        return found

    def artifact_types(self, project: str | None = None, start: str | None = None) -> ArtifactTypes:
        """The types of the artifacts of a project."""
        return ArtifactTypes(self._connection, *self._of_project(project), start=start)

    def artifact_collection(self, type_name: str, name: str) -> ArtifactCollection:
        """One artifact with all its versions. Raises CommError if there is none."""
        entity, project, collection = self._collection(name)
        found = ArtifactCollection(self._connection, entity, project, collection, type_name)
        found.load()
        return found

    def artifact_collection_exists(self, name: str, type: str) -> bool:
        """Whether there is an artifact of this name and type. Raises CommError if the server can't be asked."""
        try:
            self.artifact_collection(type, name)
        except CommError as error:
            return _is_absent(error)
        return True

    def artifact_collections(
        self, project_name: str, type_name: str, order: str | None = None, per_page: int = 50, start: str | None = None
    ) -> ArtifactCollections:
        """The artifacts of one type of a project."""
        place = self._of_project(project_name)
        return ArtifactCollections(self._connection, *place, type_name, None, order, per_page, start)

    def artifacts(
        self,
        type_name: str,
        name: str,
        order: str | None = None,
        per_page: int = 50,
        tags: List[str] | None = None,
        start: str | None = None,
    ) -> Artifacts:
        """The versions of one artifact, by default the newest first; with `tags`, those that have all of these."""
        entity, project, collection = self._collection(name)
        return Artifacts(self._connection, entity, project, collection, type_name, None, order, per_page, tags, start)

    def artifact_versions(self, type_name: str, name: str, per_page: int = 50) -> Artifacts:
        """Older name of `artifacts`."""
        return self.artifacts(type_name, name, per_page=per_page)

    def _of_project(self, path: str | None) -> Tuple[str, str]:
        place = project_place(path or "")
        return self._entity(place.entity), self._project(place.project)

    def _collection(self, name: str) -> Tuple[str, str, str]:
        entity, project, short = full_name(name, "", "")
        return self._entity(entity), self._project(project), short.partition(":")[0]


def _is_absent(error: CommError) -> Any:
    """False for an error that says so; raises any other: nothing is known then."""
    from wandb.sync.client import Unreachable

    if isinstance(error, (AuthenticationError, NotUnderstood, Unreachable)):
        raise error
    return False
