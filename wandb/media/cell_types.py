"""The types of cells: of one value, of what a program gives as `dtype`, and of what an artifact says of a column."""

from __future__ import annotations

import sys

from wandb.media.column_types import (
    ANY,
    BOOLEAN,
    INVALID,
    NONE,
    NUMBER,
    PRIMARY_KEY,
    STRING,
    TIMESTAMP,
    UNKNOWN,
    ClassIdType,
    ColumnType,
    DictType,
    LinkType,
    ListType,
    MediaType,
    PythonObject,
    UnionType,
)
from wandb.media.table_arrays import ArrayType, array_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple

_GIVEN: Tuple[Tuple[type, ColumnType], ...] = (
    (bool, BOOLEAN), (int, NUMBER), (float, NUMBER), (str, STRING), (type(None), NONE),
)  # fmt: skip


_ELEMENTS = {"b": BOOLEAN, "i": NUMBER, "u": NUMBER, "f": NUMBER, "U": STRING, "M": TIMESTAMP}  # by numpy's kinds


def type_given(dtype: Any) -> ColumnType:
    """The type that `dtype` means: a class such as int or str, None for any that comes first, or a value's own type."""
    if isinstance(dtype, ColumnType):
        return dtype
    if dtype is None:
        return UNKNOWN
    for kind, found in _GIVEN:
        if dtype is kind:
            return found
    if isinstance(dtype, type):
        from wandb.media.values import Media, WBValue

        if issubclass(dtype, Media):
            return dtype.class_type()
        if issubclass(dtype, WBValue) and dtype._log_type is not None:
            return MediaType(dtype._log_type)
        return ANY if dtype is object else PythonObject(dtype.__name__)
    return type_of(dtype)


def type_of(value: Any, is_cell: bool = True) -> ColumnType:
    """The type of one cell, or of a part of one."""
    if value is None or _is_missing(value):
        return NONE
    if isinstance(value, ColumnType):
        return value
    found = getattr(type(value), "column_type", None)  # of media, and of what refers to another table
    if found is not None:
        kind: ColumnType = found(value)
        return kind
    enums = sys.modules.get("enum")
    if enums is not None and isinstance(value, enums.Enum):
        plain = NUMBER if isinstance(value, (int, float)) else STRING if isinstance(value, str) else None
        return PythonObject(type(value).__name__, plain)
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, (int, float)):
        return NUMBER
    if isinstance(value, str):
        return PythonObject("str_", STRING) if hasattr(type(value), "dtype") else STRING
    if isinstance(value, (list, tuple, set, frozenset)):
        return _list_type(list(value))
    if isinstance(value, dict):
        return DictType({key: type_of(item, False) for key, item in value.items()})
    return _type_of_object(value, is_cell)


def _list_type(items: List[Any]) -> ColumnType:
    element: ColumnType = UNKNOWN
    for item in items:
        element = element.joined(type_of(item, False)) if element is not INVALID else INVALID
    return ListType(element, len(items))


def _type_of_object(value: Any, is_cell: bool) -> ColumnType:
    times = sys.modules.get("datetime")
    if times is not None and isinstance(value, (times.date, times.datetime)):
        return PythonObject("Timestamp", TIMESTAMP) if type(value).__name__ == "Timestamp" else TIMESTAMP
    if hasattr(type(value), "dtype") and hasattr(value, "tolist"):
        kind = getattr(value.dtype, "kind", "")
        if kind == "M" and not getattr(value, "ndim", 0):
            return TIMESTAMP
        lists = _lists_type(value, _ELEMENTS.get(kind))
        return array_type(value, lists, is_cell)
    return PythonObject(type(value).__name__)


def _lists_type(array: Any, element: ColumnType | None) -> ColumnType:
    """Lists in lists, one for each axis; of an element's own type where it is no plain one."""
    if element is None or not hasattr(array, "shape"):
        return type_of(array.tolist())
    found = element
    for length in reversed(array.shape):
        found = ListType(found, int(length), alone=True)
    return found


def _is_missing(value: Any) -> bool:
    """NaN of Python's, and NaT of pandas; those of numpy have a type."""
    may_be = type(value) is float or type(value).__name__ == "NaTType"
    return may_be and bool(value != value)


_NAMED = {kind.name: kind for kind in (ANY, BOOLEAN, INVALID, NONE, NUMBER, PRIMARY_KEY, STRING, TIMESTAMP, UNKNOWN)}


def type_read(found: Dict[str, Any], artifact: Any) -> ColumnType:
    """The type that the JSON of a table in an artifact means; the tables and classes that it refers to come from there.

    What is not known here takes any cell.
    """
    name, params = found.get("wb_type", ""), found.get("params") or {}
    if name == "union":
        return UnionType([type_read(kind, artifact) for kind in params["allowed_types"]])
    if name == "list":
        return ListType(type_read(params["element_type"], artifact), params.get("length"))
    if name == ArrayType.name:
        return ArrayType(tuple(params["shape"]), ANY, params.get("serialization_path"))
    if name == "typedDict":
        return DictType({key: type_read(kind, artifact) for key, kind in params["type_map"].items()})
    if name == "pythonObject":
        return PythonObject(params["class_name"])
    if name in ("foreignKey", "foreignIndex"):
        table = artifact.get(params["table"]) if "table" in params else None
        return ANY if table is None else LinkType(table, params.get("col_name"))
    if name == ClassIdType.name:
        classes = artifact.get(params["classes_obj"].get("path", ""))
        return ANY if classes is None else ClassIdType(classes)
    if name in _NAMED:
        return _NAMED[name]
    from wandb.media.values import WBValue

    return MediaType(name, found.get("params")) if name in WBValue.type_mapping() else ANY
