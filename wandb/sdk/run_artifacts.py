"""The calls of a run that concern artifacts. Each appends one record; the files are copied and hashed before that.

Works in every process of the run: a forked or spawned child's artifact is as good as the creator's.
"""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError, UnsupportedError, UsageError
from wandb.loading import loading
from wandb.settings_fields import SENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Union

    from wandb.artifacts.artifact import Artifact
    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.interface.nowhere import Nowhere
    from wandb.settings import Settings

    AnyPath = Union[str, os.PathLike[str]]
    Wanted = Union[Callable[[str, str], bool], Callable[[str], bool]]

_NO_TYPE, _MODEL = "unspecified", "model"
_LATEST = "latest"


class RunArtifacts:
    """Mixed into Run."""

    _settings: Settings
    _interface: Union[Interface, Nowhere]
    _check_open: Callable[[str], None]

    def log_artifact(
        self,
        artifact_or_path: Union[Artifact, AnyPath],
        name: str | None = None,
        type: str | None = None,
        aliases: List[str] | None = None,
        tags: List[str] | None = None,
    ) -> Artifact:
        """Make an artifact the output of this run: what it holds is fixed and copied when this returns.

        A path (of a file, a folder, or a URI) becomes an artifact of that name and type first. The alias `latest` is
        always there. Raises UsageError for what can't be logged.
        """
        if self._is_off("log_artifact"):
            return _inert()
        artifact = self._as_artifact(artifact_or_path, name, type or _NO_TYPE)
        self._publish_artifact(artifact, aliases, tags)
        return artifact

    def use_artifact(
        self,
        artifact_or_name: Union[str, Artifact],
        type: str | None = None,
        aliases: List[str] | None = None,
        use_as: str | None = None,
    ) -> Artifact:
        """Make an artifact an input of this run. A draft is logged for that, with the aliases.

        A name, `[[entity/]project/]name[:alias]`, is looked up at the server; it may have to be of that `type`. Raises
        UnsupportedError for a name if the run is offline, UsageError or CommError for one that is not there.
        """
        if self._is_off("use_artifact"):
            return _nothing()
        with loading():
            from wandb.artifacts.artifact import Artifact

        artifact = artifact_or_name
        if isinstance(artifact, str):
            artifact = self._named_artifact(artifact, type)
        if not isinstance(artifact, Artifact):
            raise ArgumentTypeError(f"use_artifact takes an Artifact or a name, not {_kind(artifact)}.")
        if artifact.id is None:
            self._publish_artifact(artifact, aliases, None, user_created=True, use_after_commit=True)
        else:
            fields = {"id": artifact.id, "type": artifact.type, "name": artifact.name}
            self._interface.publish("use_artifact", "UseArtifactRecord", fields)
        return artifact

    def _named_artifact(self, name: str, kind: str | None) -> Artifact:
        with loading():
            from wandb.artifacts.artifact import Artifact
            from wandb.artifacts.server import full_name
            from wandb.sdk.artifact_server import artifact_server

        server = artifact_server(self._settings)
        entity = self._settings.entity or server.default_entity()
        facts = server.by_name(*full_name(name, entity, str(self._settings.project)))
        if kind is not None and facts.type != kind:
            raise ArgumentValueError(f"The artifact {facts.name} is of the type {facts.type!r}, not {kind!r}.")
        return Artifact.from_server(facts, server)

    def upsert_artifact(
        self,
        artifact_or_path: Union[Artifact, str],
        name: str | None = None,
        type: str | None = None,
        aliases: List[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """Add this process's part to an artifact that several runs make; `finish_artifact` completes it.

        The parts have a `distributed_id` in common, or else the group of their runs. Raises UsageError without either.
        """
        if self._is_off("upsert_artifact"):
            return _nothing()
        return self._log_part(artifact_or_path, name, type, aliases, distributed_id, finalize=False)

    def finish_artifact(
        self,
        artifact_or_path: Union[Artifact, str],
        name: str | None = None,
        type: str | None = None,
        aliases: List[str] | None = None,
        distributed_id: str | None = None,
    ) -> Artifact:
        """Complete an artifact that several runs make: its parts become one version."""
        if self._is_off("finish_artifact"):
            return _nothing()
        return self._log_part(artifact_or_path, name, type, aliases, distributed_id, finalize=True)

    def log_model(self, path: AnyPath, name: str | None = None, aliases: List[str] | None = None) -> None:
        """Log a file or folder as an artifact of type `model`."""
        if not self._is_off("log_model"):
            self._publish_artifact(self._as_artifact(path, name, _MODEL), aliases, None)

    def use_model(self, name: str) -> str:
        """Make a logged model an input of this run and download it; the path of its file, or of the folder of several.

        Raises like `use_artifact`.
        """
        if self._is_off("use_model"):
            return _nothing()
        artifact = self.use_artifact(name)
        folder, paths = artifact.download(), list(artifact.manifest.entries)
        return os.path.join(folder, *paths[0].split("/")) if len(paths) == 1 else folder

    def link_artifact(self, artifact: Artifact, target_path: str, aliases: List[str] | None = None) -> Artifact:
        """Show an artifact in another collection, `[[entity/]project/]collection`, as well; as it is seen there.

        A draft is logged first, and waited for. Raises UnsupportedError if the run is offline: the artifact is logged
        then, and a collection is at a server only.
        """
        if self._is_off("link_artifact"):
            return _nothing()
        if artifact.id is None:
            self._publish_artifact(artifact, None, None)
            if self._settings.mode not in SENT_MODES:
                raise UnsupportedError(
                    f"The artifact {artifact.source_name!r} is logged, but not linked to {target_path!r}: "
                    "only a server can do that; link it once the run is there."
                )
            artifact.wait()
        return artifact.link(target_path, aliases)

    def link_model(
        self, path: AnyPath, registered_model_name: str, name: str | None = None, aliases: List[str] | None = None
    ) -> Artifact | None:
        """Log a file or folder as an artifact of type `model`, and link it to a registered model."""
        if self._is_off("link_model"):
            return None
        if "/" in registered_model_name or ":" in registered_model_name:
            raise ArgumentValueError(
                f"A registered model is given by its bare name, without team or project: {registered_model_name!r}"
            )
        artifact = self._as_artifact(path, name, _MODEL)
        return self.link_artifact(artifact, f"model-registry/{registered_model_name}", aliases)

    def log_code(
        self,
        root: str | None = ".",
        name: str | None = None,
        include_fn: Wanted | None = None,
        exclude_fn: Wanted | None = None,
    ) -> Artifact | None:
        """Log the source files below a folder as an artifact of type `code`; None, with a warning, if there are none.

        Both functions get a file's absolute path, and the folder if they take two arguments. By default Python files,
        requirements.txt and Dockerfiles are taken, and nothing in the folder `wandb`.
        """
        if self._is_off("log_code"):
            return None
        with loading():
            from wandb.sdk.source_code import code_artifact

        artifact = code_artifact(self._settings, root, name, include_fn, exclude_fn)
        if artifact is not None:
            self._publish_artifact(artifact, None, None)
        return artifact

    def _is_off(self, call: str) -> bool:
        self._check_open(call)
        return self._settings.mode == "disabled"

    def _log_part(
        self, artifact_or_path: Any, name: Any, type: Any, aliases: Any, distributed_id: str | None, finalize: bool
    ) -> Artifact:
        group = self._settings.run_group
        if not group and not distributed_id:
            raise UsageError("An artifact of several runs needs a `distributed_id`, or runs of one group.")
        artifact = self._as_artifact(artifact_or_path, name, type or _NO_TYPE)
        artifact.distributed_id = distributed_id or group
        self._publish_artifact(artifact, aliases, None, finalize=finalize)
        return artifact

    def _as_artifact(self, artifact_or_path: Any, name: str | None, kind: str) -> Artifact:
        with loading():
            from wandb.artifacts.artifact import Artifact
            from wandb.artifacts.names import safe_name

        if isinstance(artifact_or_path, Artifact):
            return artifact_or_path
        try:
            path = os.fsdecode(artifact_or_path)
        except TypeError:
            text = f"An Artifact or the path of a file or folder is logged, not {_kind(artifact_or_path)}."
            raise ArgumentTypeError(text) from None
        is_uri = "://" in path and not os.path.exists(path)
        if not (is_uri or os.path.isfile(path) or os.path.isdir(path)):
            raise ArgumentValueError(f"{path!r} is no file, no folder and no URI such as s3://bucket/path.")
        last = os.path.basename(os.path.abspath(path))
        artifact = Artifact(name or safe_name(f"run-{self._settings.run_id}-{last}"), kind)
        if is_uri:
            artifact.add_reference(path)
        elif os.path.isfile(path):
            artifact.add_file(path)
        else:
            artifact.add_dir(path)
        return artifact

    def _publish_artifact(
        self, artifact: Artifact, aliases: Any, tags: Any, finalize: bool = True, **more: bool
    ) -> None:
        with loading():
            from wandb.artifacts.names import check_aliases, check_tags
            from wandb.sdk.artifact_record import artifact_fields

        names = [alias for alias in check_aliases(aliases) if alias != _LATEST]
        fields = {
            **artifact_fields(artifact),
            "run_id": str(self._settings.run_id),
            "project": self._settings.project,
            "entity": self._settings.entity,
            "aliases": [*names, _LATEST],
            "tags": check_tags(tags),
            "finalize": finalize,
            **more,
        }
        artifact.finalize()
        self._interface.publish("artifact", "ArtifactRecord", fields)
        layout = getattr(self._interface, "layout", None)
        if self._settings.mode in SENT_MODES and layout is not None:
            with loading():
                from wandb.sdk.artifact_server import Arrival

            artifact._arrive = Arrival(artifact, self._settings, layout)


def _kind(value: object) -> str:
    return type(value).__name__


def _inert() -> Any:
    with loading():
        from wandb.sdk.not_yet import Inert

    return Inert()


def _nothing() -> Any:
    """What a call answers in a disabled run."""
    return None
