"""One entry of an artifact: a file, or a reference to something that lies elsewhere."""

from __future__ import annotations

import base64
import os
from urllib.parse import urlsplit

from wandb.artifacts.digests import EXTRA_KEY, EXTRA_VALUE, as_hex
from wandb.artifacts.enums import DigestAlgorithm
from wandb.artifacts.exceptions import ArtifactNotLoggedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping, Tuple

    from wandb.artifacts.artifact import Artifact

_JSON_NAMES = {
    "path": "path", "digest": "digest", "ref": "ref", "birth_artifact_id": "birthArtifactID", "size": "size",
    "extra": "extra", "local_path": "local_path", "skip_cache": "skip_cache",
}  # fmt: skip
# What the manifest at a server says of an entry, besides its path.
_IN_MANIFEST = ("digest", "ref", "birth_artifact_id", "size", "extra")


class ArtifactManifestEntry:
    """Path, digest (base64), size in bytes, and where the bytes are: at `ref`, at `local_path`, or at the server."""

    __slots__ = ("_artifact", "birth_artifact_id", "digest", "extra", "local_path", "path", "ref", "size", "skip_cache")

    def __init__(
        self,
        path: str,
        digest: str,
        ref: str | None = None,
        birth_artifact_id: str | None = None,
        size: int | None = None,
        extra: Mapping[str, Any] | None = None,
        local_path: str | None = None,
        skip_cache: bool | None = False,
    ) -> None:
        """Without a size, the one of the file at `local_path`, which must be there then (OSError)."""
        self.path = str(path)
        self.digest = digest
        self.ref = None if ref is None else str(ref)
        self.birth_artifact_id = birth_artifact_id
        self.local_path = None if local_path is None else os.fspath(local_path)
        self.size = os.path.getsize(self.local_path) if size is None and self.local_path is not None else size
        self.extra: Dict[str, Any] = dict(extra or {})
        self.skip_cache = bool(skip_cache)
        self._artifact: Artifact | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArtifactManifestEntry):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        known = {name: getattr(self, name) for name in _JSON_NAMES if getattr(self, name) not in (None, {})}
        return f"ArtifactManifestEntry({', '.join(f'{name}={value!r}' for name, value in known.items())})"

    @property
    def name(self) -> str:
        """Older name of `path`."""
        return self.path

    def digest_algorithm(self) -> DigestAlgorithm:
        """How the digest was made."""
        xxh = self.extra.get(EXTRA_KEY) == EXTRA_VALUE
        return DigestAlgorithm.MANIFEST_XXH128 if xxh else DigestAlgorithm.MANIFEST_MD5

    def to_json(self) -> Dict[str, Any]:
        """All that is known of it, without what is not."""
        values = {key: getattr(self, name) for name, key in _JSON_NAMES.items()}
        return {key: value for key, value in values.items() if value is not None}

    def in_manifest(self) -> Dict[str, Any]:
        """What a manifest says of it."""
        values = {_JSON_NAMES[name]: getattr(self, name) for name in _IN_MANIFEST}
        return {key: value for key, value in values.items() if value is not None and value != {}}

    def belongs_to(self, artifact: Artifact) -> ArtifactManifestEntry:
        """Itself, as an entry of an artifact that is at a server."""
        self._artifact = artifact
        return self

    def parent_artifact(self) -> Artifact:
        """The artifact that it was got from. Raises ArtifactNotLoggedError for an entry of a draft."""
        if self._artifact is None:
            raise ArtifactNotLoggedError("get_entry")
        return self._artifact

    def ref_target(self) -> str:
        """What a reference points to, a URI; ValueError for a file."""
        if self.ref is None:
            raise ValueError(f"The entry {self.path!r} is a file, no reference.")
        return self.ref

    def ref_url(self) -> str:
        """A URI by which another artifact can refer to this entry."""
        return f"{artifact_uri(self.parent_artifact().id or '')}/{self.path}"

    def download(
        self,
        root: str | None = None,
        skip_cache: bool | None = None,
        executor: Any = None,
        multipart: bool | None = None,
    ) -> str:
        """Bring this one file to a folder, the artifact's default one without `root`; its path.

        Raises CommError if it can't be had as it was logged. `executor` and `multipart` have no effect.
        """
        return self.parent_artifact()._download_entry(self, root, bool(skip_cache))


def artifact_id_of(uri: str) -> Tuple[str, str]:
    """(identifier, path) of a `wandb-artifact://` URI; the identifier is "" if there is none in it."""
    parts = urlsplit(uri)
    try:
        artifact_id = base64.b64encode(bytes.fromhex(parts.netloc)).decode("ascii")
    except ValueError:
        artifact_id = ""
    return artifact_id, parts.path.lstrip("/")


def artifact_uri(artifact_id: str) -> str:
    """The URI of an artifact at its server: the bytes of the identifier, which is base64, in hexadecimal digits."""
    return f"wandb-artifact://{as_hex(artifact_id)}"
