"""What all media have in common: a value that writes its file into a folder, and the JSON that stands for it in a row.

`WBValue` is anything with a JSON form of its own, `Media` one with a file, `BatchableMedia` one that is logged in
lists, too. What they are logged to is a `Target`: a run, of which they know its folder and three calls.
"""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.loading import load, loading
from wandb.media.number_texts import with_short_floats
from wandb.sdk.lib.json_arrays import on_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Dict, List, Mapping, Protocol, Sequence, Tuple, Type, Union

    from wandb.media.column_types import ColumnType
    from wandb.media.content import Content
    from wandb.sdk.lib.delivery import Delivery

    class Target(Protocol):
        """Where media go: a run."""

        @property
        def dir(self) -> str:
            """The folder of the run's files."""

        def _deliver(self, file: Delivery) -> None:
            """Bring a file to its place; at least before what is recorded later. Raises OSError."""

        def _media_written(self, name: str) -> None:
            """A file has been delivered, by this name below `dir`."""

        def _media_labels(self, kind: str, key: str, labels: Mapping[str, str]) -> None:
            """The names of the classes in masks or boxes that were logged under `key`."""

        def _table_logged(self, table: Any, key: str) -> Dict[str, Any]:
            """A table has been written; what its JSON says of where else it is kept."""


class WBValue:
    """A value with a JSON form of its own. A class of a program's own gives it in `to_json`."""

    _log_type: ClassVar[Union[str, None]] = None

    def to_json(self, run_or_artifact: Any) -> Dict[str, Any]:
        """The JSON that stands for the value in a row of the run."""
        raise NotImplementedError(f"{type(self).__name__} has no `to_json`.")

    @classmethod
    def with_suffix(cls, name: str, filetype: str = "json") -> str:
        """The name of an artifact's entry that holds such a value: `name.<type>.json`."""
        suffix = f".{filetype}" if cls._log_type is None else f".{cls._log_type}.{filetype}"
        return name if name.endswith(suffix) else name + suffix

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> WBValue:
        """The value back from the JSON that an artifact holds of it."""
        raise NotImplementedError(f"{cls.__name__} can't be read back from an artifact.")

    @staticmethod
    def init_from_json(json_obj: Dict[str, Any], source_artifact: Any) -> WBValue | None:
        """The value of the class that the JSON names; None if there is none of that name."""
        kind = WBValue.type_mapping().get(str(json_obj.get("_type")))
        return None if kind is None else kind.from_json(json_obj, source_artifact)

    @staticmethod
    def type_mapping() -> Dict[str, Type[WBValue]]:
        """Name in `_type` -> class, of all that are loaded."""
        found: Dict[str, Type[WBValue]] = {}
        open_classes: List[Type[WBValue]] = [WBValue]
        while open_classes:
            kind = open_classes.pop()
            if kind._log_type is not None:
                found.setdefault(kind._log_type, kind)
            open_classes += kind.__subclasses__()
        return found

    def to_data_array(self) -> List[Any]:
        """The value as nested lists of numbers, where it is some."""
        raise NotImplementedError(f"{type(self).__name__} is no array.")


