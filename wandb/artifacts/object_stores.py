"""References to objects in stores, s3:// and gs://, through fsspec's file systems (s3fs and gcsfs).

An object is known by the store's tag of it; one that is named by itself, by its version too, where the store keeps
versions. Nothing is read for that.
Keys, regions and addresses of the stores are found where their own tools look for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from wandb.artifacts.entry import ArtifactManifestEntry
from wandb.artifacts.names import entry_path
from wandb.errors import CommError, UnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping


class _Store(NamedTuple):
    package: str
    tag: str
    version: str


# Scheme -> what fsspec needs for it, and what it calls tag and version of an object.
_STORES = {"s3": _Store("s3fs", "ETag", "VersionId"), "gs": _Store("gcsfs", "etag", "generation")}


def store_entries(uri: str, name: str | None, checksum: bool, most: int) -> List[ArtifactManifestEntry]:
    """The entry of an object, or those of all objects below a prefix. Raises CommError if there is none."""
    last = name or entry_path(uri.rstrip("/").rpartition("/")[2])
    if not checksum:
        return [ArtifactManifestEntry(last, uri, uri)]
    scheme, _, key = uri.partition("://")
    store = _file_system(scheme, with_versions=False)
    try:
        found = {key: store.info(key)} if store.isfile(key) else store.find(key, detail=True)
    except Exception as error:  # whatever the store's own library raises: no network, no bucket, no permission
        raise CommError(f"{uri} can't be referred to with a checksum: {error}", error) from error
    if not found or len(found) > most:
        text = f"has more than {most} objects, see `max_objects`" if found else "is not there"
        raise CommError(f"{uri} {text}.")
    if list(found) == [key]:
        return [_entry(scheme, last, key, found[key])]
    start = len(key.rstrip("/")) + 1
    prefix = f"{name}/" if name else ""
    return [_entry(scheme, entry_path(prefix + path[start:]), path, found[path]) for path in sorted(found)]


def _entry(scheme: str, name: str, key: str, info: Mapping[str, Any]) -> ArtifactManifestEntry:
    known = _STORES[scheme]
    tag = str(info.get(known.tag) or "").strip('"')
    extra: Dict[str, Any] = {"etag": tag} if scheme == "s3" else {}
    if info.get(known.version) not in (None, "null"):
        extra["versionID"] = info[known.version]
    uri = f"{scheme}://{key}"
    return ArtifactManifestEntry(name, tag or uri, uri, size=int(info["size"]), extra=extra)


def fetch_object(entry: ArtifactManifestEntry, path: str) -> None:
    """Copy an object to a file. Raises CommError if it is not there, or not what it was."""
    scheme, _, key = entry.ref_target().partition("://")
    version = entry.extra.get("versionID")
    if version is not None:
        key = f"{key}?versionId={version}" if scheme == "s3" else f"{key}#{version}"
    store = _file_system(scheme, with_versions=version is not None)
    try:
        tag = str(store.info(key).get(_STORES[scheme].tag) or "").strip('"')
        if entry.digest not in (tag, entry.ref):
            raise CommError(f"{entry.ref} has changed since it was referred to.")
        store.get_file(key, path)
    except CommError:
        raise
    except Exception as error:  # as above
        raise CommError(f"{entry.ref} can't be got: {error}", error) from error


def _file_system(scheme: str, with_versions: bool) -> Any:
    package = _STORES[scheme].package
    try:
        import_module(package)
        return import_module("fsspec").filesystem(scheme, **({"version_aware": True} if with_versions else {}))
    except ImportError as error:
        raise UnsupportedError(f"References of the scheme {scheme} need a package: pip install {package}") from error
