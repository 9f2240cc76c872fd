"""Changes of an artifact at its server: aliases, tags and the rest, links, its end; and the way of a draft there."""

from __future__ import annotations

from wandb.artifacts.enums import ttl_seconds
from wandb.artifacts.exceptions import ArtifactNotLoggedError
from wandb.artifacts.names import check_aliases, check_metadata
from wandb.artifacts.relations import ArtifactRelations
from wandb.sdk.lib.json_values import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable

    from wandb.artifacts.artifact import Artifact
    from wandb.artifacts.server import ArtifactServer
    from wandb.artifacts.server_facts import ServerFacts


class ArtifactChanges(ArtifactRelations):
    """Mixed into Artifact."""

    description: Any
    metadata: Any
    _ttl: Any
    _ttl_given: bool
    # Waits until the server has the artifact; there only if it was logged by a run that is sent.
    _arrive: Callable[[float | None], None] | None = None

    def wait(self, timeout: float | None = None) -> Artifact:
        """Wait until the artifact is at the server, at most `timeout` seconds (WaitTimeoutError); itself.

        Raises ArtifactNotLoggedError if it is not on its way there: not logged, or by a run that is not sent.
        """
        if self._facts is None:
            if self._arrive is None:
                raise ArtifactNotLoggedError("wait")
            self._arrive(timeout)
        return self  # type: ignore[return-value]

    def delete(self, delete_aliases: bool = False) -> None:
        """Remove it from the server; with aliases only if `delete_aliases`."""
        self._at("delete").delete(self._logged("delete").id, delete_aliases)

    def link(self, target_path: str, aliases: Iterable[str] | None = None) -> Artifact:
        """Show it in another collection, `[[entity/]project/]collection`, as well; itself as it is seen there."""
        from wandb.artifacts.server import full_name

        facts, server = self._logged("link"), self._at("link")
        entity, project, name = full_name(target_path, facts.source.entity, facts.source.project)
        collection = name.partition(":")[0]
        version = server.link(facts.id, entity, project, collection, check_aliases(aliases))
        return self._other(entity, project, f"{collection}:{version}")

    def save(self, project: str | None = None, settings: Any = None) -> None:
        """Log a draft, in the current run or in one of its own; send what was changed of one that is at a server.

        That is: description, metadata, time to live, tags and aliases.
        """
        if self._facts is not None:
            self._send_changes(self._facts, self._at("save"))
            return
        from importlib import import_module

        # The way back to a run is the one that programs have.
        wandb = import_module("wandb")
        if wandb.run is not None:
            wandb.run.log_artifact(self)
            return
        with wandb.init(project=project, job_type="auto", settings=settings) as run:
            run.log_artifact(self)

    def _send_changes(self, facts: ServerFacts, server: ArtifactServer) -> None:
        place = facts.place
        now = server.by_id(facts.id) if place == facts.source else server.by_name(*place[:2], place.name)
        changes: Dict[str, Any] = {"description": self.description, "metadata": dumps(check_metadata(self.metadata))}
        changes["tagsToAdd"] = [{"tagName": tag} for tag in facts.tags if tag not in now.tags]
        changes["tagsToDelete"] = [{"tagName": tag} for tag in now.tags if tag not in facts.tags]
        if self._ttl_given:
            changes["ttlDurationSeconds"] = ttl_seconds(self._ttl)
        server.change_aliases(
            facts.id,
            place,
            [alias for alias in facts.aliases if alias not in now.aliases],
            [alias for alias in now.aliases if alias not in facts.aliases],
        )
        server.update(facts.id, changes)
