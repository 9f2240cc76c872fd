"""An artifact of a server becomes an input or an output of a run that is there already."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Collection, Dict

from wandb.artifacts.artifact import Artifact
from wandb.artifacts.names import check_aliases, check_tags
from wandb.artifacts.server_facts import ServerFacts
from wandb.errors import ApiTypeError, ApiValueError, CommError
from wandb.sync.artifact_queries import CREATE_ARTIFACT, USE_ARTIFACT

if TYPE_CHECKING:
    from wandb.apis.connection import Connection


def use_artifact(connection: Connection, run: Dict[str, str], artifact: Artifact) -> Artifact:
    """Make it an input of the run; the artifact. Raises ApiTypeError, ApiValueError, CommError."""
    place = {"entityName": run["entity"], "projectName": run["project"], "runName": run["run"]}
    connection.graphql("UseArtifact", USE_ARTIFACT, {**place, "artifactID": _logged(artifact).id})
    return artifact


def log_artifact(
    connection: Connection,
    run: Dict[str, str],
    artifact: Artifact,
    aliases: Collection[str] | None,
    tags: Collection[str] | None,
) -> Artifact:
    """Make it an output of the run, in its own collection; the artifact as the server has it now.

    Raises ApiValueError for a draft and for an artifact of another project.
    """
    facts = _logged(artifact)
    if (facts.source.entity, facts.source.project) != (run["entity"], run["project"]):
        raise ApiValueError(
            f"A run logs artifacts of its own project, and {facts.source.qualified_name} is one of another."
        )
    collection = facts.source.collection
    asked = {
        "entityName": run["entity"], "projectName": run["project"], "runName": run["run"],
        "artifactTypeName": facts.type, "artifactCollectionNames": [collection], "digest": facts.digest,
        "digestAlgorithm": str(artifact.manifest.digest_algorithm.value), "description": facts.description,
        "metadata": json.dumps(facts.metadata) if facts.metadata else None,
        "aliases": [{"alias": alias, "artifactCollectionName": collection} for alias in check_aliases(aliases)],
        "tags": [{"tagName": tag} for tag in check_tags(tags)], "enableDigestDeduplication": True,
    }  # fmt: skip
    made = connection.ask("CreateArtifact", CREATE_ARTIFACT, "createArtifact.artifact", input=asked)
    if not made or made.get("state") != "COMMITTED":
        raise CommError(f"The server does not know the content of {facts.source.qualified_name} again.")
    server = connection.artifacts()
    return Artifact.from_server(server.by_id(made["id"]), server)


def _logged(artifact: Any) -> ServerFacts:
    if not isinstance(artifact, Artifact):
        raise ApiTypeError(f"A run takes an Artifact, as `Api.artifact` gives it, not {type(artifact).__name__}.")
    if artifact._facts is None:
        raise ApiValueError(
            f"The artifact {artifact.name} is not at the server: `log_artifact` of a run that goes on brings it there."
        )
    return artifact._facts
