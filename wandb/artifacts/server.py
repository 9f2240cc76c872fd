"""Artifacts at a server: finding, reading and changing them through clients that the caller makes.

The client is whatever has `graphql(operation, query, variables)`, which returns the data of the answer or raises
CommError; see `wandb/sync/client.py`.
"""

from __future__ import annotations

import os
import re

from wandb.artifacts import queries
from wandb.artifacts.server_facts import ServerFacts
from wandb.artifacts.transfer import PATIENCE, Patience, Transfers
from wandb.errors import ArgumentValueError, CommError
from wandb.process import PerProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, Mapping, Protocol, Tuple

    from wandb.artifacts.server_facts import Place

    class Client(Protocol):
        """What is asked of a client."""

        def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
            """The data of the answer."""


_PAGE, _SHORT_PAGE = 5000, 50
_NAME = re.compile(r"(?:(?:(?P<entity>[^/:]+)/)?(?P<project>[^/:]+)/)?(?P<name>[^/:]+)(?::(?P<alias>[^/:]+))?")


def full_name(name: str, entity: str, project: str) -> Tuple[str, str, str]:
    """(entity, project, "collection:alias") of `[[entity/]project/]collection[:alias]`. Raises UsageError."""
    match = _NAME.fullmatch(name)
    if not match:
        raise ArgumentValueError(f"An artifact's name looks like entity/project/name:alias, not {name!r}.")
    alias = match["alias"] or "latest"
    return match["entity"] or entity, match["project"] or project, f"{match['name']}:{alias}"


def _inside(data: Any, *way: str) -> Any:
    for name in way:
        data = (data or {}).get(name)
    if not data:
        raise CommError(f"The server has no {way[-1]} there: no such project, or it is not yours to see.")
    return data


