"""What a server says of an artifact, in the form in which the artifact's properties show it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import NamedTuple

from wandb.foreign_answers import understood

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Mapping


class Place(NamedTuple):
    """A version in a collection of a project."""

    entity: str
    project: str
    collection: str
    version: str

    @property
    def name(self) -> str:
        """`collection:v3`"""
        return f"{self.collection}:{self.version}"

    @property
    def qualified_name(self) -> str:
        """With the owner and the project."""
        return f"{self.entity}/{self.project}/{self.name}"


class ServerFacts:
    """One artifact, seen in one collection: `place`; `source` is the one it was logged to."""

    def __init__(self, artifact: Mapping[str, Any], membership: Mapping[str, Any] | None = None) -> None:
        """From the answers to the operations of `queries.py`. Raises CommError for what they can't be."""
        with understood("an artifact"):
            self._take(artifact, membership)

    def _take(self, artifact: Mapping[str, Any], membership: Mapping[str, Any] | None) -> None:
        self.source = place_of(artifact["artifactSequence"], artifact["versionIndex"])
        self.place = self.source
        self.linked_at: str | None = None
        self.asked_for = ""  # the alias that it was got by, which its name then shows
        here = artifact.get("aliases") or []
        if membership:
            self.place = place_of(membership["artifactCollection"], membership["versionIndex"])
            here = membership.get("aliases") or []
        else:
            here = [alias for alias in here if _is_of(alias, self.source)]
        self.aliases: List[str] = [alias["alias"] for alias in here]
        self.is_link = self.place != self.source
        if self.is_link and membership:
            self.linked_at = membership.get("createdAt")
        self.id = str(artifact["id"])
        self.state = str(artifact["state"])
        self.type = str(artifact["artifactType"]["name"])
        self.description: str | None = artifact.get("description")
        self.metadata = dict(json.loads(artifact.get("metadata") or "{}") or {})
        self.digest = str(artifact["digest"])
        self.size = int(artifact.get("size") or 0)
        self.file_count = int(artifact.get("fileCount") or 0)
        self.commit_hash = str(artifact.get("commitHash") or "")
        self.created_at = str(artifact.get("createdAt") or "")
        self.updated_at: str | None = artifact.get("updatedAt")
        self.history_step: int | None = artifact.get("historyStep")
        self.tags: List[str] = [tag["name"] for tag in artifact.get("tags") or []]
        seconds = artifact.get("ttlDurationSeconds")
        self.ttl = timedelta(seconds=int(seconds)) if seconds and int(seconds) > 0 else None

    @property
    def name(self) -> str:
        """`collection:v3`, or with the alias that it was got by."""
        return f"{self.place.collection}:{self.asked_for or self.place.version}"


def place_of(collection: Mapping[str, Any], version: Any) -> Place:
    """The version in the collection that a server says this of."""
    project = collection["project"]
    return Place(project["entity"]["name"], project["name"], collection["name"], f"v{int(version)}")


def _is_of(alias: Mapping[str, Any], place: Place) -> bool:
    """Whether an alias of the artifact is one in that collection."""
    collection = alias.get("artifactCollection")
    if not collection:
        return True
    project = collection["project"]
    return (project["entity"]["name"], project["name"], collection["name"]) == place[:3]
