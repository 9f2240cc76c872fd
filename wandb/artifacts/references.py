"""References: entries whose bytes stay where they are, known by a checksum of theirs. One handler for each scheme.

A file's digest is its md5. Of a web page or an object in a store it is the tag that the server gives it, if any, and
else the URI itself; the bytes are not read.
"""

from __future__ import annotations

import os
import posixpath
from typing import NamedTuple, Optional
from urllib.parse import unquote, urlsplit

from wandb.artifacts.digests import file_digest, in_parallel, unread_digest
from wandb.artifacts.entry import ArtifactManifestEntry
from wandb.artifacts.names import entry_path
from wandb.artifacts.walking import MOST_FILES, files_below
from wandb.certificates import verification
from wandb.errors import ArgumentValueError, CommError
from wandb.foreign_answers import whole_number
from wandb.loading import loading
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, List, Tuple


_SECONDS = 30.0


class Wish(NamedTuple):
    """What `add_reference` was asked for."""

    uri: str
    name: Optional[str]
    checksum: bool
    most: int


def reference_entries(
    uri: str, name: str | None, checksum: bool, max_objects: int | None
) -> List[ArtifactManifestEntry]:
    """The entries for a URI, several for a folder. Raises UsageError for what is no URI, CommError for what is gone."""
    scheme = urlsplit(uri).scheme
    if not scheme or (len(scheme) == 1 and os.name == "nt"):
        raise ArgumentValueError(f"A reference is a URI, such as file:///folder/name or s3://bucket/key, not {uri!r}.")
    wish = Wish(uri, None if name is None else entry_path(name), checksum, max_objects or MOST_FILES)
    return _HANDLERS.get(scheme, _unknown)(wish)


def _of_files(wish: Wish) -> List[ArtifactManifestEntry]:
    parts = urlsplit(wish.uri)
    path = wish.uri[len("file://") :] if wish.uri.startswith("file:///") else ""
    if path and not os.path.exists(path):
        path = unquote(parts.path)
    if os.path.isdir(path):
        found = [(file, os.path.relpath(file, path)) for file in files_below(path, wish.most, follow_links=False)]
        prefix = f"{wish.name}/" if wish.name else ""
    elif os.path.isfile(path):
        found, prefix = [(path, wish.name or os.path.basename(path))], ""
    else:
        raise ArgumentValueError(f"{wish.uri!r} is neither a file nor a folder of this machine, by its absolute path.")

    def entry(pair: Tuple[str, str]) -> ArtifactManifestEntry:
        file, name = pair
        digest, size = file_digest(file) if wish.checksum else (unread_digest(file), os.path.getsize(file))
        return ArtifactManifestEntry(entry_path(prefix + name), digest, "file://" + file, size=size)

    return in_parallel(entry, found)


def _of_web(wish: Wish) -> List[ArtifactManifestEntry]:
    name = wish.name or entry_path(posixpath.basename(wish.uri))
    if not wish.checksum:
        return [ArtifactManifestEntry(name, wish.uri, wish.uri)]
    with loading():
        import requests

    try:
        with requests.get(wish.uri, stream=True, timeout=_SECONDS, verify=verification(False)) as answer:
            answer.raise_for_status()
            headers = answer.headers
    except requests.RequestException as error:
        raise CommError(f"{wish.uri} can't be referred to with a checksum: {error}", error) from error
    tag, length = headers.get("ETag"), headers.get("Content-Length", "")
    digest = tag.strip('"') if tag else wish.uri
    size = whole_number(length)
    return [ArtifactManifestEntry(name, digest, wish.uri, size=size, extra={"etag": tag} if tag else {})]


def _of_store(wish: Wish) -> List[ArtifactManifestEntry]:
    with loading():
        from wandb.artifacts.object_stores import store_entries

    return store_entries(wish.uri, wish.name, wish.checksum, wish.most)


def _unknown(wish: Wish) -> List[ArtifactManifestEntry]:
    if wish.name is None:
        raise ArgumentValueError(f"A reference of an unknown scheme needs a name of its own (name=...): {wish.uri}")
    if wish.checksum:
        termwarn(f"References of this scheme have no checksum: {wish.uri}")
    return [ArtifactManifestEntry(wish.name, wish.uri, wish.uri)]


def _of_artifact(wish: Wish) -> List[ArtifactManifestEntry]:
    """An entry of another artifact at the server: `wandb-artifact://<id in hexadecimal digits>/<path>`."""
    from importlib import import_module

    with loading():
        from wandb.artifacts.download import fetch_manifest
        from wandb.artifacts.entry import artifact_id_of

    artifact_id, path = artifact_id_of(wish.uri)
    if not artifact_id or not path:
        raise ArgumentValueError(
            f"An entry of another artifact is wandb-artifact://<id>/<path>, as `ref_url` gives it, not {wish.uri!r}."
        )
    # The way to the server is the one that the program has: that of its run, or of its settings.
    server = import_module("wandb.sdk.artifact_server").server_of_program()
    entry = fetch_manifest(server, artifact_id).get_entry_by_path(path)
    if entry is None:
        raise CommError(f"The artifact of {wish.uri} has no entry {path!r}.")
    return [ArtifactManifestEntry(wish.name or entry_path(path), entry.digest, wish.uri, size=0, extra=entry.extra)]


_HANDLERS: Dict[str, Callable[[Wish], List[ArtifactManifestEntry]]] = {
    "file": _of_files, "http": _of_web, "https": _of_web, "s3": _of_store, "gs": _of_store,
    "wandb-artifact": _of_artifact,
}  # fmt: skip
