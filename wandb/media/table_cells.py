"""The cells of tables as JSON: for the file of a run, and for the entry of an artifact."""

from __future__ import annotations

import sys
from math import isnan

from wandb.media.column_types import TIMESTAMP, DictType, ListType, UnionType, json_key
from wandb.media.values import WBValue
from wandb.sdk.lib.json_values import to_json_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator

    from wandb.media.column_types import ColumnType

_PLAIN = frozenset((int, str, bool, float, type(None)))


def kept(cell: Any) -> Any:
    """What a table keeps of a cell: itself, but of a tensor a copy in main memory, so that no device has to hold it."""
    return cell.detach().to("cpu", copy=True) if _is_tensor(cell) else cell


def as_array(cell: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    if not _is_tensor(cell):
        return cell
    from wandb.media.pixels import array_of

    return array_of(cell)


def media_in(cell: Any) -> Iterator[WBValue]:
    """The media among cells, at any depth."""
    if isinstance(cell, WBValue):
        yield cell
    elif isinstance(cell, (list, tuple, set, frozenset)):
        for item in cell:
            yield from media_in(item)
    elif isinstance(cell, dict):
        for item in cell.values():
            yield from media_in(item)


def are_equal(mine: Any, theirs: Any) -> bool:
    """Whether cells, or lists of them, are equal; arrays if all in them is, which `==` gives no single answer for."""
    if mine is theirs:
        return True
    if isinstance(mine, (list, tuple)) and type(mine) is type(theirs):
        return len(mine) == len(theirs) and all(map(are_equal, mine, theirs))
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(are_equal(item, theirs[key]) for key, item in mine.items())
    if not any(hasattr(type(cell), "dtype") and getattr(cell, "ndim", 0) for cell in (mine, theirs)):
        return bool(mine == theirs)
    arrays = [as_array(cell) for cell in (mine, theirs)]
    shapes = [getattr(array, "shape", None) for array in arrays]
    return shapes[0] == shapes[1] and bool((arrays[0] == arrays[1]).all())


def _is_tensor(cell: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(cell, torch.Tensor)


def has_json(cell: Any) -> bool:
    """Whether a value that is no list or dict has a JSON value of its own, and is not only named or described."""
    return (
        isinstance(cell, (str, bytes, int, float, type(None)))
        or hasattr(type(cell), "dtype")
        or _milliseconds(cell) is not None
    )


def for_run(cell: Any) -> Any:
    """The JSON value of a cell in the file of a run: a medium is only named there."""
    if type(cell) in _PLAIN:
        return cell
    if isinstance(cell, WBValue):
        return type(cell).__name__
    plain = _plain(cell, for_run, none_key="None")  # it is "null" in an artifact
    numpy = sys.modules.get("numpy")
    return [plain] if numpy is not None and isinstance(cell, numpy.ndarray) and not cell.ndim else plain


def for_artifact(cell: Any, add: Callable[[WBValue], Any]) -> Any:
    """The JSON value of a cell in an artifact: NaN is null, moments are milliseconds, `add` gives that of media."""
    if isinstance(cell, float) and isnan(cell):
        return None
    if type(cell) in _PLAIN:
        return cell
    if isinstance(cell, WBValue):
        return add(cell)
    moment = _milliseconds(cell)
    if moment is not None:
        return moment
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    enums, decimals = sys.modules.get("enum"), sys.modules.get("decimal")
    if enums is not None and isinstance(cell, enums.Enum):
        return cell.name
    if decimals is not None and isinstance(cell, decimals.Decimal) and cell.is_finite():
        return float(cell)
    return _plain(cell, lambda inner: for_artifact(inner, add))


def read(cell: Any, kind: ColumnType) -> Any:
    """A value of the JSON in an artifact as a program has it: a moment of a column of moments is a datetime, in UTC."""
    if isinstance(kind, UnionType):
        for part in kind.allowed:
            cell = read(cell, part)
        return cell
    if isinstance(kind, ListType) and isinstance(cell, list):
        return [read(item, kind.element) for item in cell]
    if isinstance(kind, DictType) and isinstance(cell, dict):
        return {key: read(item, kind.types[key]) if key in kind.types else item for key, item in cell.items()}
    if kind is not TIMESTAMP or isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return cell
    from datetime import datetime, timedelta, timezone

    try:
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=cell)
    except (OverflowError, ValueError):
        return cell  # before or after what a datetime can say; one of numpy can


def _plain(cell: Any, convert: Callable[[Any], Any], none_key: str = "null") -> Any:
    if type(cell).__name__ == "NaTType":
        return None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, (list, tuple, set, frozenset, bytes)):
        return [convert(item) for item in cell]
    if isinstance(cell, dict):
        return {none_key if key is None else json_key(key): convert(item) for key, item in cell.items()}
    if isinstance(cell, memoryview):
        return convert(cell.tolist())
    if hasattr(type(cell), "dtype") and hasattr(cell, "tolist"):
        return _plain_array(cell, convert)
    return to_json_value(cell)


def _plain_array(cell: Any, convert: Callable[[Any], Any]) -> Any:
    """What is in an array or a tensor, or the value of one of numpy's scalars."""
    cell = as_array(cell)
    value = cell.tolist()
    if type(value) is type(cell):  # longer floats than those of Python
        return float(cell) if cell.dtype.kind == "f" else to_json_value(complex(cell))
    if isinstance(value, bytes) and cell.dtype.kind == "V":
        return value.decode("utf-8", "replace")
    return convert(value)


def _milliseconds(cell: Any) -> Any:
    """Since the epoch, for a date or a moment (without a zone: in UTC); None for anything else."""
    times = sys.modules.get("datetime")
    if getattr(getattr(cell, "dtype", None), "kind", "") == "M" and not getattr(cell, "ndim", 1):
        if cell != cell:
            return None
        if cell.dtype == "M8[ns]":
            return int(cell.astype("int64")) / 1e6
        moment = cell.tolist()  # a date or a datetime, if it is in the years of those
        if isinstance(moment, int):
            return int(cell.astype("M8[ms]").astype("int64"))
        cell = moment
    if times is None or not isinstance(cell, times.date) or type(cell).__name__ == "NaTType":
        return None
    if not isinstance(cell, times.datetime):
        cell = times.datetime(cell.year, cell.month, cell.day)
    if cell.tzinfo is None:
        cell = cell.replace(tzinfo=times.timezone.utc)
    return int(cell.timestamp() * 1000)
