"""Artifacts at a server: finding, reading and changing them through clients that the caller makes.

The client is whatever has `graphql(operation, query, variables)`, which returns the data of the answer or raises
CommError; see `wandb/sync/client.py`.
"""

from __future__ import annotations

import os
import re

from wandb.artifacts import queries
from wandb.artifacts.server_facts import ServerFacts, place_of
from wandb.artifacts.transfer import PATIENCE, Transfers
from wandb.errors import ArgumentTypeError, ArgumentValueError, CommError, UnsupportedError
from wandb.foreign_answers import next_page, understood
from wandb.process import PerProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Mapping, Protocol, Tuple

    from wandb.artifacts.server_facts import Place
    from wandb.patience import Patience

    class Client(Protocol):
        """What is asked of a client."""

        def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
            """The data of the answer."""


_PAGE, _SHORT_PAGE = 5000, 50
_FILES = ("artifactCollection", "artifactMembership", "files")
_NAME = re.compile(r"(?:(?:(?P<entity>[^/:]+)/)?(?P<project>[^/:]+)/)?(?P<name>[^/:]+)(?::(?P<alias>[^/:]+))?")


def full_name(name: str, entity: str, project: str) -> Tuple[str, str, str]:
    """(entity, project, "collection:alias") of `[[entity/]project/]collection[:alias]`. Raises UsageError."""
    if not isinstance(name, str):
        raise ArgumentTypeError(f"An artifact is named by a text, not {name!r:.200}.")
    match = _NAME.fullmatch(name)
    if not match:
        raise ArgumentValueError(f"An artifact's name looks like entity/project/name:alias, not {name!r}.")
    alias = match["alias"] or "latest"
    return match["entity"] or entity, match["project"] or project, f"{match['name']}:{alias}"


def _inside(data: Any, *way: str) -> Any:
    with understood(way[-1]):
        for name in way:
            data = (data or {}).get(name)
    if not data:
        raise CommError(f"The server has no {way[-1]} there: no such project, or it is not yours to see.")
    return data


def _membership(place: Place) -> Dict[str, str]:
    """A version in its collection, as queries ask for it."""
    names = {"entity": place.entity, "project": place.project, "collection": place.collection}
    return {**names, "alias": place.version}


def _run_path(run: Mapping[str, Any] | None) -> str | None:
    """`entity/project/run` of what the server says of a run; None for what is none, such as a person."""
    if not run or not run.get("project"):
        return None
    return f"{run['project']['entity']['name']}/{run['project']['name']}/{run['name']}"


