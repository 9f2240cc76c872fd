"""The files of an artifact at its server, as the public API has them: what is known of each, and its content."""

from __future__ import annotations

import os

from wandb.artifacts.cache import replacing
from wandb.artifacts.digests import file_digest
from wandb.errors import ArgumentValueError, CommError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Iterator, List, Mapping

    from wandb.artifacts.server import ArtifactServer
    from wandb.artifacts.server_facts import Place


class ArtifactFile:
    """One file; `name` is its path in the artifact."""

    def __init__(self, server: ArtifactServer, facts: Mapping[str, Any]) -> None:
        self._server = server
        self.id = facts.get("id")
        self.name = str(facts["name"])
        self.url = facts.get("url")
        self.size = int(facts.get("sizeBytes") or 0)
        self.mimetype = facts.get("mimetype")
        self.updated_at = facts.get("updatedAt")
        self.digest = facts.get("digest")
        self.md5 = facts.get("md5")
        self.storage_path = facts.get("storagePath")
        self.direct_url = facts.get("directUrl")

    @property
    def path_uri(self) -> str:
        """Where it lies in its store, if the server says so: `s3://…`, `gs://…`; else an empty text."""
        return str(self.direct_url) if "://" in str(self.direct_url) and not self._is_web() else ""

    def _is_web(self) -> bool:
        return str(self.direct_url).startswith(("http://", "https://"))

    def download(self, root: str = ".", replace: bool = False, exist_ok: bool = False, api: Any = None) -> IO[str]:
        """Bring it to its place below `root`; the file, open for reading.

        Raises ArgumentValueError if there is a file already and neither `replace` nor `exist_ok` is given, CommError
        if it can't be had. `api` has no effect.
        """
        from wandb.artifacts.names import entry_path

        target = os.path.join(root, *entry_path(self.name).split("/"))
        if os.path.exists(target) and not replace:
            if exist_ok:
                return open(target, encoding="utf-8")
            raise ArgumentValueError(f"{target} is there already: replace=True overwrites it, exist_ok=True keeps it.")
        if not self.direct_url:
            raise CommError(f"The server does not say where {self.name!r} is.")
        with replacing(target) as new:
            self._server.transfers().fetch(str(self.direct_url), new)
            if self.md5 and file_digest(new)[0] != self.md5:
                raise CommError(f"What the server sent for {self.name!r} is not what its digest says.")
        return open(target, encoding="utf-8")

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.mimetype}) {self.size} bytes>"


class ArtifactFiles:
    """The files of one artifact, as a sequence; pages are got when they are reached."""

    def __init__(
        self, server: ArtifactServer, place: Place, names: List[str] | None, per_page: int, start: str | None
    ) -> None:
        self._place = place
        self._found: List[ArtifactFile] = []
        self._coming = (ArtifactFile(server, facts) for facts in server.files(place, names, per_page, start))

    def __iter__(self) -> Iterator[ArtifactFile]:
        number = 0
        while self._reach(number + 1):
            yield self._found[number]
            number += 1

    def __getitem__(self, index: Any) -> Any:
        last = index if isinstance(index, int) and index >= 0 else None
        self._reach(None if last is None else last + 1)
        return self._found[index]

    def __len__(self) -> int:
        self._reach(None)
        return len(self._found)

    def _reach(self, count: int | None) -> bool:
        """Get files until there are so many, or all of them; whether there are."""
        for file in self._coming if count is None or count > len(self._found) else ():
            self._found.append(file)
            if len(self._found) == count:
                break
        return count is None or len(self._found) >= count

    def __repr__(self) -> str:
        return f"<ArtifactFiles {self._place.qualified_name}>"