class Media(WBValue):
    """A value that is kept as a file."""

    _subdir: ClassVar[str] = "media"
    _is_typed: ClassVar[bool] = True  # whether the public format has a type of columns for them
    # The run that has it, by which name below its files, and what is there: together, as other threads log it, too.
    _placed: Tuple[Target, str, Content | None] | None = None

    def __init__(self, caption: Union[str, None] = None) -> None:
        """`caption` is shown with it."""
        self._caption = caption
        self._content: Content | None = None
        self._address = ""  # of what is kept elsewhere, and so has no content here

    def __eq__(self, other: object) -> bool:
        if self is other or type(self) is not type(other) or not isinstance(other, Media):
            return self is other
        content, theirs = self._content, other._content
        if content is None or theirs is None:
            return self._address != "" and self._address == other._address
        return self._caption == other._caption and content.sha256 == theirs.sha256

    __hash__ = None  # type: ignore[assignment]  # as with lists: what compares by content is no key

    @classmethod
    def get_media_subdir(cls) -> str:
        """The folder below the run's files that such media are in."""
        return cls._subdir

    def file_is_set(self) -> bool:
        """Whether it has content."""
        return self._content is not None

    def is_bound(self) -> bool:
        """Whether it has been logged."""
        return self._placed is not None

    def bind_to_run(
        self,
        run: Target,
        key: Union[int, str],
        step: Union[int, str],
        id_: Union[int, str, None] = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        """Write the file into the run's folder. A run that has it already keeps the one it has."""
        content, placed = self._content, self._placed
        if placed is not None and placed[0] is run and placed[2] is content:
            run._media_written(placed[1])
            return
        if content is None:
            why = "is kept elsewhere: bring the file here first" if self._address else "has no content"
            raise ArgumentValueError(f"This {type(self).__name__} can't be logged, it {why}.")
        prefix = str(key) if id_ is None else f"{key}_{id_}"
        name = content.place(run.dir, self.get_media_subdir(), prefix, step, run._deliver)
        self._placed = (run, name, content)
        run._media_written(name)

    @property
    def _name(self) -> str:
        """Below the files of the run that has it; "" as long as none has."""
        return "" if self._placed is None else self._placed[1]

    def column_type(self) -> ColumnType:
        """The type of a table's column of such media."""
        return self.class_type()

    @classmethod
    def class_type(cls) -> ColumnType:
        """The same, of media of this class of which nothing is known."""
        with loading():
            from wandb.media.column_types import PythonObject
            from wandb.media.media_type import MediaType

        return MediaType(str(cls._log_type)) if cls._is_typed else PythonObject(cls.__name__)

    def _artifact_json(self, artifact: Any) -> Dict[str, Any]:
        """What an artifact's entry says of it; its file, or a reference to it, becomes part of the artifact."""
        if self._address:
            from wandb.media.content import reference_in

            digest, name = reference_in(artifact, self._address, self.get_media_subdir())
        elif self._content is not None:
            digest, name = self._content.sha256, self._content.add_to(artifact, self.get_media_subdir())
        else:
            raise UsageError(f"This {type(self).__name__} has no content, so it can't be part of an artifact.")
        found: Dict[str, Any] = {"_type": self._log_type, "sha256": digest, "path": name}
        return found if self._caption is None else {**found, "caption": self._caption}

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> WBValue:
        """The medium back from an artifact, which downloads its file."""
        found = cls(source_artifact.get_entry(json_obj["path"]).download())
        found._caption = json_obj.get("caption")
        return found

    def to_json(self, run: Any) -> Dict[str, Any]:
        """In a run the JSON of the file: type, place, size, SHA-256, and the caption if there is one.

        In an artifact what its entry says, and the file becomes part of it.
        """
        if is_artifact(run):
            return self._artifact_json(run)
        placed = self._placed
        if placed is None or placed[0] is not run or placed[2] is None:
            raise UsageError(f"This {type(self).__name__} belongs to no run yet: log it, or call `bind_to_run` first.")
        found = {
            "_type": self._log_type,
            "sha256": placed[2].sha256,
            "size": placed[2].size,
            "path": placed[1],
        }
        if self._caption is not None:
            found["caption"] = self._caption
        return found

    @staticmethod
    def captions(media_items: Sequence[Media]) -> Union[bool, Sequence[Union[str, None]]]:
        """The captions of a list, None where there is none; False if there are none at all."""
        captions = [item._caption for item in media_items]
        return captions if any(caption is not None for caption in captions) else False

    @staticmethod
    def path_is_reference(path: Any) -> bool:
        """Whether it is the address of something that is kept elsewhere: on the web, or in an object store."""
        return str(path).startswith(("http://", "https://", "s3://", "gs://"))

    def _set_content(self, content: Content) -> None:
        self._content = content
        self._placed = None

    def __getstate__(self) -> Dict[str, Any]:
        """A copy, or a pickle, belongs to no run yet."""
        return {**self.__dict__, "_placed": None}


class BatchableMedia(Media):
    """Media that are logged in lists, too."""

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list, and give the JSON that stands for all of them."""
        raise NotImplementedError(f"A list of {cls.__name__} can't be logged.")


def is_artifact(run_or_artifact: Any) -> bool:
    """Whether media go into an artifact, rather than into a run."""
    return hasattr(run_or_artifact, "new_file")


def need(module: str, what: str, install: str = "") -> Any:
    """An optional library, imported now. Raises UsageError that says how to get it."""
    try:
        return load(module)
    except ImportError as error:
        package = install or module.partition(".")[0]
        raise UsageError(
            f'{what} needs {package}, which can\'t be imported ({error}). To get it: pip install "{package}"'
        ) from error


def checked_path(path: str) -> str:
    """`path`, if there is a file that can be read; FileNotFoundError as for any missing file."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise ArgumentValueError(f"{path!r} is a pipe or a device, and no file that could be kept.")
    with open(path, "rb"):
        return path


class WrongContent(ArgumentTypeError, ArgumentValueError):
    """What a medium can't be made from; programs of upstream's client catch a ValueError."""


def wrong_type(what: str, wanted: str, value: object) -> WrongContent:
    """An argument of a wrong type."""
    return WrongContent(f"{what} is made from {wanted}, not from {type(value).__name__}.")


def json_bytes(value: object, encoder: Any = None) -> bytes:
    """The JSON text of plain values, without spaces; NaN and the infinities as bare words, other scripts as they are.

    With half of a surrogate pair somewhere, all is in ASCII, and has spaces. `encoder` is a class of encoders for
    values that are not plain. Raises UsageError for a value that has no form.
    """
    import json

    try:
        text = json.dumps(value, cls=encoder, separators=(",", ":"), ensure_ascii=False)
    except TypeError as error:
        raise ArgumentTypeError(f"There is a value in it that JSON has no form for: {error}") from error
    try:
        return with_short_floats(text).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, cls=encoder).encode("ascii")


def plain(value: Any) -> Any:
    """A copy of nested dicts and lists without arrays, tensors and their scalars: they become plain numbers."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    is_array = hasattr(type(value), "dtype") and (hasattr(value, "tolist") or hasattr(value, "numpy"))
    return on_host(value).tolist() if is_array else value
