"""Gets what a reference points to, and notices whether it is still what was referred to."""

from __future__ import annotations

import os
import shutil
from urllib.parse import urlsplit

from wandb.artifacts.cache import replacing
from wandb.artifacts.digests import file_digest, unread_digest
from wandb.artifacts.entry import artifact_id_of
from wandb.errors import CommError
from wandb.loading import loading
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wandb.artifacts.entry import ArtifactManifestEntry
    from wandb.artifacts.server import ArtifactServer
    from wandb.artifacts.transfer import Transfers

_FILE = "file://"


def copy_target(
    entry: ArtifactManifestEntry, target: str, transfers: Transfers, server: ArtifactServer, skip_cache: bool
) -> None:
    """Copy what the entry refers to. Raises OSError or CommError if it is not there, or not what it was."""
    scheme = urlsplit(entry.ref_target()).scheme
    if scheme == "wandb-artifact":
        _of_artifact(entry, target, server, skip_cache)
        return
    with replacing(target) as copy:
        if scheme == "file":
            _of_file(entry, copy)
        elif scheme in ("http", "https"):
            _of_web(entry, copy, transfers)
        elif scheme in ("s3", "gs"):
            with loading():
                from wandb.artifacts.object_stores import fetch_object

            fetch_object(entry, copy)
        else:
            os.unlink(copy)
            termwarn(f"What {entry.ref} points to is for the program to get: its scheme is not known here.")


def _of_file(entry: ArtifactManifestEntry, copy: str) -> None:
    source = entry.ref_target()[len(_FILE) :]
    shutil.copyfile(source, copy)
    if entry.digest not in (unread_digest(source), file_digest(copy, entry.digest_algorithm())[0]):
        raise CommError(f"{source} has changed since it was referred to.")


def _of_web(entry: ArtifactManifestEntry, copy: str, transfers: Transfers) -> None:
    headers = transfers.fetch(entry.ref_target(), copy)
    tag = next((value for name, value in headers.items() if name.lower() == "etag"), entry.ref_target())
    if entry.digest not in (tag.strip('"'), entry.ref):
        raise CommError(f"{entry.ref} has changed since it was referred to.")


def _of_artifact(entry: ArtifactManifestEntry, target: str, server: ArtifactServer, skip_cache: bool) -> None:
    """An entry of another artifact of the same server."""
    with loading():
        from wandb.artifacts.download import Download, Options, fetch_manifest

    artifact_id, path = artifact_id_of(entry.ref_target())
    other = fetch_manifest(server, artifact_id).get_entry_by_path(path)
    if other is None:
        raise CommError(f"The artifact that {entry.path!r} refers to has no entry {path!r}.")
    place = server.by_id(artifact_id).source
    with replacing(target) as copy:
        folder = copy + ".d"
        try:
            got = Download(server, place, folder, Options(skip_cache)).run([other])[0]
            os.replace(got, copy)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
