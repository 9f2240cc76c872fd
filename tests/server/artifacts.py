"""A server that knows artifacts as well: makes versions of what is sent, and shows them. Their files are in a Storage."""

from __future__ import annotations

import base64
import hashlib
import json
from types import TracebackType
from typing import Any, Dict, List, Mapping, Type

import requests

from tests.server.server import ENTITY, KEY, RecordingServer
from tests.server.storage import Storage
from wandb.errors import CommError

_READ_BY_SCHEMA = (
    *("ArtifactByID", "ArtifactCreatedBy", "ArtifactMembershipByName", "ArtifactMembershipFiles", "ArtifactUsedBy"),
    *("ArtifactTypeArtifactCollections", "FetchArtifactManifest", "FetchLinkedArtifacts", "GetArtifactMembershipFileUrls"),
    *("ProjectArtifactCollection", "ProjectArtifactTypes", "ProjectArtifacts", "UseArtifact"),
)
_FIXED = {"description": None, "metadata": None, "ttlDurationSeconds": None, "historyStep": None}


class ReceivedArtifact:
    """One version of one collection."""

    def __init__(self, number: int, fields: Dict[str, Any], version: int) -> None:
        self.id = base64.b64encode(f"Artifact:{number}".encode()).decode()
        self.fields = {**_FIXED, **fields}
        self.version = version
        self.state = "PENDING"
        self.aliases = {alias["alias"] for alias in fields.get("aliases") or []}
        self.tags = {tag["tagName"] for tag in fields.get("tags") or []}
        self.files: Dict[str, str] = {}  # path -> address in the storage
        self.used_by: List[str] = []

    @property
    def collection(self) -> str:
        return str(self.fields["artifactCollectionName"])


def _place(link: Dict[str, Any]) -> str:
    return f"{link['entityName']}/{link['projectName']}/{link['artifactPortfolioName']}"


def _portfolio(link: Dict[str, Any]) -> Dict[str, Any]:
    project = {"name": link["projectName"], "entity": {"name": link["entityName"]}}
    return {"name": link["artifactPortfolioName"], "project": project}


def _run(fields: Dict[str, Any], name: str) -> Dict[str, Any]:
    project = {"name": fields["projectName"], "entity": {"name": fields["entityName"]}}
    return {"__typename": "Run", "name": name, "project": project}


