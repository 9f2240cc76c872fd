"""What an artifact is in the record of a run."""

from __future__ import annotations

from wandb.artifacts.enums import ttl_seconds
from wandb.artifacts.manifest import STORAGE_POLICY, VERSION
from wandb.artifacts.names import check_metadata
from wandb.sdk.lib.json_values import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.artifacts.artifact import Artifact
    from wandb.artifacts.entry import ArtifactManifestEntry


def _entry_fields(entry: ArtifactManifestEntry) -> Dict[str, Any]:
    return {
        "path": entry.path,
        "digest": entry.digest,
        "ref": entry.ref,
        "size": entry.size,
        "local_path": entry.local_path,
        "birth_artifact_id": entry.birth_artifact_id,
        "skip_cache": entry.skip_cache,
        "extra": [{"key": key, "value_json": dumps(value)} for key, value in entry.extra.items()],
    }


def artifact_fields(artifact: Artifact) -> Dict[str, Any]:
    """The fields of an ArtifactRecord for `encode` that only the artifact decides."""
    manifest = artifact.manifest
    metadata = check_metadata(artifact.metadata)  # it may have been changed in place
    return {
        "type": artifact.type,
        "name": artifact._name,
        "digest": manifest.digest(),
        "description": artifact.description and str(artifact.description),
        "metadata": dumps(metadata) if metadata else None,
        "client_id": artifact._client_id,
        "sequence_client_id": artifact._sequence_client_id,
        "distributed_id": artifact.distributed_id,
        "incremental_beta1": artifact.incremental,
        "ttl_duration_seconds": ttl_seconds(artifact._ttl) if artifact._ttl_given else None,
        "base_id": artifact._base_id,
        "digest_algorithm": manifest.digest_algorithm.value,
        "manifest": {
            "version": VERSION,
            "storage_policy": STORAGE_POLICY,
            "storage_policy_config": [
                {"key": key, "value_json": dumps(value)} for key, value in manifest.storage.items()
            ],
            "contents": [_entry_fields(entry) for entry in manifest.sorted_entries()],
        },
    }
