"""How a draft gets its entries: files, folders, references, and files that are written into it directly.

A `mutable` file is copied when it is added, so that the program may change it; an `immutable` one is taken from its
place when it is sent. Either way its digest is known when the call returns.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from wandb.artifacts.digests import EXTRA_KEY, EXTRA_VALUE, MD5, as_hex, file_digest, in_parallel
from wandb.artifacts.entry import ArtifactManifestEntry
from wandb.artifacts.exceptions import ArtifactFinalizedError
from wandb.artifacts.names import entry_path
from wandb.artifacts.staging import is_staged, new_staged_file, stage, unstage
from wandb.artifacts.walking import files_below
from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.loading import loading
from wandb.sdk.lib.terminal import termlog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Dict, Iterable, Iterator, List, Sequence, Union

    from wandb.artifacts.manifest import ArtifactManifest

    AnyPath = Union[str, os.PathLike[str]]

_POLICIES = ("mutable", "immutable")
_TEMPORARY_NAME = 20  # hexadecimal digits of a digest that stand for the name of a temporary file
_READING = "r"


class ArtifactContents:
    """Mixed into Artifact."""

    manifest: ArtifactManifest
    _final: bool
    _names_by_path: Dict[str, str]
    _new_files: Dict[str, str]

    def _check_draft(self, call: str) -> None:
        if self._final:
            raise ArtifactFinalizedError(call)

    def add_file(
        self,
        local_path: AnyPath,
        name: AnyPath | None = None,
        is_tmp: bool | None = False,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        overwrite: bool = False,
    ) -> ArtifactManifestEntry:
        """Add a file, by its own name or by `name`, a path inside the artifact.

        With `is_tmp` its digest stands for its name. Raises UsageError for what is no file, a path that leads out of
        the artifact, or other content at that path unless `overwrite`; OSError if the file can't be read.
        """
        self._check_draft("add_file")
        _check_policy(policy)
        path = _text(local_path)
        if not os.path.isfile(path):
            raise ArgumentValueError(f"{path!r} is no file that could be added to an artifact.")
        entry = self._entry(path, entry_path(name or os.path.basename(path)), policy, skip_cache)
        if is_tmp:
            folder, _, last = entry.path.rpartition("/")
            ending = os.path.splitext(last)[1]
            entry.path = entry_path(os.path.join(folder, as_hex(entry.digest)[:_TEMPORARY_NAME] + ending))
        self._add(entry, path, overwrite)
        return entry

    def add_dir(
        self,
        local_path: AnyPath,
        name: AnyPath | None = None,
        skip_cache: bool | None = False,
        policy: str | None = "mutable",
        merge: bool = False,
    ) -> None:
        """Add all files of a folder and below it, also behind links; under the folder `name`, if given.

        Files are read several at a time. With `merge`, they replace entries that are there. Raises like `add_file`;
        then none of them is added.
        """
        self._check_draft("add_dir")
        _check_policy(policy)
        root = _text(local_path)
        if not os.path.isdir(root):
            raise ArgumentValueError(f"{root!r} is no folder that could be added to an artifact.")
        prefix = "" if name is None else _text(name)
        files = {path: entry_path(os.path.join(prefix, os.path.relpath(path, root))) for path in files_below(root)}
        made: Dict[str, ArtifactManifestEntry] = {}

        def make(path: str) -> None:
            made[path] = self._entry(path, files[path], policy, skip_cache)

        try:
            in_parallel(make, files)
            if not merge:
                self._check_places(made.values())
        except BaseException:
            for entry in made.values():
                unstage(entry.local_path)
            raise
        for path in files:
            self._add(made[path], path, overwrite=True)
        termlog(f"Added {len(files)} files of {root} to the artifact.")

    def add_reference(
        self,
        uri: Union[ArtifactManifestEntry, str],
        name: AnyPath | None = None,
        checksum: bool = True,
        max_objects: int | None = None,
    ) -> Sequence[ArtifactManifestEntry]:
        """Add what stays where it is: a file or folder (file://), a web page, an object of a store (s3://, gs://),
        anything else that a URI with a `name` stands for, or an entry of another artifact.

        With `checksum` it is looked at now, so that a later change can be noticed. Returns the new entries. Raises
        UsageError for what is no URI, CommError if it can't be looked at.
        """
        self._check_draft("add_reference")
        if isinstance(uri, ArtifactManifestEntry):
            path = entry_path(name or uri.path)
            entries = [ArtifactManifestEntry(path, uri.digest, uri.ref_url(), size=0, extra=uri.extra)]
        elif isinstance(uri, str):
            with loading():
                from wandb.artifacts.references import reference_entries

            entries = reference_entries(uri, None if name is None else _text(name), checksum, max_objects)
        else:
            raise ArgumentTypeError(f"A reference is a URI or an artifact's entry, not {type(uri).__name__}.")
        for entry in entries:
            self.manifest.add_entry(entry)
        return entries

    @contextmanager
    def new_file(
        self, name: str, mode: str = "x", encoding: str | None = None, policy: str = "mutable"
    ) -> Iterator[IO[Any]]:
        """Open a new file of the artifact for writing; at the end of the `with` block it is an entry.

        `mode` is one of `open`: "x" wants no file of that name made here before, "w" replaces it, "a" adds to it. If
        the block raises, the artifact stays as it was. Raises UsageError for a path that leads out of the artifact.
        """
        self._check_draft("new_file")
        _check_policy(policy)
        path = entry_path(name)
        earlier = self._new_files.get(path)
        if "x" in mode and earlier is not None:
            raise ArgumentValueError(f"A new file {name!r} was made in this artifact before; see `mode`.")
        if mode.startswith(_READING) and earlier is None:
            raise FileNotFoundError(f"No new file {name!r} was made in this artifact before.")
        # Never the one that the entry stands for: until the block has ended, that is what the artifact has.
        is_new = earlier is None or "w" in mode
        staged = new_staged_file() if is_new else stage(str(earlier), self.manifest.digest_algorithm)[0]
        text = None if "b" in mode else encoding or "utf-8"
        try:
            with open(staged, mode.replace("x", "w"), encoding=text) as file:
                yield file
        except BaseException:
            os.unlink(staged)
            raise
        self._add(self._staged_entry(staged, path, skip_cache=True), staged, overwrite=True)
        self._new_files[path] = staged

    def remove(self, item: Union[AnyPath, ArtifactManifestEntry]) -> None:
        """Take out an entry, or all entries of a folder. Raises FileNotFoundError if there is none."""
        self._check_draft("remove")
        path = item.path if isinstance(item, ArtifactManifestEntry) else _text(item)
        entry = self.manifest.get_entry_by_path(path)
        found: List[ArtifactManifestEntry] = [entry] if entry else self.manifest.get_entries_in_directory(path)
        if not found:
            raise FileNotFoundError(f"The artifact has no entry and no folder {path!r}.")
        for entry in found:
            self.manifest.remove_entry(entry)
            self._new_files.pop(entry.path, None)
            unstage(entry.local_path)

    def get_added_local_path_name(self, local_path: AnyPath) -> str | None:
        """The path inside the artifact of a file that was added from `local_path`; None if none was."""
        return self._names_by_path.get(_text(local_path))

    def _entry(self, path: str, name: str, policy: str | None, skip_cache: bool | None) -> ArtifactManifestEntry:
        algorithm = self.manifest.digest_algorithm
        # A name that is no UTF-8 can't be written into the record, so that file is copied too.
        local_path = os.path.abspath(path)
        if policy == "immutable" and _is_utf8(path) and not is_staged(local_path):
            digest, size = file_digest(path, algorithm)
        else:
            local_path, digest, size = stage(path, algorithm)
        return self._made_entry(name, digest, size, local_path, skip_cache)

    def _staged_entry(self, staged: str, name: str, skip_cache: bool) -> ArtifactManifestEntry:
        """Of a staged file, which is whole."""
        digest, size = file_digest(staged, self.manifest.digest_algorithm)
        return self._made_entry(name, digest, size, staged, skip_cache)

    def _made_entry(
        self, name: str, digest: str, size: int, local_path: str, skip_cache: bool | None
    ) -> ArtifactManifestEntry:
        extra = None if self.manifest.digest_algorithm is MD5 else {EXTRA_KEY: EXTRA_VALUE}
        return ArtifactManifestEntry(name, digest, size=size, extra=extra, local_path=local_path, skip_cache=skip_cache)

    def _check_places(self, entries: Iterable[ArtifactManifestEntry]) -> None:
        for entry in entries:
            known = self.manifest.entries.get(entry.path)
            if known is not None and known.digest != entry.digest:
                raise ArgumentValueError(f"The artifact has another file at {entry.path!r} already.")

    def _add(self, entry: ArtifactManifestEntry, path: str, overwrite: bool) -> None:
        replaced = self.manifest.entries.get(entry.path)
        try:
            self.manifest.add_entry(entry, overwrite)
        except UsageError:
            unstage(entry.local_path)
            raise
        if replaced is not None and replaced.local_path != entry.local_path:
            self._new_files.pop(entry.path, None)
            unstage(replaced.local_path)
        self._names_by_path[path] = entry.path


def _check_policy(policy: Any) -> None:
    if policy not in (None, *_POLICIES):
        raise ArgumentValueError(f"The policy of a file is mutable or immutable, not {policy!r}.")


def _text(path: Any) -> str:
    try:
        return os.fsdecode(path)
    except TypeError:
        raise ArgumentTypeError(f"A path is text or a path object, not {type(path).__name__}.") from None


def _is_utf8(text: str) -> bool:
    try:
        return bool(text.encode("utf-8"))
    except UnicodeEncodeError:
        return False