class ArtifactServer:
    """The artifacts of one server."""

    def __init__(
        self,
        connect: Callable[[], Client],
        app_url: str = "",
        patience: Patience = PATIENCE,
        insecure: bool = False,
    ) -> None:
        """`connect` makes a client, in each process one, since connections can't be shared; `app_url` is where people
        look at it; `patience` and `insecure` hold for downloads.
        """
        self._connect = connect
        self._clients = PerProcess(connect)
        self.app_url = app_url
        self.patience = patience
        self.insecure = insecure

    @property
    def _client(self) -> Client:
        client: Client = self._clients.get()
        return client

    def __reduce__(self) -> Any:
        return ArtifactServer, (self._connect, self.app_url, self.patience, self.insecure)

    def transfers(self) -> Transfers:
        """For one download."""
        return Transfers(self.patience, self.insecure)

    def default_entity(self) -> str:
        """Whose artifacts are meant where no owner is named. Raises CommError."""
        viewer = self._client.graphql("Viewer", queries.VIEWER, {}).get("viewer") or {}
        if not viewer.get("entity"):
            raise CommError("The server knows no default entity: name the artifact as entity/project/name:alias.")
        return str(viewer["entity"])

    def by_name(self, entity: str, project: str, name: str) -> ServerFacts:
        """The artifact that is `collection:alias` in a project. Raises CommError if there is none."""
        variables = {"entity": entity, "project": project, "name": name}
        data = self._client.graphql("ArtifactMembershipByName", queries.BY_NAME, variables)
        membership = (data.get("project") or {}).get("artifactCollectionMembership")
        if not membership or not membership.get("artifact"):
            raise CommError(f"There is no artifact {entity}/{project}/{name} at the server, or it is not yours to see.")
        return ServerFacts(membership["artifact"], membership)

    def by_id(self, artifact_id: str) -> ServerFacts:
        """The artifact with that identifier. Raises CommError if there is none."""
        artifact = self._client.graphql("ArtifactByID", queries.BY_ID, {"id": artifact_id}).get("artifact")
        if not artifact:
            raise CommError(f"There is no artifact with the identifier {artifact_id} at the server.")
        return ServerFacts(artifact)

    def latest(self, entity: str, project: str, kind: str | None = None) -> Iterator[ServerFacts]:
        """The latest version of each artifact of a project, of one type or of all."""
        place = {"entity": entity, "project": project}
        types = [kind] if kind else self._names("ProjectArtifactTypes", queries.TYPES, place, "artifactTypes")
        for of_type in types:
            asked = {**place, "type": of_type}
            way = ("artifactType", "artifactCollections")
            for name in self._names("ArtifactTypeArtifactCollections", queries.COLLECTIONS, asked, *way):
                one = {**asked, "collection": name, "perPage": 1, "filters": '{"state":"COMMITTED"}'}
                data = self._client.graphql("ProjectArtifacts", queries.VERSIONS, {**one, "cursor": None})
                found = _inside(data, "project", "artifactType", "artifactCollection", "artifacts")
                yield from (ServerFacts(edge["node"]) for edge in found["edges"])

    def _names(self, operation: str, query: str, asked: Mapping[str, Any], *way: str) -> Iterator[str]:
        """The names in a list that comes in pages."""
        cursor = None
        while True:
            data = self._client.graphql(operation, query, {**asked, "cursor": cursor, "perPage": _SHORT_PAGE})
            found = _inside(data, "project", *way)
            yield from (str(edge["node"]["name"]) for edge in found["edges"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            cursor = found["pageInfo"]["endCursor"]

    def manifest_url(self, artifact_id: str) -> str:
        """Where the manifest is; to be got without the API key."""
        data = self._client.graphql("FetchArtifactManifest", queries.MANIFEST, {"id": artifact_id})
        try:
            return str(data["artifact"]["currentManifest"]["file"]["directUrl"])
        except (KeyError, TypeError) as error:
            raise CommError(f"The artifact {artifact_id} has no manifest at the server.", error) from error

    def file_urls(self, place: Place) -> Iterator[Tuple[str, str]]:
        """(path, URL) of each file; to be got without the API key, and soon: the URLs don't hold for ever."""
        size = int(os.environ.get("WANDB_ARTIFACT_FETCH_FILE_URL_BATCH_SIZE") or _PAGE)
        variables: Dict[str, Any] = {"entity": place.entity, "project": place.project, "collection": place.collection}
        variables.update(alias=place.version, cursor=None, perPage=size)
        while True:
            data = self._client.graphql("GetArtifactMembershipFileUrls", queries.FILE_URLS, variables)
            try:
                files = data["project"]["artifactCollection"]["artifactMembership"]["files"]
            except (KeyError, TypeError) as error:
                raise CommError(f"The server lists no files of {place.qualified_name}.", error) from error
            for edge in files["edges"]:
                if edge["node"]:
                    yield edge["node"]["name"], edge["node"]["directUrl"]
            if not files["pageInfo"]["hasNextPage"]:
                return
            variables["cursor"] = files["pageInfo"]["endCursor"]

    def update(self, artifact_id: str, changes: Mapping[str, Any]) -> None:
        """Change description, metadata, tags or time to live."""
        variables = {"input": {"artifactID": artifact_id, **changes}}
        self._client.graphql("UpdateArtifact", queries.UPDATE, variables)

    def change_aliases(self, artifact_id: str, place: Place, added: Any, removed: Any) -> None:
        """Give the artifact aliases in a collection, and take some away."""
        for operation, query, aliases in (
            ("AddAliases", queries.ADD_ALIASES, added),
            ("DeleteAliases", queries.DELETE_ALIASES, removed),
        ):
            if aliases:
                of = {"entityName": place.entity, "projectName": place.project}
                listed = [{"alias": alias, "artifactCollectionName": place.collection, **of} for alias in aliases]
                self._client.graphql(operation, query, {"input": {"artifactID": artifact_id, "aliases": listed}})

    def delete(self, artifact_id: str, with_aliases: bool) -> None:
        """Remove a version; one that has aliases only `with_aliases`."""
        variables = {"input": {"artifactID": artifact_id, "deleteAliases": with_aliases}}
        self._client.graphql("DeleteArtifact", queries.DELETE, variables)

    def link(self, artifact_id: str, entity: str, project: str, collection: str, aliases: Any) -> str:
        """Show the artifact in another collection; its version there."""
        listed = [{"alias": alias, "artifactCollectionName": collection} for alias in aliases]
        place = {"entityName": entity, "projectName": project, "artifactPortfolioName": collection}
        variables = {"input": {"artifactID": artifact_id, "aliases": listed, **place}}
        data = self._client.graphql("LinkArtifact", queries.LINK, variables)
        return f"v{int((data.get('linkArtifact') or {}).get('versionIndex') or 0)}"
