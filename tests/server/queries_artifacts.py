"""What the server shows of artifacts to the public API: types, collections, versions, and the runs at both ends."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Dict, List

from tests.server.queries_filters import page
from tests.server.received import Refused

if TYPE_CHECKING:
    from tests.server.artifacts import ReceivedArtifact
    from tests.server.received import ReceivedRun
    from tests.server.server import RecordingServer

ARTIFACTS = """
    extend type Query { artifact(id: ID!): Artifact, artifactCollection(id: ID!): ArtifactCollection }

    extend type Mutation {
        updateArtifactSequence(input: UpdateArtifactSequenceInput!): UpdateArtifactSequencePayload
        moveArtifactSequence(input: MoveArtifactSequenceInput!): UpdateArtifactSequencePayload
        deleteArtifactSequence(input: DeleteArtifactSequenceInput!): DeleteArtifactSequencePayload
        useArtifact(input: UseArtifactInput!): UseArtifactPayload
    }

    extend type Project {
        artifact(name: String!): Artifact
        artifactType(name: String!): ArtifactType
        artifactTypes(after: String, first: Int): ArtifactTypeConnection
        artifactCollection(name: String!): ArtifactCollection
        artifactCollections(after: String, first: Int, order: String, filters: JSONString): ArtifactCollectionConnection
        artifactCollectionMembership(name: String!): ArtifactCollectionMembership
    }
    extend type Run {
        inputArtifacts(after: String, first: Int): ArtifactConnection
        outputArtifacts(after: String, first: Int): ArtifactConnection
    }

    type Tag { id: ID!, name: String! }
    type TagConnection { edges: [TagEdge!]! }
    type TagEdge { node: Tag }
    type ArtifactAlias { id: ID!, alias: String!, artifactCollection: ArtifactCollection }
    type ArtifactAliasConnection { edges: [ArtifactAliasEdge!]!, pageInfo: PageInfo! }
    type ArtifactAliasEdge { node: ArtifactAlias }

    type ArtifactType {
        id: ID!
        name: String!
        description: String
        createdAt: DateTime!
        artifactCollection(name: String!): ArtifactCollection
        artifactCollections(after: String, first: Int, order: String, filters: JSONString): ArtifactCollectionConnection
    }
    type ArtifactTypeConnection { edges: [ArtifactTypeEdge!]!, pageInfo: PageInfo! }
    type ArtifactTypeEdge { node: ArtifactType }

    interface ArtifactCollection {
        id: ID!
        name: String!
        state: String!
        description: String
        createdAt: DateTime!
        updatedAt: DateTime
        project: Project!
        defaultArtifactType: ArtifactType!
        tags(after: String, first: Int): TagConnection!
        aliases(after: String, first: Int): ArtifactAliasConnection!
        artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection
        artifactMembership(aliasName: String): ArtifactCollectionMembership
    }
    type ArtifactSequence implements ArtifactCollection {
        id: ID!
        name: String!
        state: String!
        description: String
        createdAt: DateTime!
        updatedAt: DateTime
        project: Project!
        defaultArtifactType: ArtifactType!
        tags(after: String, first: Int): TagConnection!
        aliases(after: String, first: Int): ArtifactAliasConnection!
        artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection
        artifactMembership(aliasName: String): ArtifactCollectionMembership
        latestArtifact: Artifact
    }
    type ArtifactCollectionConnection { edges: [ArtifactCollectionEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
    type ArtifactCollectionEdge { node: ArtifactCollection }

    type ArtifactCollectionMembership {
        id: ID!
        versionIndex: Int
        createdAt: DateTime!
        aliases: [ArtifactAlias!]!
        artifactCollection: ArtifactCollection
        artifact: Artifact
        files(after: String, first: Int, names: [String!]): ArtifactFileConnection
    }

    type Artifact {
        id: ID!
        artifactSequence: ArtifactSequence!
        versionIndex: Int
        artifactType: ArtifactType!
        description: String
        metadata: JSONString
        ttlDurationSeconds: Int64
        ttlIsInherited: Boolean!
        tags: [Tag!]!
        historyStep: Int64
        state: String!
        size: Int64!
        digest: String!
        commitHash: String
        fileCount: Int64!
        createdAt: DateTime!
        updatedAt: DateTime
        aliases: [ArtifactAlias!]!
        createdBy: ArtifactCreator
        artifactMemberships(after: String, first: Int): ArtifactCollectionMembershipConnection!
        usedBy(after: String, first: Int): RunConnection!
        files(after: String, first: Int, names: [String!]): ArtifactFileConnection
        currentManifest: ArtifactManifest
    }
    union ArtifactCreator = Run | User
    type ArtifactCollectionMembershipConnection { edges: [ArtifactCollectionMembershipEdge!]!, pageInfo: PageInfo! }
    type ArtifactCollectionMembershipEdge { node: ArtifactCollectionMembership }
    extend type File { displayName: String!, storagePath: String, digest: String }
    type ArtifactManifest { id: ID!, file: ManifestFile! }
    type ManifestFile { id: ID!, directUrl: String! }
    type ArtifactConnection { edges: [ArtifactEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
    type ArtifactEdge { node: Artifact }
    type VersionedArtifactConnection { edges: [VersionedArtifactEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
    type VersionedArtifactEdge { node: Artifact, version: String! }
    type ArtifactFileConnection { edges: [ArtifactFileEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
    type ArtifactFileEdge { node: File }

    input UpdateArtifactSequenceInput { artifactSequenceID: ID!, name: String, description: String }
    type UpdateArtifactSequencePayload { artifactCollection: ArtifactCollection }
    input MoveArtifactSequenceInput { artifactSequenceID: ID!, destinationArtifactTypeName: String! }
    input DeleteArtifactSequenceInput { artifactSequenceID: ID! }
    type DeleteArtifactSequencePayload { artifactCollection: ArtifactCollection }
    input UseArtifactInput {
        artifactID: ID!, entityName: String!, projectName: String!, runName: String!, usedAs: String
        artifactEntityName: String, artifactProjectName: String
    }
    type UseArtifactPayload { artifact: Artifact }
"""
_CREATED = "2026-01-01T00:00:00Z"


def identifier(kind: str, name: str) -> str:
    """What a server calls things."""
    return base64.b64encode(f"{kind}:{name}".encode()).decode()


def artifacts_of(server: RecordingServer) -> List[ReceivedArtifact]:
    """Those that have been sent whole."""
    return [artifact for artifact in getattr(server, "artifacts", ()) if artifact.state == "COMMITTED"]


class Collection:
    """All versions of one artifact."""

    def __init__(self, versions: List[ReceivedArtifact]) -> None:
        self.versions = versions
        fields = versions[0].fields
        self.entity, self.project = fields["entityName"], fields["projectName"]
        self.name, self.type = versions[0].collection, fields["artifactTypeName"]


def collections_of(server: RecordingServer, entity: str, project: str, kind: str | None = None) -> List[Collection]:
    """The artifacts of a project, or those of a type."""
    found: Dict[str, List[ReceivedArtifact]] = {}
    for artifact in artifacts_of(server):
        if (artifact.fields["entityName"], artifact.fields["projectName"]) == (entity, project):
            found.setdefault(artifact.collection, []).append(artifact)
    made = [Collection(versions) for _, versions in sorted(found.items())]
    return [collection for collection in made if kind in (None, collection.type)]


def artifact_answers(server: RecordingServer) -> Dict[str, Any]:
    """The fields of queries and mutations."""
    return {
        "artifact": lambda _, id: next((found for found in _all(server) if found["id"] == id), None),
        "artifactCollection": lambda _, id: _collection(server, id)[1],
        "useArtifact": lambda _, input: _use(server, input),
        "updateArtifactSequence": lambda _, input: _change(server, input),
        "moveArtifactSequence": lambda _, input: _change(server, input),
        "deleteArtifactSequence": lambda _, input: _delete(server, input),
    }


def _places(server: RecordingServer) -> List[Collection]:
    places = {(one.fields["entityName"], one.fields["projectName"]) for one in artifacts_of(server)}
    return [found for place in sorted(places) for found in collections_of(server, *place)]


def _all(server: RecordingServer) -> List[Dict[str, Any]]:
    return [artifact_answer(server, one, found) for found in _places(server) for one in found.versions]


def _collection(server: RecordingServer, name: str) -> Any:
    known = ((found, collection_answer(server, found)) for found in _places(server))
    return next((pair for pair in known if pair[1]["id"] == name), (None, None))


def _use(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    artifact = next(one for one in artifacts_of(server) if one.id == values["artifactID"])
    artifact.used_by.append(values["runName"])
    return {"artifact": next(found for found in _all(server) if found["id"] == artifact.id)}


def _change(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    found, _ = _collection(server, values["artifactSequenceID"])
    if found is None:
        raise Refused(f"no artifact {values['artifactSequenceID']}")
    named = {"name": "artifactCollectionName", "description": "collectionDescription",
             "destinationArtifactTypeName": "artifactTypeName"}  # fmt: skip
    for one in found.versions:
        one.fields.update({named[key]: value for key, value in values.items() if key in named})
    return {"artifactCollection": collection_answer(server, Collection(found.versions))}


def _delete(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    found, _ = _collection(server, values["artifactSequenceID"])
    if found is None:
        raise Refused(f"no artifact {values['artifactSequenceID']}")
    for one in found.versions:
        one.state = "DELETED"
    return {"artifactCollection": {**collection_answer(server, found), "state": "DELETED"}}


def artifacts_of_project(server: RecordingServer, entity: str, project: str) -> Dict[str, Any]:
    """The fields of a project."""

    def collections(kind: str | None = None) -> List[Any]:
        return [collection_answer(server, found) for found in collections_of(server, entity, project, kind)]

    def types() -> List[Any]:
        names = sorted({found.type for found in collections_of(server, entity, project)})
        return [type_answer(name, collections) for name in names]

    def named(name: str) -> Any:
        return next((found for found in collections() if found["name"] == name), None)

    def membership(_: Any, name: str) -> Any:
        collection, _, alias = name.partition(":")
        found = next((one for one in collections_of(server, entity, project) if one.name == collection), None)
        versions = [one for one in found.versions if alias in (f"v{one.version}", *one.aliases)] if found else []
        return membership_answer(server, versions[-1], found) if found and versions else None

    return {
        "artifactType": lambda _, name: next((kind for kind in types() if kind["name"] == name), None),
        "artifactTypes": lambda _, after=None, first=None: page(types(), after, first),
        "artifactCollection": lambda _, name: named(name),
        "artifactCollections": lambda _, after=None, first=None, order=None, filters=None: page(
            collections(), after, first
        ),
        "artifactCollectionMembership": membership,
        "artifact": lambda _, name: (membership(_, name) or {"artifact": None})["artifact"],
    }


def type_answer(name: str, collections: Any) -> Dict[str, Any]:
    """One type."""

    def named(_: Any, **asked: Any) -> Any:
        return next((found for found in collections(name) if found["name"] == asked["name"]), None)

    return {
        "id": identifier("ArtifactType", name), "name": name, "description": None, "createdAt": _CREATED,
        "artifactCollection": named,
        "artifactCollections": lambda _, after=None, first=None, order=None, filters=None: page(
            collections(name), after, first
        ),
    }  # fmt: skip


def collection_answer(server: RecordingServer, found: Collection) -> Dict[str, Any]:
    """One artifact with all its versions."""

    def versions(_: Any, after: Any = None, first: Any = None, order: Any = None, filters: Any = None) -> Any:
        listed = page([artifact_answer(server, one, found) for one in reversed(found.versions)], after, first)
        for edge in listed["edges"]:
            edge["version"] = f"v{edge['node']['versionIndex']}"
        return listed

    aliases = [
        {"id": identifier("ArtifactAlias", alias), "alias": alias}
        for one in found.versions
        for alias in sorted(one.aliases)
    ]
    return {
        "__typename": "ArtifactSequence", "id": identifier("ArtifactCollection", found.versions[0].id), "name": found.name,
        "state": "READY", "description": found.versions[0].fields.get("collectionDescription"), "createdAt": _CREATED, "updatedAt": None,
        "project": lambda _: server.project_answer(found.project, found.entity),
        "defaultArtifactType": type_answer(found.type, lambda kind: []),
        "tags": lambda _, after=None, first=None: page([], after, first), "artifacts": versions,
        "aliases": lambda _, after=None, first=None: page(aliases, after, first),
        "artifactMembership": lambda _, aliasName: next(
            (
                membership_answer(server, one, found) for one in found.versions
                if aliasName in (f"v{one.version}", *one.aliases)
            ),
            None,
        ),
    }  # fmt: skip


def membership_answer(server: RecordingServer, artifact: ReceivedArtifact, found: Collection) -> Dict[str, Any]:
    """A version in its collection."""
    shown = artifact_answer(server, artifact, found)
    return {
        "id": identifier("ArtifactCollectionMembership", artifact.id), "versionIndex": artifact.version,
        "createdAt": _CREATED, "aliases": shown["aliases"], "artifactCollection": shown["artifactSequence"], "artifact": shown,
        "files": shown["files"],
    }  # fmt: skip


def artifact_answer(server: RecordingServer, artifact: ReceivedArtifact, found: Collection) -> Dict[str, Any]:
    """One version."""
    fields, collection = artifact.fields, collection_answer(server, found)
    contents = server.manifest(artifact)["contents"]  # type: ignore[attr-defined]
    kept = {key: fields[key] for key in ("description", "metadata", "historyStep", "digest")}
    creator = server.runs.get(fields.get("runName") or "")
    aliases = [
        {"id": identifier("ArtifactAlias", alias), "alias": alias, "artifactCollection": collection}
        for alias in sorted(artifact.aliases)
    ]

    def used_by(_: Any, after: Any = None, first: Any = None) -> Any:
        return page([server.run_answer(server.runs[name]) for name in artifact.used_by], after, first)

    return {
        **kept, "id": artifact.id, "state": artifact.state, "versionIndex": artifact.version,
        "size": sum(entry.get("size") or 0 for entry in contents.values()), "commitHash": "c", "fileCount": len(contents),
        "ttlDurationSeconds": fields["ttlDurationSeconds"] or -2, "ttlIsInherited": False, "createdAt": _CREATED,
        "updatedAt": None, "tags": [{"id": identifier("Tag", tag), "name": tag} for tag in sorted(artifact.tags)],
        "artifactType": collection["defaultArtifactType"], "artifactSequence": collection, "aliases": aliases,
        "createdBy": None if creator is None else lambda _: {"__typename": "Run", **server.run_answer(creator)},
        "usedBy": used_by,
        "currentManifest": lambda _: {
            "id": identifier("ArtifactManifest", artifact.id),
            "file": {"id": "f", "directUrl": f"{server.storage.url}/{artifact.id}.manifest"},  # type: ignore[attr-defined]
        },
        "artifactMemberships": lambda _, after=None, first=None: page(
            [membership_answer(server, artifact, found)], after, first
        ),
        "files": lambda _, after=None, first=None, names=None: page(_files(server, artifact, names), after, first),
    }  # fmt: skip


def _files(server: RecordingServer, artifact: ReceivedArtifact, names: List[str] | None) -> List[Dict[str, Any]]:
    storage, contents = server.storage, server.manifest(artifact)["contents"]  # type: ignore[attr-defined]
    return [
        {
            "id": identifier("File", path), "name": path, "displayName": path, "url": storage.url + artifact.files[path],
            "directUrl": storage.url + artifact.files[path], "sizeBytes": entry.get("size") or 0, "mimetype": "",
            "updatedAt": _CREATED, "digest": entry["digest"], "md5": entry["digest"], "storagePath": artifact.files[path],
        }
        for path, entry in sorted(contents.items()) if names is None or path in names
    ]  # fmt: skip


def artifacts_of_run(server: RecordingServer, run: ReceivedRun) -> Dict[str, Any]:
    """The fields of a run."""

    def listed(chosen: Any) -> Any:
        collections = collections_of(server, run.entity, run.project)
        versions = [(one, found) for found in collections for one in found.versions if chosen(one)]
        return [artifact_answer(server, one, found) for one, found in versions]

    return {
        "inputArtifacts": lambda _, after=None, first=None: page(
            listed(lambda one: run.run_id in one.used_by), after, first
        ),
        "outputArtifacts": lambda _, after=None, first=None: page(
            listed(lambda one: one.fields.get("runName") == run.run_id), after, first
        ),
    }
