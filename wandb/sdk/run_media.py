"""Media in what a run is given: their files go below the run's `files/`, the JSON that stands for them into the record.

`MediaWriter` is what `json_values` asks about values that are no plain data, during one call of `log` or one change of
the summary. A file that can't be written costs a warning and the value, never the row.
"""

from __future__ import annotations

import sys
from types import ModuleType

from wandb.errors import ArgumentTypeError, UsageError
from wandb.loading import loading
from wandb.process import PerProcess
from wandb.sdk.lib.interruption import is_interruption
from wandb.sdk.lib.json_texts import text_of
from wandb.sdk.lib.json_values import NOT_SPECIAL, OMIT, dumps, to_json_value
from wandb.sdk.lib.terminal import termwarn
from wandb.wire.encode import path_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Mapping, Sequence, Tuple, Union

    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.interface.nowhere import Nowhere
    from wandb.sdk.lib.delivery import Delivery
    from wandb.settings import Settings

# Whose classes are asked for what they are.
_SHOWN_AS_MEDIA = ("PIL", "matplotlib", "plotly", "pandas", "polars", "pyarrow", "wandb")


class RunMedia:
    """The part of `Run` that media know: where their files go, and who is told."""

    _settings: Settings
    _interface: Union[Interface, Nowhere]
    _rows: PerProcess
    _media_config_known: Dict[Tuple[str, ...], Any]
    _publish_artifact: Callable[..., None]

    @property
    def dir(self) -> str:
        """The folder whose files belong to the run."""
        return str(self._settings.files_dir)

    def _media_writer(self) -> MediaWriter:
        return MediaWriter(self)

    def _summary_value(self, value: Any, path: Tuple[str, ...]) -> Any:
        if self._settings.mode == "disabled":
            return to_json_value(value, special=_KEPT, for_summary=True)
        return to_json_value(value, special=MediaWriter(self, "summary"), path=path, for_summary=True)

    def _deliver(self, file: Delivery) -> None:
        self._interface.deliver(file)

    def _media_written(self, name: str) -> None:
        files = [{"path": name, "policy": 0, "type": 0}]  # NOW, OTHER: as upstream's client has it for media
        self._interface.publish("files", "FilesRecord", {"files": files})

    def _media_labels(self, kind: str, key: str, labels: Mapping[str, str]) -> None:
        self._media_config((kind, key), {"type": kind, "key": key, "value": dict(labels)})

    def _media_config(self, path: Tuple[str, ...], value: Dict[str, Any]) -> None:
        """Note under `_wandb` of the config how something is to be shown, unless that is known."""
        if self._media_config_known.get(path) != value:
            self._media_config_known[path] = value
            update = path_items([(("_wandb", *path), value)], dumps)
            self._interface.publish("config", "ConfigRecord", {"update": update})

    def _table_logged(self, table: Any, key: str) -> Dict[str, Any]:
        """Keep a table that is logged under `key`, with its types and media, in an artifact too; where that is."""
        with loading():
            from wandb.sdk.logged_tables import table_artifact

        try:
            artifact, path = table_artifact(table, key, str(self._settings.run_id))
        except (OSError, UsageError) as error:
            termwarn(f"The table {key!r} is kept in the run's files only: {error}", repeat=False)
            return {}
        self._publish_artifact(artifact, None, None)
        return {
            "artifact_path": f"wandb-client-artifact://{artifact._client_id}/{path}",
            "_latest_artifact_path": f"wandb-client-artifact://{artifact._sequence_client_id}:latest/{path}",
        }


class MediaWriter:
    """Writes the files of the media in one call; see `json_values.Special`."""

    __slots__ = ("_place", "_run", "beside")

    def __init__(self, run: RunMedia, place: str = "") -> None:
        """`place` is "summary", or else it is a row; it stands in the files' names, of a row the step that is open."""
        self._run = run
        self._place = place
        self.beside: Dict[str, Any] | None = None  # what goes into the row under names of its own: tables of charts

    def _step(self) -> Union[int, str]:
        return self._place or self._run._rows.get().step

    def one(self, value: Any, path: Sequence[str]) -> Any:
        """The JSON of a medium, a figure, a chart or a data frame; its file is written."""
        return self._guarded(lambda: self._json_of(value, path), value) if _may_be_media(value) else NOT_SPECIAL

    def several(self, items: Sequence[Any], path: Sequence[str]) -> Any:
        """The JSON of a list of media of one class; their files are written."""
        kind = type(items[0])
        if not is_wandb_value(items[0]) or not all(type(item) is kind for item in items):
            return NOT_SPECIAL
        with loading():
            from wandb.media.values import BatchableMedia

        if not issubclass(kind, BatchableMedia):
            return NOT_SPECIAL
        return self._guarded(lambda: kind.seq_to_json(items, self._run, self._key(path), self._step()), items)

    def _json_of(self, value: Any, path: Sequence[str]) -> Any:
        with loading():
            from wandb.media.recognition import Chart, value_of

        media = value_of(value)
        if media is None:
            return NOT_SPECIAL
        if isinstance(media, Chart):
            return NOT_SPECIAL if self._place else self._chart(media, path)
        return self._write(media, self._key(path))

    def _key(self, path: Sequence[str]) -> str:
        return ".".join(path) if self._place else path[-1]

    def _write(self, media: Any, key: str) -> Any:
        if hasattr(media, "bind_to_run"):
            media.bind_to_run(self._run, key, self._step())
        return to_json_value(media.to_json(self._run))

    def _chart(self, chart: Any, path: Sequence[str]) -> Any:
        chart.set_key(".".join(path))
        self._run._media_config(chart.spec.config_path, chart.spec.config_value)
        table_key = chart.spec.table_key
        found = self._guarded(lambda: self._write(chart.table, table_key), chart.table)
        if table_key == chart.spec.key:
            return found
        self.beside = {**(self.beside or {}), table_key: found}
        return OMIT

    def _guarded(self, write: Callable[[], Any], value: Any) -> Any:
        try:
            return write()
        except UsageError:
            raise
        except Exception as error:  # a full disk, a file that is gone, or code of a class of the program's own
            if is_interruption(error):
                raise
            termwarn(f"A {type(value).__name__} could not be recorded: {error!r}", repeat=False)
            return text_of(value)


def is_wandb_value(value: Any) -> bool:
    """Whether it is a medium, a table or a histogram; asks the room only if that is loaded."""
    values = sys.modules.get("wandb.media.values")
    return values is not None and issubclass(type(value), values.WBValue)  # `isinstance` may run the value's code


def config_value(value: Any, named: Callable[[object], Any] | None = None) -> Any:
    """The JSON value of something in the config. Raises UsageError for a medium; one in a list or dict is text.

    `named` says what becomes of the keys of mappings in it, if not text.
    """
    if is_wandb_value(value):
        kind = type(value).__name__
        raise ArgumentTypeError(f"A {kind} can't be a config value: log it, or put it into the summary.")
    return to_json_value(value, for_config=True, named=named)


def _may_be_media(value: Any) -> bool:
    kinds = type(value).__mro__
    if any(str(kind.__module__).partition(".")[0] in _SHOWN_AS_MEDIA for kind in kinds):
        return True
    return ModuleType in kinds and value is sys.modules.get("matplotlib.pyplot")


class _Kept:
    def one(self, value: Any, path: Sequence[str]) -> Any:
        return value if is_wandb_value(value) else NOT_SPECIAL

    def several(self, items: Sequence[Any], path: Sequence[str]) -> Any:
        return NOT_SPECIAL


_KEPT = _Kept()  # of a run that records nothing: media stay what they are
