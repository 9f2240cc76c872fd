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
    PythonObject,
    UnionType,
    optional,
)
from wandb.media.media_type import MediaType
from wandb.media.table_arrays import ArrayType, array_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable

_PLAIN: Dict[type, ColumnType] = {bool: BOOLEAN, int: NUMBER, float: NUMBER, str: STRING, type(None): NONE}
_LISTS = (list, tuple, set, frozenset)
_ELEMENTS = {"b": BOOLEAN, "i": NUMBER, "u": NUMBER, "f": NUMBER, "U": STRING, "M": TIMESTAMP}  # by numpy's kinds
_SCALARS = "biufM"  # of numpy, whose type is that of Python's; the others have the names of their classes


def type_given(dtype: Any) -> ColumnType:
    """The type that `dtype` means: a class such as int or str, None for any that comes first, or a value's own type.

    A list with one of them means lists of it, one with several any of them; a dict has one for each key.
    """
    if isinstance(dtype, ColumnType):
        return dtype
    if dtype is None:
        return UNKNOWN
    if isinstance(dtype, type):
        if dtype in _PLAIN:
            return _PLAIN[dtype]
        if dtype in _LISTS:
            return ListType(UNKNOWN, None)
        if dtype is dict:
            return DictType({})
        numpy = sys.modules.get("numpy")
        if numpy is not None and issubclass(dtype, numpy.generic) and numpy.dtype(dtype).kind in _SCALARS:
            return _ELEMENTS[numpy.dtype(dtype).kind]
        if (dtype.__module__, dtype.__name__) in (("datetime", "date"), ("datetime", "datetime")):
            return TIMESTAMP
        from wandb.media.values import WBValue

        own = getattr(dtype, "class_type", None)  # of files of media, and of tables
        if issubclass(dtype, WBValue) and own is not None:
            found: ColumnType = own()
            return found
        if issubclass(dtype, WBValue) and dtype._log_type is not None:
            return MediaType(dtype._log_type)
        return ANY if dtype is object else PythonObject(dtype.__name__)
    if isinstance(dtype, dict):
        return DictType({key: type_given(item) for key, item in dtype.items()})
    if isinstance(dtype, list):
        kinds = [type_given(item) for item in dtype]
        return UnionType(kinds) if len(kinds) > 1 else ListType(kinds[0] if kinds else UNKNOWN, None)
    return type_of(dtype)


def type_of(value: Any, is_cell: bool = True) -> ColumnType:
    """The type of one cell, or of a part of one: of exactly these classes, any other has the name of its class."""
    if value is None or _is_missing(value):
        return NONE
    kind = type(value)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(value, ColumnType):
        return value
    own = getattr(kind, "column_type", None)  # of media, and of what refers to another table
    if own is not None:
        found: ColumnType = own(value)
        return found
    if kind in _LISTS:
        return _list_type(value)
    if kind is dict:
        return DictType({key: type_of(item, False) for key, item in value.items()})
    numpy, times = sys.modules.get("numpy"), sys.modules.get("datetime")
    if numpy is not None and kind is numpy.ndarray:
        return array_type(value, _lists_of_array(value), is_cell)
    if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in _SCALARS:
        return _ELEMENTS[value.dtype.kind]
    if times is not None and kind in (times.date, times.datetime):
        return TIMESTAMP
    return PythonObject(kind.__name__, _plain_type(value))


def _plain_type(value: Any) -> ColumnType | None:
    """What a value of another class is as well, so that it goes into a column of such values; None if it is nothing."""
    times = sys.modules.get("datetime")
    if isinstance(value, (int, float)):
        return NUMBER
    if isinstance(value, str):
        return STRING
    if times is not None and isinstance(value, times.date):
        return TIMESTAMP
    if isinstance(value, _LISTS):
        return _list_type(value)
    if isinstance(value, dict):
        return DictType({key: type_of(item, False) for key, item in value.items()})
    return _lists_of_array(value) if hasattr(type(value), "dtype") and hasattr(value, "shape") else None


def _list_type(items: Iterable[Any]) -> ColumnType:
    element: ColumnType = UNKNOWN
    length = 0
    for item in items:
        length += 1
        if element is not INVALID:
            joined = element.joined(type_of(item, False))
            element = optional(element) if item is None and joined is INVALID else joined
    return ListType(element, length)


def _lists_of_array(array: Any) -> ColumnType:
    """Lists in lists, one for each axis of an array or a tensor."""
    found = _ELEMENTS.get(getattr(array.dtype, "kind", "f"), ANY)
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
