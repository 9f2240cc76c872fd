"""What an artifact at a server belongs to: runs, collections, other places where it is seen; and its files there."""

from __future__ import annotations

from wandb.artifacts.at_server import ArtifactAtServer
from wandb.errors import ArgumentValueError
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

    from wandb.artifacts.artifact import Artifact
    from wandb.artifacts.files import ArtifactFiles
    from wandb.artifacts.server_facts import Place


class ArtifactRelations(ArtifactAtServer):
    """Mixed into Artifact. Runs and collections are those of the public API."""

    def _other(self, entity: str, project: str, name: str) -> Artifact:
        from wandb.artifacts.artifact import Artifact

        server = self._at("link")
        return Artifact.from_server(server.by_name(entity, project, name), server)

    @property
    def source_artifact(self) -> Artifact:
        """Itself, as it is where it was logged to."""
        source = self._logged("source_artifact").source
        return self._other(source.entity, source.project, source.name)

    @property
    def linked_artifacts(self) -> List[Artifact]:
        """Itself, as it is seen in the collections that it was linked to; of such a one there are none."""
        facts, server = self._logged("linked_artifacts"), self._at("linked_artifacts")
        if facts.is_link:
            return []
        places = server.places(facts.id)
        return [self._other(place.entity, place.project, place.name) for place in places if place != facts.source]

    @property
    def collection(self) -> Any:
        """The collection in which it is seen."""
        return self._collection_at(self._logged("collection").place)

    @property
    def source_collection(self) -> Any:
        """The collection that it was logged to."""
        return self._collection_at(self._logged("source_collection").source)

    def _collection_at(self, place: Place) -> Any:
        path = f"{place.entity}/{place.project}/{place.collection}"
        return self._at("collection").api().artifact_collection(self._logged("collection").type, path)

    def files(self, names: List[str] | None = None, per_page: int = 50, start: str | None = None) -> ArtifactFiles:
        """Its files at the server, or those in `names`; `per_page` at a time; `start`: the cursor to begin behind."""
        with loading():
            from wandb.artifacts.files import ArtifactFiles

        return ArtifactFiles(self._at("files"), self._logged("files").place, names, per_page, start)

    def logged_by(self) -> Any:
        """The run that it is an output of; None if it was made without one."""
        server = self._at("logged_by")
        path = server.logged_by(self._logged("logged_by").id)
        return None if path is None else server.api().run(path)

    def used_by(self) -> List[Any]:
        """The runs that it is an input of."""
        server = self._at("used_by")
        return [server.api().run(path) for path in server.used_by(self._logged("used_by").id)]

    def unlink(self) -> None:
        """Take it out of the collection that it is linked to. Raises ValueError where it was logged."""
        facts = self._logged("unlink")
        if not facts.is_link:
            raise ArgumentValueError(
                f"{facts.place.qualified_name} was logged there, not linked; `delete` removes it, `linked_artifacts` "
                "has the links."
            )
        self._at("unlink").unlink(facts.id, facts.place, facts.type)
