"""How an artifact's files get to a folder of the program, and whether they are there as they were logged."""

from __future__ import annotations

import os

from wandb.artifacts.at_server import ArtifactAtServer
from wandb.artifacts.places import download_dir
from wandb.errors import ArgumentValueError
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

    from wandb.artifacts.entry import ArtifactManifestEntry


class ArtifactDownloads(ArtifactAtServer):
    """Mixed into Artifact."""

    def _default_root(self) -> str:
        name = self._logged("download").place.name
        return os.path.join(download_dir(), name if os.name != "nt" else name.replace(":", "-"))

    def download(
        self,
        root: Any = None,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,
        path_prefix: Any = None,
        multipart: bool | None = None,
    ) -> str:
        """Bring all files, or those whose path begins with `path_prefix`, to a folder; the folder.

        Files that are there already are not got again, others in the folder stay. `skip_cache`: without a copy in the
        cache. Raises CommError for a file that can't be had as it was logged. `multipart` has no effect.
        """
        self._logged("download")
        folder = os.fsdecode(root) if root is not None else self._default_root()
        start = "" if path_prefix is None else os.fspath(path_prefix)
        entries = [entry for entry in self.manifest.entries.values() if entry.path.startswith(start)]
        self._bring(entries, folder, bool(skip_cache), allow_missing_references)
        return str(folder)

    def _bring(
        self, entries: List[ArtifactManifestEntry], folder: str, skip_cache: bool, allow_missing: bool = False
    ) -> List[str]:
        with loading():
            from wandb.artifacts.download import Download, Options

        options = Options(skip_cache, allow_missing)
        return Download(self._at("download"), self._logged("download").source, folder, options).run(entries)

    def _download_entry(self, entry: ArtifactManifestEntry, root: str | None, skip_cache: bool) -> str:
        return self._bring([entry], root if root is not None else self._default_root(), skip_cache)[0]

    def checkout(self, root: str | None = None) -> str:
        """Like `download`, and remove what else is in the folder; the folder."""
        self._logged("checkout")
        folder = root if root is not None else self._default_root()
        for path, relative in _files_in(folder):
            if relative not in self.manifest.entries:
                os.unlink(path)
        return self.download(root=folder)

    def verify(self, root: str | None = None) -> None:
        """Check that a folder has the artifact's files, as they were logged, and no others; a ValueError if not."""
        self._logged("verify")
        with loading():
            from wandb.artifacts.digests import in_parallel
            from wandb.artifacts.download import is_whole

        folder = root if root is not None else self._default_root()
        for _, relative in _files_in(folder):
            if relative not in self.manifest.entries:
                raise ArgumentValueError(f"{relative!r} in {folder} is no file of the artifact {self.name}.")
        files = [entry for entry in self.manifest.entries.values() if entry.ref is None]
        found = in_parallel(lambda entry: is_whole(os.path.join(folder, *entry.path.split("/")), entry), files)
        for entry, is_sound in zip(files, found):
            if not is_sound:
                raise ArgumentValueError(f"{entry.path!r} in {folder} is not as it is in the artifact {self.name}.")

    def file(self, root: str | None = None) -> str:
        """Download the only file of the artifact; its path. A ValueError if it has more, or none."""
        self._logged("file")
        entries = list(self.manifest.entries.values())
        if len(entries) != 1:
            raise ArgumentValueError(f"The artifact {self.name} has {len(entries)} entries, not one; see `download`.")
        return self.get_entry(entries[0].path).download(root)


def _files_in(folder: str) -> List[Tuple[str, str]]:
    """(path, path below the folder with `/`) of each file."""
    found = []
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            found.append((file, os.path.relpath(file, folder).replace(os.sep, "/")))
    return found
