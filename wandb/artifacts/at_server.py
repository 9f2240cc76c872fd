"""What an artifact has and can do once it is at a server. A draft answers with ArtifactNotLoggedError.

It gets there by `wait` after a run has logged it, or comes from there by its name. Both bring `_facts` (what the server
says of it) and `_server` (whom to ask for more).
"""

from __future__ import annotations

import os

from wandb.artifacts.exceptions import ArtifactNotLoggedError, NoEntryError
from wandb.artifacts.names import check_aliases, check_tags
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from wandb.artifacts.entry import ArtifactManifestEntry
    from wandb.artifacts.manifest import ArtifactManifest
    from wandb.artifacts.server import ArtifactServer
    from wandb.artifacts.server_facts import ServerFacts


class ArtifactAtServer:
    """Mixed into Artifact."""

    _name: str
    _manifest: ArtifactManifest | None
    _facts: ServerFacts | None = None
    _server: ArtifactServer | None = None

    def _logged(self, what: str) -> ServerFacts:
        if self._facts is None:
            raise ArtifactNotLoggedError(what)
        return self._facts

    @property
    def name(self) -> str:
        """The name; at a server with the version, `name:v3`, or with the alias that it was got by."""
        return self._name if self._facts is None else self._facts.name

    @property
    def manifest(self) -> ArtifactManifest:
        """The list of its entries; got from the server when it is first needed."""
        if self._manifest is None:
            with loading():
                from wandb.artifacts.download import fetch_manifest

            self._manifest = fetch_manifest(self._at("manifest"), self._logged("manifest").id)
        return self._manifest

    def _at(self, what: str) -> ArtifactServer:
        self._logged(what)
        if self._server is None:
            raise ArtifactNotLoggedError(what)
        return self._server

    @property
    def entity(self) -> str:
        """The owner of the project of its collection."""
        return self._logged("entity").place.entity

    @property
    def project(self) -> str:
        """The project of its collection."""
        return self._logged("project").place.project

    @property
    def version(self) -> str:
        """`v3`, in its collection."""
        return self._logged("version").place.version

    @property
    def qualified_name(self) -> str:
        """`entity/project/name:v3`, or with the alias that it was got by."""
        facts = self._logged("qualified_name")
        return f"{facts.place.entity}/{facts.place.project}/{facts.name}"

    @property
    def source_entity(self) -> str:
        """The owner of the project that it was logged to."""
        return self._logged("source_entity").source.entity

    @property
    def source_project(self) -> str:
        """The project that it was logged to."""
        return self._logged("source_project").source.project

    @property
    def source_version(self) -> str:
        """Its version where it was logged to."""
        return self._logged("source_version").source.version

    @property
    def source_qualified_name(self) -> str:
        """Owner, project, name and version where it was logged to."""
        return self._logged("source_qualified_name").source.qualified_name

    @property
    def is_link(self) -> bool:
        """Whether it is seen in another collection than the one it was logged to."""
        return self._facts is not None and self._facts.is_link

    @property
    def linked_at(self) -> str | None:
        """When it was linked to this collection; None where it was logged to."""
        return self._logged("linked_at").linked_at

    @property
    def aliases(self) -> List[str]:
        """Its other names in the collection; may be changed, for `save`."""
        return self._logged("aliases").aliases

    @aliases.setter
    def aliases(self, aliases: List[str]) -> None:
        self._logged("aliases").aliases = check_aliases(aliases)

    @property
    def tags(self) -> List[str]:
        """Its labels; may be changed, for `save`."""
        return self._logged("tags").tags

    @tags.setter
    def tags(self, tags: List[str]) -> None:
        self._logged("tags").tags = check_tags(tags)

    @property
    def commit_hash(self) -> str:
        """The server's hash of this version."""
        return self._logged("commit_hash").commit_hash

    @property
    def file_count(self) -> int:
        """Number of entries."""
        return self._logged("file_count").file_count

    @property
    def created_at(self) -> str:
        """When it was logged, as ISO 8601 text."""
        return self._logged("created_at").created_at

    @property
    def updated_at(self) -> str:
        """When it was changed last."""
        facts = self._logged("updated_at")
        return facts.updated_at or facts.created_at

    @property
    def history_step(self) -> int | None:
        """The step of its run when it was logged."""
        return self._logged("history_step").history_step

    @property
    def url(self) -> str:
        """Its page for people."""
        from urllib.parse import quote

        facts = self._logged("url")
        place = (facts.place.entity, facts.place.project, "artifacts", facts.type, *facts.place[2:])
        return "/".join((self._at("url").app_url, *(quote(part, safe="") for part in place)))

    def get_entry(self, name: Any) -> ArtifactManifestEntry:
        """The entry at a path; NoEntryError, a KeyError, if there is none."""
        self._logged("get_entry")
        entry = self.manifest.get_entry_by_path(os.fspath(name).replace(os.sep, "/"))
        if entry is None:
            raise NoEntryError(f"The artifact {self.name} has no entry {os.fspath(name)!r}.")
        return entry.belongs_to(self)  # type: ignore[arg-type]

    def get_path(self, name: Any) -> ArtifactManifestEntry:
        """Older name of `get_entry`."""
        return self.get_entry(name)

    def json_encode(self) -> Dict[str, Any]:
        """How a config or a summary refers to it."""
        facts = self._logged("json_encode")
        version = facts.source.version
        names = {"id": facts.id, "version": version, "sequenceName": facts.source.collection, "usedAs": None}
        return {"_type": "artifactVersion", "_version": "v0", **names}
