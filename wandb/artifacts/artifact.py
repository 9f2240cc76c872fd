"""`wandb.Artifact`: a named, typed folder of files that can't change once it is logged.

A program makes a draft, adds to it, and gives it to `run.log_artifact`. What a server adds to it (version, owner,
aliases …) is in `at_server.py`; asking a draft for it is an ArtifactNotLoggedError.
"""

from __future__ import annotations

from copy import copy
from datetime import timedelta

from wandb.artifacts.changing import ArtifactChanges
from wandb.artifacts.digests import MD5
from wandb.artifacts.downloading import ArtifactDownloads
from wandb.artifacts.enums import ArtifactState, ArtifactTTL, DigestAlgorithm
from wandb.artifacts.manifest import LAYOUT, REGION, ArtifactManifest
from wandb.artifacts.names import check_metadata, check_name, check_type
from wandb.artifacts.objects import ArtifactObjects
from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.sdk.lib.ids import generate_id
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Tuple, Union

    from wandb.artifacts.entry import ArtifactManifestEntry
    from wandb.artifacts.server import ArtifactServer
    from wandb.artifacts.server_facts import ServerFacts

_CLIENT_ID_LENGTH = 128


class Artifact(ArtifactObjects, ArtifactDownloads, ArtifactChanges):
    """A versioned folder of files, or of references to what lies elsewhere."""

    def __init__(
        self,
        name: str,
        type: str,
        description: str | None = None,
        metadata: Dict[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
        storage_region: str | None = None,
        digest_algorithm: str = "MD5",
    ) -> None:
        """A draft. `metadata` has at most 100 keys, whose values are kept as JSON.

        `incremental`: it only adds to the version before it. `storage_region` is one that the server knows;
        `digest_algorithm` MD5 or XXH128 (faster, needs the package xxhash). Raises UsageError for a name, a type or
        metadata that can't be.
        """
        if use_as is not None:
            termwarn("`use_as` of an artifact has no effect any more.", repeat=False)
        if storage_region == "":
            raise ArgumentValueError("A storage region is a name that the server knows, not an empty text.")
        self._name = check_name(name)
        self._type = check_type(type, self._name)
        self._description = description
        self._metadata = check_metadata(metadata)
        self._incremental = bool(incremental)
        self._distributed_id: str | None = None
        self._base_id: str | None = None  # the artifact that a draft was made from
        self._ttl: Union[timedelta, ArtifactTTL, None] = None
        self._ttl_given = False
        self._final = False
        self._client_id = generate_id(_CLIENT_ID_LENGTH)
        self._sequence_client_id = generate_id(_CLIENT_ID_LENGTH)
        self._names_by_path: Dict[str, str] = {}
        self._new_files: Dict[str, str] = {}
        self._objects: Dict[int, Tuple[Any, ArtifactManifestEntry]] = {}
        algorithm = DigestAlgorithm.MANIFEST_XXH128 if digest_algorithm == "XXH128" else MD5
        storage = {LAYOUT: "V2", **({} if storage_region is None else {REGION: storage_region})}
        self._manifest: ArtifactManifest | None = ArtifactManifest(storage=storage, digest_algorithm=algorithm)

    @classmethod
    def of_reserved_type(cls, name: str, type: str) -> Artifact:
        """A draft of a type that programs can't choose; for calls that stand for it, such as `log_code`."""
        artifact = cls(name, "reserved")
        artifact._type = type
        return artifact

    @classmethod
    def from_server(cls, facts: ServerFacts, server: ArtifactServer) -> Artifact:
        """The artifact that a server says this of."""
        artifact = cls.__new__(cls)
        artifact._ttl, artifact._ttl_given, artifact._base_id = None, False, None
        artifact._names_by_path, artifact._new_files, artifact._objects = {}, {}, {}
        artifact._incremental, artifact._distributed_id = False, None
        artifact._client_id = generate_id(_CLIENT_ID_LENGTH)
        artifact._sequence_client_id = generate_id(_CLIENT_ID_LENGTH)
        artifact._manifest = None
        artifact._arrived(facts, server)
        return artifact

    def _arrived(self, facts: ServerFacts, server: ArtifactServer) -> None:
        """From now on the artifact is what the server says."""
        self._facts, self._server, self._final = facts, server, True
        self._manifest = None  # the server's knows where the bytes are
        self._name, self._type = facts.source.collection, facts.type
        self._description, self._metadata = facts.description, facts.metadata

    def new_draft(self) -> Artifact:
        """A draft with the same name, description, metadata and entries, to log the next version from."""
        facts = self._logged("new_draft")
        draft = Artifact(facts.source.collection, facts.type, self.description, self.metadata)
        draft._base_id = facts.id
        draft._manifest = ArtifactManifest(
            {path: copy(entry) for path, entry in self.manifest.entries.items()},
            self.manifest.storage,
            self.manifest.digest_algorithm,
        )
        return draft

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "_objects": {}}  # elsewhere, objects have other ids

    def __repr__(self) -> str:
        return f"<Artifact {self.name}>"

    @property
    def source_name(self) -> str:
        """The name in the collection that it was logged to."""
        return self._name if self._facts is None else self._facts.source.name

    @property
    def id(self) -> str | None:
        """The server's identifier; None for a draft."""
        return None if self._facts is None else self._facts.id

    @property
    def type(self) -> str:
        """What kind of thing it holds: dataset, model, …"""
        return self._type

    @property
    def state(self) -> str:
        """One of ArtifactState's values."""
        return ArtifactState.PENDING.value if self._facts is None else self._facts.state

    @property
    def description(self) -> str | None:
        """Free text; may be set."""
        return self._description

    @description.setter
    def description(self, description: str | None) -> None:
        self._description = description

    @property
    def metadata(self) -> Dict[str, Any]:
        """JSON values by name; may be set, or changed in place before it is logged."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: Dict[str, Any] | None) -> None:
        self._metadata = check_metadata(metadata)

    @property
    def ttl(self) -> timedelta | None:
        """How long the server keeps it; None is for ever. May be set, also to ArtifactTTL.INHERIT."""
        if self._ttl_given and not isinstance(self._ttl, ArtifactTTL):
            return self._ttl
        return self._logged("ttl").ttl

    @ttl.setter
    def ttl(self, ttl: Union[timedelta, ArtifactTTL, None]) -> None:
        if isinstance(ttl, timedelta):
            if ttl < timedelta(seconds=1):
                raise ArgumentValueError(f"The time to live of an artifact is a second or more, not {ttl}.")
            ttl = timedelta(seconds=int(ttl.total_seconds()))
        elif ttl is not None and not isinstance(ttl, ArtifactTTL):
            raise ArgumentTypeError(f"The time to live of an artifact is a timedelta, not {type(ttl).__name__}.")
        self._ttl, self._ttl_given = ttl, True

    @property
    def incremental(self) -> bool:
        """Whether it only adds to the version before it."""
        return self._incremental

    @property
    def use_as(self) -> None:
        """Of older programs; has no effect."""
        return None

    @property
    def distributed_id(self) -> str | None:
        """What the parts of one artifact that several processes make have in common; may be set."""
        return self._distributed_id

    @distributed_id.setter
    def distributed_id(self, distributed_id: str | None) -> None:
        self._distributed_id = distributed_id

    @property
    def digest(self) -> str:
        """Hexadecimal; equal for artifacts with the same paths and contents."""
        return self.manifest.digest() if self._facts is None else self._facts.digest

    @property
    def digest_algorithm(self) -> DigestAlgorithm:
        """How its files and its manifest are hashed."""
        return self.manifest.digest_algorithm

    @property
    def size(self) -> int:
        """Bytes of all files, and of references whose size is known."""
        return self.manifest.size() if self._facts is None else self._facts.size

    def finalize(self) -> None:
        """Let nothing be added any more; `log_artifact` does it too."""
        self._final = True

    def is_draft(self) -> bool:
        """Whether it is not at a server yet."""
        return self.state == ArtifactState.PENDING.value