class ArtifactServer(RecordingServer):
    """Serves from `with` on; `url` is its address, `storage` where the files are."""

    def __init__(self, answers_by_schema: bool = False) -> None:
        """`answers_by_schema`: reading is answered as the schema has it, which upstream's client needs; slower."""
        super().__init__()
        self._by_schema = answers_by_schema
        self.storage = Storage()
        self.artifacts: List[ReceivedArtifact] = []
        self.page = 1000
        self.links: List[Dict[str, Any]] = []

    def __enter__(self) -> ArtifactServer:
        self.storage.__enter__()
        super().__enter__()
        return self

    def __exit__(
        self, kind: Type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.storage.__exit__(kind, error, trace)

    def put(self, name: str, contents: Dict[str, bytes], **fields: Any) -> ReceivedArtifact:
        """Have a committed artifact with these files, as if a client had sent it."""
        files = {"entityName": ENTITY, "projectName": "p", "artifactTypeName": "dataset", **fields}
        artifact = self._create({"artifactCollectionName": name, "digest": "0" * 32, "aliases": [], **files})
        entries = {}
        for path, content in contents.items():
            artifact.files[path] = f"/{artifact.id}/{path}"
            self.storage.files[artifact.files[path]] = content
            digest = base64.b64encode(hashlib.md5(content).digest()).decode()
            entries[path] = {"digest": digest, "size": len(content), "birthArtifactID": artifact.id}
        self.set_manifest(artifact, entries)
        artifact.state = "COMMITTED"
        return artifact

    def set_manifest(self, artifact: ReceivedArtifact, contents: Dict[str, Any]) -> None:
        policy = {"storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"}}
        text = json.dumps({"version": 1, **policy, "contents": contents})
        self.storage.files[f"/{artifact.id}.manifest"] = text.encode()

    def manifest(self, artifact: ReceivedArtifact) -> Dict[str, Any]:
        return dict(json.loads(self.storage.files[f"/{artifact.id}.manifest"]))

    def content(self, artifact: ReceivedArtifact, path: str) -> bytes:
        return self.storage.files[artifact.files[path]]

    def _create(self, fields: Dict[str, Any]) -> ReceivedArtifact:
        version = sum(known.collection == fields["artifactCollectionName"] for known in self.artifacts)
        artifact = ReceivedArtifact(len(self.artifacts), fields, version)
        self.artifacts.append(artifact)
        return artifact

    def _by_id(self, artifact_id: str) -> ReceivedArtifact:
        return next(artifact for artifact in self.artifacts if artifact.id == artifact_id)

    def beyond(self, name: str, variables: Dict[str, Any]) -> Dict[str, Any] | None:
        answer = None if self._by_schema and name in _READ_BY_SCHEMA else getattr(self, f"_on_{name}", None)
        return None if answer is None else dict(answer(variables.get("input") or variables))

    # ---- sending

    def _on_ArtifactType(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        return {"project": {"artifact": None}}

    def _on_CreateArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        same = [known for known in self.artifacts if asked.get("clientID") and known.fields.get("clientID") == asked["clientID"]]
        if not asked.get("clientID"):  # of a client that knows the content to be here
            same = [known for known in self.artifacts if known.state == "COMMITTED" and known.fields["digest"] == asked["digest"]]
            for known in same:
                known.fields["runName"] = asked["runName"]
                known.aliases |= {alias["alias"] for alias in asked["aliases"]}
                known.tags |= {tag["tagName"] for tag in asked["tags"]}
        artifact = same[0] if same else self._create(asked)
        latest = {"latestArtifact": None}
        return {"createArtifact": {"artifact": {"id": artifact.id, "state": artifact.state, "artifactSequence": latest}}}

    def _on_CreateArtifactManifest(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        file = {"id": "f"}
        if asked["includeUpload"]:
            url = f"{self.storage.url}/{asked['artifactID']}.manifest"
            file.update(uploadUrl=url, uploadHeaders=[f"Content-MD5:{asked['digest']}", "nonsense"])
        return {"createArtifactManifest": {"artifactManifest": {"id": f"m{asked['artifactID']}", "file": file}}}

    def _on_UpdateArtifactManifest(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        url = f"{self.storage.url}/{asked['artifactManifestID'][1:]}.manifest"
        file = {"id": "f", "uploadUrl": url, "uploadHeaders": []}
        return {"updateArtifactManifest": {"artifactManifest": {"id": asked["artifactManifestID"], "file": file}}}

    def _on_CreateArtifactFiles(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        edges = [{"node": self._addressed(file)} for file in asked["artifactFiles"]]
        return {"createArtifactFiles": {"files": {"edges": edges}}}

    def _addressed(self, file: Dict[str, Any]) -> Dict[str, Any]:
        artifact = self._by_id(file["artifactID"])
        path = f"/{artifact.id}/{file['name']}"
        artifact.files[file["name"]] = path
        known = path in self.storage.files
        node = {"storagePath": path, "uploadUrl": None if known else self.storage.url + path, "uploadHeaders": []}
        node.update(uploadMultipartUrls=None, artifact={"id": artifact.id})
        if file.get("uploadPartsInput"):
            numbers = [part["partNumber"] for part in file["uploadPartsInput"]]
            parts = [{"partNumber": n, "uploadUrl": f"{self.storage.url}{path}.part{n}"} for n in numbers]
            node.update(uploadUrl=None, uploadMultipartUrls={"uploadID": path, "uploadUrlParts": parts})
        return node

    def _on_CompleteMultipartUploadArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        path = asked["storagePath"]
        parts = [self.storage.files.pop(f"{path}.part{part['partNumber']}") for part in asked["completedParts"]]
        self.storage.files[path] = b"".join(parts)
        return {"completeMultipartUploadArtifact": {"digest": ""}}

    def _on_CommitArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        artifact = self._by_id(asked["artifactID"])
        artifact.state = "COMMITTED"
        return {"commitArtifact": {"artifact": {"id": artifact.id, "digest": artifact.fields["digest"]}}}

    def _on_UseArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        self._by_id(asked["artifactID"]).used_by.append(asked["runName"])
        return {"useArtifact": {"artifact": self._shown(self._by_id(asked["artifactID"]))}}

    # ---- reading

    def _collection(self, artifact: ReceivedArtifact) -> Dict[str, Any]:
        entity = {"name": artifact.fields["entityName"]}
        return {"name": artifact.collection, "project": {"name": artifact.fields["projectName"], "entity": entity}}

    def _shown(self, artifact: ReceivedArtifact) -> Dict[str, Any]:
        fields, collection = artifact.fields, self._collection(artifact)
        contents = self.manifest(artifact)["contents"] if f"/{artifact.id}.manifest" in self.storage.files else {}
        kept = {key: fields[key] for key in ("description", "metadata", "ttlDurationSeconds", "historyStep", "digest")}
        return {
            **kept,
            "id": artifact.id,
            "state": artifact.state,
            "versionIndex": artifact.version,
            "size": sum(entry.get("size") or 0 for entry in contents.values()),
            "commitHash": "c",
            "fileCount": len(contents),
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": None,
            "tags": [{"name": tag} for tag in sorted(artifact.tags)],
            "artifactType": {"name": fields["artifactTypeName"]},
            "artifactSequence": collection,
            "aliases": [{"alias": alias, "artifactCollection": collection} for alias in sorted(artifact.aliases)],
        }

    def _on_ArtifactMembershipByName(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        collection, _, alias = asked["name"].partition(":")
        place = f"{asked['entity']}/{asked['project']}/{collection}"
        for link in self.links:
            if _place(link) == place and alias in ("v0", "latest"):
                shown = self._shown(self._by_id(link["artifactID"]))
                seen = {"versionIndex": 0, "createdAt": "2026-01-02T00:00:00Z", "aliases": link["aliases"]}
                membership = {**seen, "artifactCollection": _portfolio(link), "artifact": shown}
                return {"project": {"artifactCollectionMembership": membership}}
        known = [a for a in self.artifacts if a.collection == collection and a.fields["projectName"] == asked["project"]]
        found = [a for a in known if alias == f"v{a.version}" or alias in a.aliases]
        if not found:
            return {"project": {"artifactCollectionMembership": None}}
        shown = self._shown(found[-1])
        seen = {"versionIndex": found[-1].version, "createdAt": "2026-01-01T00:00:00Z", "aliases": shown["aliases"]}
        membership = {**seen, "artifactCollection": shown["artifactSequence"], "artifact": shown}
        return {"project": {"artifactCollectionMembership": membership}}

    def _on_ArtifactByID(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        return {"artifact": self._shown(self._by_id(asked["id"]))}

    def _on_ClientIDMapping(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        found = [a for a in self.artifacts if a.fields.get("clientID") == asked["clientID"] and a.state == "COMMITTED"]
        return {"clientIDMapping": {"serverID": found[0].id} if found else None}

    def _on_FetchArtifactManifest(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        return {"artifact": {"currentManifest": {"file": {"directUrl": f"{self.storage.url}/{asked['id']}.manifest"}}}}

    def _on_GetArtifactMembershipFileUrls(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        known = [a for a in self.artifacts if a.collection == asked["collection"]]
        artifact = next(a for a in known if f"v{a.version}" == asked["alias"])
        size, start = min(asked["perPage"], self.page), int(asked["cursor"] or 0)
        listed = sorted(artifact.files.items())
        edges = [{"node": {"name": name, "directUrl": self.storage.url + path}} for name, path in listed[start:][:size]]
        info = {"endCursor": str(start + size), "hasNextPage": start + size < len(listed)}
        files = {"edges": edges, "pageInfo": info}
        return {"project": {"artifactCollection": {"artifactMembership": {"files": files}}}}

    def _on_ArtifactMembershipFiles(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        artifact = next(a for a in self.artifacts if (a.collection, f"v{a.version}") == (asked["collection"], asked["alias"]))
        contents = self.manifest(artifact)["contents"]
        chosen = asked["fileNames"] or sorted(artifact.files)
        nodes = [
            {"id": f"F{path}", "name": path, "sizeBytes": contents[path]["size"], "md5": contents[path]["digest"]}
            for path in chosen
        ]
        for node in nodes:
            node["directUrl"] = self.storage.url + artifact.files[node["name"]]
        return {"project": {"artifactCollection": {"artifactMembership": {"files": self._paged(nodes, asked)}}}}

    def _on_FetchLinkedArtifacts(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        artifact = self._by_id(asked["artifactID"])
        members = [{"versionIndex": artifact.version, "artifactCollection": self._collection(artifact)}]
        members += [{"versionIndex": 0, "artifactCollection": _portfolio(link)} for link in self._links_of(artifact.id)]
        return {"artifact": {"artifactMemberships": {"edges": [{"node": member} for member in members]}}}

    def _links_of(self, artifact_id: str) -> List[Dict[str, Any]]:
        return [link for link in self.links if link.get("artifactID") == artifact_id]

    def _on_ArtifactCreatedBy(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        fields = self._by_id(asked["id"]).fields
        run = fields.get("runName")
        return {"artifact": {"createdBy": None if run is None else _run(fields, run)}}

    def _on_ArtifactUsedBy(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        artifact = self._by_id(asked["id"])
        return {"artifact": {"usedBy": {"edges": [{"node": _run(artifact.fields, run)} for run in artifact.used_by]}}}

    def _on_ProjectArtifactCollection(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        place = f"{asked['entity']}/{asked['project']}/{asked['name']}"
        return {"project": {"artifactType": {"artifactCollection": {"id": place, "name": asked["name"]}}}}

    def _on_UnlinkArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        before = len(self.links)
        self.links = [
            link
            for link in self.links
            if (link.get("artifactID"), _place(link)) != (asked["artifactID"], asked["artifactPortfolioID"])
        ]
        return {"unlinkArtifact": {"artifactID": asked["artifactID"], "success": len(self.links) < before}}

    def _of_project(self, asked: Dict[str, Any]) -> List[ReceivedArtifact]:
        place = (asked["entity"], asked["project"])
        return [a for a in self.artifacts if (a.fields["entityName"], a.fields["projectName"]) == place]

    def _on_ProjectArtifactTypes(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        kinds = {artifact.fields["artifactTypeName"] for artifact in self._of_project(asked)}
        return {"project": {"artifactTypes": self._paged([{"name": kind} for kind in sorted(kinds)], asked)}}

    def _on_ArtifactTypeArtifactCollections(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        known = [a for a in self._of_project(asked) if a.fields["artifactTypeName"] == asked["type"]]
        names = sorted({artifact.collection for artifact in known})
        collections = self._paged([{"name": name} for name in names], asked)
        return {"project": {"artifactType": {"artifactCollections": collections}}}

    def _on_ProjectArtifacts(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        known = [a for a in self._of_project(asked) if a.collection == asked["collection"] and a.state == "COMMITTED"]
        versions = self._paged([self._shown(artifact) for artifact in reversed(known)], asked)
        return {"project": {"artifactType": {"artifactCollection": {"artifacts": versions}}}}

    def _paged(self, nodes: List[Any], asked: Dict[str, Any]) -> Dict[str, Any]:
        size, start = min(asked["perPage"], self.page), int(asked["cursor"] or 0)
        info = {"endCursor": str(start + size), "hasNextPage": start + size < len(nodes)}
        return {"edges": [{"node": node} for node in nodes[start : start + size]], "pageInfo": info}

    # ---- changing

    def _on_UpdateArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        artifact = self._by_id(asked["artifactID"])
        artifact.fields.update({key: asked[key] for key in ("description", "metadata") if key in asked})
        artifact.tags |= {tag["tagName"] for tag in asked["tagsToAdd"]}
        artifact.tags -= {tag["tagName"] for tag in asked["tagsToDelete"]}
        return {"updateArtifact": {"artifact": self._shown(artifact)}}

    def _on_AddAliases(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        self._by_id(asked["artifactID"]).aliases |= {alias["alias"] for alias in asked["aliases"]}
        return {"addAliases": {"success": True}}

    def _on_DeleteAliases(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        self._by_id(asked["artifactID"]).aliases -= {alias["alias"] for alias in asked["aliases"]}
        return {"deleteAliases": {"success": True}}

    def _on_DeleteArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        self._by_id(asked["artifactID"]).state = "DELETED"
        return {"deleteArtifact": {"artifact": {"id": asked["artifactID"]}}}

    def _on_LinkArtifact(self, asked: Dict[str, Any]) -> Dict[str, Any]:
        self.links.append(asked)
        return {"linkArtifact": {"versionIndex": 0}}


class PlainClient:
    """The least client there can be."""

    def __init__(self, url: str) -> None:
        self._url = url

    def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
        body = {"operationName": operation, "query": query, "variables": variables}
        answer = requests.post(f"{self._url}/graphql", json=body, timeout=10, auth=("api", KEY)).json()
        if "errors" in answer:
            raise CommError(str(answer["errors"]))
        return dict(answer["data"])

    def put(self, url: str, headers: Mapping[str, str], data: Any) -> Mapping[str, str]:
        answer = requests.put(url, data=data, headers=dict(headers), timeout=10)
        if answer.status_code >= 300:
            raise CommError(f"status {answer.status_code}")
        return answer.headers
