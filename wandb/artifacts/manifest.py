"""The list of an artifact's entries: its digest is the artifact's, its JSON is what a server keeps."""

from __future__ import annotations

from wandb.artifacts.digests import MD5, new_hash
from wandb.artifacts.entry import ArtifactManifestEntry
from wandb.artifacts.names import entry_path
from wandb.errors import ArgumentValueError, UnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping

    from wandb.artifacts.enums import DigestAlgorithm

VERSION = 1
STORAGE_POLICY = "wandb-storage-policy-v1"
LAYOUT, REGION = "storageLayout", "storageRegion"
_HEADER = b"wandb-artifact-manifest-v1\n"


class ArtifactManifest:
    """Entries by path; `storage` is where and how a server keeps the files."""

    @classmethod
    def version(cls) -> int:
        """Of the format."""
        return VERSION

    def __init__(
        self,
        entries: Mapping[str, ArtifactManifestEntry] | None = None,
        storage: Mapping[str, Any] | None = None,
        digest_algorithm: DigestAlgorithm = MD5,
    ) -> None:
        self.entries: Dict[str, ArtifactManifestEntry] = dict(entries or {})
        self.storage: Dict[str, Any] = dict(storage or {LAYOUT: "V2"})
        self.digest_algorithm = digest_algorithm

    def __len__(self) -> int:
        return len(self.entries)

    def add_entry(self, entry: ArtifactManifestEntry, overwrite: bool = False) -> None:
        """Add an entry, also in the place of one with the same content. Raises UsageError for other content there."""
        known = self.entries.get(entry.path)
        if known is not None and known.digest != entry.digest and not overwrite:
            raise ArgumentValueError(f"The artifact has another file at {entry.path!r} already; see `overwrite`.")
        self.entries[entry.path] = entry

    def remove_entry(self, entry: ArtifactManifestEntry) -> None:
        """Remove an entry. Raises FileNotFoundError if there is none at its path."""
        if entry.path not in self.entries:
            raise FileNotFoundError(f"The artifact has no entry {entry.path!r}.")
        del self.entries[entry.path]

    def get_entry_by_path(self, path: str) -> ArtifactManifestEntry | None:
        """The entry at a path, or None."""
        return self.entries.get(path)

    def get_entries_in_directory(self, directory: str) -> List[ArtifactManifestEntry]:
        """The entries below a folder, at any depth."""
        start = directory.rstrip("/") + "/"
        return [entry for path, entry in self.entries.items() if path.startswith(start)]

    def sorted_entries(self) -> List[ArtifactManifestEntry]:
        """By path, as digests and records have them."""
        return [self.entries[path] for path in sorted(self.entries)]

    def digest(self) -> str:
        """Hexadecimal; two artifacts with the same one have the same paths and contents."""
        hasher = new_hash(self.digest_algorithm)
        hasher.update(_HEADER)
        for entry in self.sorted_entries():
            hasher.update(f"{entry.path}:{entry.digest}\n".encode("utf-8", "replace"))
        return str(hasher.hexdigest())

    def size(self) -> int:
        """Bytes of all entries whose size is known."""
        return sum(entry.size or 0 for entry in self.entries.values())

    def to_manifest_json(self) -> Dict[str, Any]:
        """The manifest as a server keeps it."""
        return {
            "version": VERSION,
            "storagePolicy": STORAGE_POLICY,
            "storagePolicyConfig": dict(self.storage),
            "contents": {entry.path: entry.in_manifest() for entry in self.entries.values()},
        }

    @classmethod
    def from_manifest_json(
        cls, manifest_json: Mapping[str, Any], digest_algorithm: DigestAlgorithm = MD5
    ) -> ArtifactManifest:
        """The inverse. Raises UnsupportedError for one of another release, UsageError for a path that leads out."""
        if manifest_json.get("version") != VERSION or manifest_json.get("storagePolicy") != STORAGE_POLICY:
            known = {key: manifest_json.get(key) for key in ("version", "storagePolicy")}
            raise UnsupportedError(f"The artifact's manifest is of a kind that this release can't read: {known}.")
        manifest = cls(storage=manifest_json.get("storagePolicyConfig"), digest_algorithm=digest_algorithm)
        for path, fields in manifest_json["contents"].items():
            if type(fields["digest"]) is not str or type(fields.get("size", 0)) not in (int, type(None)):
                raise ArgumentValueError(f"The entry {path!r} of the manifest has no digest, or a size that is none.")
            manifest.entries[path] = ArtifactManifestEntry(
                entry_path(path),
                fields["digest"],
                fields.get("ref"),
                fields.get("birthArtifactID"),
                fields.get("size"),
                fields.get("extra"),
            )
        if any(entry.digest_algorithm() is not MD5 for entry in manifest.entries.values()):
            manifest.digest_algorithm = next(iter(manifest.entries.values())).digest_algorithm()
        return manifest