class ArtifactServer:
    """The artifacts of one server."""

    def __init__(
        self,
        connect: Callable[[], Client],
        app_url: str = "",
        patience: Patience = PATIENCE,
        insecure: bool = False,
        api: Callable[[], Any] | None = None,
    ) -> None:
        """`connect` makes a client, in each process one, since connections can't be shared; `app_url` is where people
        look at it; `patience` and `insecure` hold for downloads; `api` makes the public API's object for this server.
        """
        self._connect = connect
        self._clients = PerProcess(connect)
        self.app_url = app_url
        self.patience = patience
        self.insecure = insecure
        self._api = api

    @property
    def _client(self) -> Client:
        client: Client = self._clients.get()
        return client

    def __reduce__(self) -> Any:
        return ArtifactServer, (self._connect, self.app_url, self.patience, self.insecure, self._api)

    def api(self) -> Any:
        """The public API's object, whose runs and collections an artifact has to do with."""
        if self._api is None:
            raise UnsupportedError("This artifact was got by a client that knows no runs and no collections.")
        return self._api()

    def transfers(self) -> Transfers:
        """For one download."""
        return Transfers(self.patience, self.insecure)

    @understood("the user")
    def default_entity(self) -> str:
        """Whose artifacts are meant where no owner is named. Raises CommError."""
        viewer = self._client.graphql("Viewer", queries.VIEWER, {}).get("viewer") or {}
        if not viewer.get("entity"):
            raise CommError("The server knows no default entity: name the artifact as entity/project/name:alias.")
        return str(viewer["entity"])

    @understood("an artifact")
    def by_name(self, entity: str, project: str, name: str) -> ServerFacts:
        """The artifact that is `collection:alias` in a project. Raises CommError if there is none."""
        variables = {"entity": entity, "project": project, "name": name}
        data = self._client.graphql("ArtifactMembershipByName", queries.BY_NAME, variables)
        membership = (data.get("project") or {}).get("artifactCollectionMembership")
        if not membership or not membership.get("artifact"):
            raise CommError(f"There is no artifact {entity}/{project}/{name} at the server, or it is not yours to see.")
        facts = ServerFacts(membership["artifact"], membership)
        facts.asked_for = name.partition(":")[2]
        return facts

    @understood("an artifact")
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
                with understood("ProjectArtifacts"):
                    yield from [ServerFacts(edge["node"]) for edge in found["edges"]]

    def _names(self, operation: str, query: str, asked: Mapping[str, Any], *way: str) -> Iterator[str]:
        for node in self._nodes(operation, query, {**asked, "perPage": _SHORT_PAGE}, *way):
            with understood(operation):
                name = str(node["name"])
            yield name

    def _nodes(
        self, operation: str, query: str, asked: Mapping[str, Any], *way: str, cursor: str | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """What is in a list of a project that comes in pages, from behind `cursor`. Raises CommError."""
        while True:
            data = self._client.graphql(operation, query, {**asked, "cursor": cursor})
            found = _inside(data, "project", *way)
            with understood(operation):
                nodes = [edge["node"] for edge in found["edges"] if edge["node"]]
                cursor = next_page(found["pageInfo"], cursor)
            yield from nodes
            if cursor is None:
                return

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
        operation, asked = "GetArtifactMembershipFileUrls", {**_membership(place), "perPage": size}
        for node in self._nodes(operation, queries.FILE_URLS, asked, *_FILES):
            with understood(operation):
                found = node["name"], node["directUrl"]
            yield found

    def files(
        self, place: Place, names: List[str] | None = None, per_page: int = _SHORT_PAGE, cursor: str | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """What is known of each file, or of those that `names` has, in pages that begin behind `cursor`."""
        asked = {**_membership(place), "fileNames": names, "perPage": per_page}
        return self._nodes("ArtifactMembershipFiles", queries.FILES, asked, *_FILES, cursor=cursor)

    @understood("an artifact")
    def places(self, artifact_id: str) -> List[Place]:
        """Where an artifact is seen: in the collection that it was logged to, and in those that it is linked to."""
        data = self._client.graphql("FetchLinkedArtifacts", queries.PLACES, {"artifactID": artifact_id})
        found = _inside(data, "artifact", "artifactMemberships")
        members = [edge["node"] for edge in found["edges"] if edge["node"]]
        return [place_of(member["artifactCollection"], member["versionIndex"]) for member in members]

    @understood("an artifact")
    def logged_by(self, artifact_id: str) -> str | None:
        """`entity/project/run` of the run that an artifact is an output of."""
        data = self._client.graphql("ArtifactCreatedBy", queries.CREATED_BY, {"id": artifact_id})
        return _run_path(_inside(data, "artifact").get("createdBy"))

    @understood("an artifact")
    def used_by(self, artifact_id: str) -> List[str]:
        """`entity/project/run` of the runs that an artifact is an input of."""
        data = self._client.graphql("ArtifactUsedBy", queries.USED_BY, {"id": artifact_id})
        edges = (_inside(data, "artifact").get("usedBy") or {}).get("edges") or []
        return [path for path in (_run_path(edge["node"]) for edge in edges) if path is not None]

    @understood("an artifact")
    def unlink(self, artifact_id: str, place: Place, kind: str) -> None:
        """Take an artifact out of a collection that it is linked to."""
        asked = {"entity": place.entity, "project": place.project, "name": place.collection, "type": kind}
        data = self._client.graphql("ProjectArtifactCollection", queries.COLLECTION, asked)
        collection = _inside(data, "project", "artifactType", "artifactCollection")
        variables = {"input": {"artifactID": artifact_id, "artifactPortfolioID": collection["id"]}}
        self._client.graphql("UnlinkArtifact", queries.UNLINK, variables)

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

    @understood("an artifact")
    def link(self, artifact_id: str, entity: str, project: str, collection: str, aliases: Any) -> str:
        """Show the artifact in another collection; its version there."""
        listed = [{"alias": alias, "artifactCollectionName": collection} for alias in aliases]
        place = {"entityName": entity, "projectName": project, "artifactPortfolioName": collection}
        variables = {"input": {"artifactID": artifact_id, "aliases": listed, **place}}
        data = self._client.graphql("LinkArtifact", queries.LINK, variables)
        return f"v{int((data.get('linkArtifact') or {}).get('versionIndex') or 0)}"
