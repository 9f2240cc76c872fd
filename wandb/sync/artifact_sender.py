"""Sends one artifact: makes a version at the server, sends the files that the server lacks, then the list of them.

Any step may be repeated: the server knows a version by the identifier that its client gave it, and a file by its
digest. A version is complete with the last step, the commit; until then nobody sees it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from wandb.artifacts.cache import Cache
from wandb.artifacts.digests import MD5, digest_of
from wandb.artifacts.entry import ArtifactManifestEntry
from wandb.artifacts.manifest import ArtifactManifest
from wandb.artifacts.staging import is_staged
from wandb.errors import CommError, UnsupportedError
from wandb.sync.artifact_queries import (
    COMMIT_ARTIFACT,
    CREATE_ARTIFACT,
    CREATE_FILES,
    CREATE_MANIFEST,
    UPDATE_MANIFEST,
    USE_ARTIFACT,
)
from wandb.sync.big_files import BigFiles, headers_of
from wandb.sync.file_part import ChangedFile, FilePart, ProvenFile, has_changed
from wandb.wire.row_items import value_of

if TYPE_CHECKING:
    from wandb.sync.big_files import Client

_TRANSFERS = 8
_BATCH = 1000  # files whose addresses are asked for at once
_FULL, _INCREMENTAL, _PATCH = "FULL", "INCREMENTAL", "PATCH"
_NAMES = {
    _FULL: "wandb_manifest.json",
    _INCREMENTAL: "wandb_manifest.incremental.json",
    _PATCH: "wandb_manifest.patch.json",
}


class ArtifactSender:
    """Of one run's artifacts, one after another."""

    def __init__(self, client: Client, entity: str, project: str, run_id: str) -> None:
        self._client = client
        self._run = {"entityName": entity, "projectName": project, "runName": run_id}
        self._big = BigFiles(client)
        self._cache = Cache()

    def use(self, record: Any) -> Tuple[str, int]:
        """Make the artifact of a UseArtifactRecord an input of the run; as `send`. Raises CommError."""
        self._client.graphql("UseArtifact", USE_ARTIFACT, {**self._run, "artifactID": record.id})
        return str(record.id), 0

    def send(self, record: Any) -> Tuple[str, int]:
        """Send the artifact of a record; its identifier, and how many files were sent, its manifest among them.

        Copies that waited for it are moved into the cache, where the next download finds them. Raises CommError and
        OSError.
        """
        if record.manifest.manifest_file_path:
            raise CommError("its list of files lies in a file of its own, which this build does not read")
        answer = self._client.graphql("CreateArtifact", CREATE_ARTIFACT, {"input": self._fields(record)})
        artifact = answer["createArtifact"]["artifact"]
        sent = 0
        if artifact["state"] != "COMMITTED":
            manifest = manifest_of(record)
            sent = self._send_contents(record, artifact, manifest) + 1
            self._keep(manifest)
        if record.use_after_commit:
            self._client.graphql("UseArtifact", USE_ARTIFACT, {**self._run, "artifactID": artifact["id"]})
        return str(artifact["id"]), sent

    def _fields(self, record: Any) -> Dict[str, Any]:
        storage = {item.key: value_of(item) for item in record.manifest.storage_policy_config}
        return {
            **self._run,
            "artifactTypeName": record.type,
            "artifactCollectionName": record.name,
            "digest": record.digest,
            "digestAlgorithm": record.digest_algorithm or "MANIFEST_MD5",
            "description": record.description or None,
            "metadata": record.metadata or None,
            "aliases": [{"artifactCollectionName": record.name, "alias": alias} for alias in record.aliases],
            "tags": [{"tagName": tag} for tag in record.tags],
            "ttlDurationSeconds": record.ttl_duration_seconds or None,
            "enableDigestDeduplication": True,
            "distributedID": record.distributed_id or None,
            "clientID": record.client_id,
            "sequenceClientID": record.sequence_client_id,
            "storageRegion": storage.get("storageRegion"),
        }

    def _send_contents(self, record: Any, artifact: Dict[str, Any], manifest: ArtifactManifest) -> int:
        kind = _PATCH if record.distributed_id else _INCREMENTAL if record.incremental_beta1 else _FULL
        latest = (artifact.get("artifactSequence") or {}).get("latestArtifact") or {}
        base_id = record.base_id or (latest.get("id") if kind != _FULL else None)
        common = {**self._run, "artifactID": artifact["id"], "baseArtifactID": base_id, "name": _NAMES[kind]}
        common["manifestType"] = kind
        first = {**common, "digest": "", "includeUpload": False}
        answer = self._client.graphql("CreateArtifactManifest", CREATE_MANIFEST, first)
        manifest_id = answer["createArtifactManifest"]["artifactManifest"]["id"]
        sent = self._send_files(artifact["id"], manifest_id, manifest)
        text = json.dumps(manifest.to_manifest_json(), separators=(",", ":")).encode()
        digest = base64.b64encode(hashlib.md5(text).digest()).decode("ascii")
        if kind == _FULL:
            last = {**common, "digest": digest, "includeUpload": True}
            answer = self._client.graphql("CreateArtifactManifest", CREATE_MANIFEST, last)["createArtifactManifest"]
        else:
            last = {"artifactManifestID": manifest_id, "digest": digest, "baseArtifactID": base_id}
            last["includeUpload"] = True
            answer = self._client.graphql("UpdateArtifactManifest", UPDATE_MANIFEST, last)["updateArtifactManifest"]
        file = answer["artifactManifest"]["file"]
        self._client.put(file["uploadUrl"], headers_of(file), text)
        if record.finalize:
            self._client.graphql("CommitArtifact", COMMIT_ARTIFACT, {"artifactID": artifact["id"]})
        return sent

    def _send_files(self, artifact_id: str, manifest_id: str, manifest: ArtifactManifest) -> int:
        """Send the files that the server has not; each entry learns the version that its bytes were born with."""
        entries = [entry for entry in manifest.sorted_entries() if entry.local_path is not None and entry.ref is None]
        sent = 0
        with ThreadPoolExecutor(_TRANSFERS, thread_name_prefix="artifact") as pool:
            for start in range(0, len(entries), _BATCH):
                batch = entries[start : start + _BATCH]
                while batch:
                    addressed = self._addresses(artifact_id, manifest_id, manifest, batch)
                    failed = [error for error in pool.map(self._send_one, addressed) if error is not None]
                    for _, error in failed:
                        if isinstance(error, ChangedFile) or len(failed) > len(batch) // 2:
                            raise error
                    sent += sum(1 for _, node in addressed if node["uploadUrl"]) - len(failed)
                    batch = [entry for entry, _ in failed]  # again, to addresses that are valid now
        return sent

    def _addresses(
        self, artifact_id: str, manifest_id: str, manifest: ArtifactManifest, entries: List[ArtifactManifestEntry]
    ) -> List[Tuple[ArtifactManifestEntry, Dict[str, Any]]]:
        files = [
            {
                "artifactID": artifact_id,
                "artifactManifestID": manifest_id,
                "name": entry.path,
                "md5": entry.digest,
                "uploadPartsInput": self._big.parts_of(self._source(entry), entry.size or 0),
            }
            for entry in entries
        ]
        asked = {"artifactFiles": files, "storageLayout": manifest.storage.get("storageLayout")}
        asked["cloudRegionID"] = manifest.storage.get("storageRegion")
        answer = self._client.graphql("CreateArtifactFiles", CREATE_FILES, {"input": asked})
        nodes = [edge["node"] for edge in answer["createArtifactFiles"]["files"]["edges"]]
        if len(nodes) != len(entries):
            raise CommError(f"the server has addresses for {len(nodes)} of {len(entries)} files")
        for entry, node in zip(entries, nodes):
            entry.birth_artifact_id = node["artifact"]["id"]
        return list(zip(entries, nodes))

    def _send_one(
        self, addressed: Tuple[ArtifactManifestEntry, Dict[str, Any]]
    ) -> Tuple[ArtifactManifestEntry, Exception] | None:
        """None, or the entry again with what went wrong."""
        entry, node = addressed
        try:
            source, size = self._source(entry), entry.size or 0
            if node.get("uploadMultipartUrls") or node.get("uploadUrl"):
                _prove(source, entry)
            if node.get("uploadMultipartUrls"):
                self._big.send(source, node, str(entry.birth_artifact_id))
            elif node.get("uploadUrl"):
                is_md5 = entry.digest_algorithm() is MD5
                with ProvenFile(source, size, entry.digest) if is_md5 else FilePart(source, 0, size) as part:
                    self._client.put(node["uploadUrl"], headers_of(node), part if size else b"")
        except (CommError, OSError, UnsupportedError) as error:
            return entry, error
        return None

    def _source(self, entry: ArtifactManifestEntry) -> str:
        """Where the bytes are: the copy, or where it was moved when they were sent before."""
        path = str(entry.local_path)
        cached = self._cache.place_of(entry)
        return cached if not os.path.exists(path) and os.path.exists(cached) else path

    def _keep(self, manifest: ArtifactManifest) -> None:
        for entry in manifest.entries.values():
            path = entry.local_path
            if path is None or not is_staged(path) or not os.path.exists(path):
                continue
            try:
                if not entry.skip_cache:
                    self._cache.add(path, entry)
                    continue
            except OSError:
                pass  # the cache is full, or on another disk: the copy is not needed any more all the same
            os.unlink(path)


def _prove(source: str, entry: ArtifactManifestEntry) -> None:
    """ChangedFile unless the file is the one whose digest the run has: a run that comes from somebody else could name
    any file here, but only one whose content it knows is sent. Our copies need no proof.
    """
    if is_staged(os.path.realpath(source)):
        return
    with FilePart(source, 0, os.path.getsize(source)) as part:
        if digest_of(part, entry.digest_algorithm())[0] != entry.digest:
            raise ChangedFile(has_changed(source))


def manifest_of(record: Any) -> ArtifactManifest:
    """The manifest in an ArtifactRecord."""
    entries = {}
    for entry in record.manifest.contents:
        entries[entry.path] = ArtifactManifestEntry(
            entry.path,
            entry.digest,
            entry.ref or None,
            entry.birth_artifact_id or None,
            entry.size,
            {item.key: value_of(item) for item in entry.extra},
            entry.local_path or None,
            entry.skip_cache,
        )
    storage = {item.key: value_of(item) for item in record.manifest.storage_policy_config}
    return ArtifactManifest(entries, storage)
