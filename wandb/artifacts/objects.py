"""Media, tables and classes as entries of an artifact: each is a JSON entry, and its files are entries beside it."""

from __future__ import annotations

import json
import os
from hashlib import md5
from importlib import import_module

from wandb.artifacts.contents import ArtifactContents
from wandb.artifacts.exceptions import ArtifactNotLoggedError
from wandb.artifacts.names import entry_path
from wandb.artifacts.staging import stage_bytes
from wandb.errors import ArgumentTypeError, ArgumentValueError, UnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Tuple

    from wandb.artifacts.entry import ArtifactManifestEntry
    from wandb.media.values import WBValue

# Where the classes live that an entry's JSON may name.
_HOMES = ("audio", "classes", "html", "image", "joined_tables", "molecule", "object3d", "table", "video")


_NAME_DIGITS = 20  # hexadecimal, of the MD5 of its content, that stand for the name of what others refer to


class ArtifactObjects(ArtifactContents):
    """Mixed into Artifact."""

    _facts: Any
    _objects: Dict[int, Tuple[Any, ArtifactManifestEntry]]

    def add(self, obj: WBValue, name: Any, overwrite: bool = False) -> ArtifactManifestEntry:
        """Add a table, an image or another medium, as `name.<type>.json`; its entry.

        One that is there already, by that name or as the same object, stays as it is unless `overwrite`. Raises
        UsageError for anything else, or for a path that leads out of the artifact.
        """
        self._check_draft("add")
        from wandb.media.values import Media

        if not isinstance(obj, Media):
            kind = type(obj).__name__
            raise ArgumentTypeError(f"A table, an image or another medium is added to an artifact, not {kind}.")
        path = entry_path(obj.with_suffix(os.fspath(name)))
        known = self.manifest.get_entry_by_path(path)
        if known is None and id(obj) in self._objects:
            known = self._objects[id(obj)][1]
        if known is not None and not overwrite:
            return known
        entry = self._add_bytes(self._json_bytes(obj), path, overwrite=True)
        self._objects[id(obj)] = (obj, entry)  # with the object: its id must not become another's
        return entry

    def path_of(self, obj: WBValue, folder: str) -> str:
        """The path of the entry of an object that another one refers to; one that has none yet is added to `folder`."""
        if id(obj) not in self._objects:
            data = self._json_bytes(obj)
            path = entry_path(obj.with_suffix(f"{folder}/{md5(data).hexdigest()[:_NAME_DIGITS]}"))
            self._objects[id(obj)] = (obj, self._add_bytes(data, path, overwrite=True))
        return self._objects[id(obj)][1].path

    def _json_bytes(self, obj: WBValue) -> bytes:
        try:
            return json.dumps(obj.to_json(self), sort_keys=True).encode()
        except RecursionError as error:
            raise ArgumentValueError(
                "Tables that refer to each other in a circle can't be part of an artifact."
            ) from error

    def __setitem__(self, name: str, item: WBValue) -> None:
        self.add(item, name)

    def get(self, name: str) -> WBValue | None:
        """The table or medium that was added by that name, downloaded; None for any other file, or none at all.

        Raises UnsupportedError for one that is of another form than any release writes.
        """
        if self._facts is None:
            raise ArtifactNotLoggedError("get")
        from wandb.media.values import WBValue

        for home in _HOMES:
            import_module(f"wandb.media.{home}")
        kinds = WBValue.type_mapping().values()
        names = [name, *(kind.with_suffix(name) for kind in kinds)]
        path = next((path for path in names if path in self.manifest.entries), None)
        if path is None or not path.endswith(".json"):
            return None
        local = self.manifest.entries[path].belongs_to(self).download()  # type: ignore[arg-type]
        try:
            with open(local, encoding="utf-8") as file:
                found = json.load(file)
            return WBValue.init_from_json(found, self) if isinstance(found, dict) else None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            text = f"{path} of the artifact holds nothing that this release can read: {error!r}"
            raise UnsupportedError(text) from error

    def __getitem__(self, name: str) -> WBValue | None:
        return self.get(name)

    def _add_bytes(self, data: bytes, path: str, overwrite: bool = False) -> ArtifactManifestEntry:
        staged = stage_bytes(data)
        entry = self._staged_entry(staged, path, skip_cache=False)
        self._add(entry, staged, overwrite)
        return entry
