"""The types of a table's columns: what a column may hold, how that widens with its values, and the JSON of it.

The names (`wb_type`) and parameters are those of the public format of tables in artifacts.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple


class ColumnType:
    """A type by its name; the base of those with parameters."""

    name = ""
    alone = False  # not made optional by itself, as the others are; that is the public format's way with some

    def __init__(self, name: str = "", alone: bool = False) -> None:
        self.name = name or self.name
        self.alone = alone

    def joined(self, other: ColumnType) -> ColumnType:
        """The type of a column of this type once it holds a value of the other; INVALID if it may not."""
        if self.alone and other.name == "none":
            return UnionType([self, NONE])
        return self if other.name == self.name else INVALID

    def to_json(self) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name}

    def __repr__(self) -> str:
        return self.name.capitalize()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ColumnType) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(repr(self))


class _Any(ColumnType):
    name = "any"

    def joined(self, other: ColumnType) -> ColumnType:
        return self


class _Unknown(ColumnType):
    """No value has been seen yet: takes any type but none."""

    name = "unknown"

    def joined(self, other: ColumnType) -> ColumnType:
        return INVALID if other.name == "none" else other


INVALID, NONE, ANY, UNKNOWN = ColumnType("invalid"), ColumnType("none"), _Any(), _Unknown()
STRING, NUMBER, BOOLEAN, TIMESTAMP = (ColumnType(name) for name in ("string", "number", "boolean", "timestamp"))
PRIMARY_KEY, FOREIGN_KEY = (ColumnType(name) for name in ("primaryKey", "foreignKey"))
FOREIGN_INDEX = ColumnType("foreignIndex", alone=True)


class PythonObject(ColumnType):
    """Any object, by the name of its class."""

    name = "pythonObject"

    def __init__(self, class_name: str) -> None:
        super().__init__()
        self.class_name = class_name

    def joined(self, other: ColumnType) -> ColumnType:
        """Only objects of the same class are added."""
        return self if isinstance(other, PythonObject) and other.class_name == self.class_name else INVALID

    def to_json(self) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name, "params": {"class_name": self.class_name}}

    def __repr__(self) -> str:
        return self.class_name


class MediaType(ColumnType):
    """A kind of media; what is known of the classes in images is in `params`."""

    def __init__(self, name: str, params: Dict[str, Any] | None = None) -> None:
        super().__init__(name)
        self.params = params

    def joined(self, other: ColumnType) -> ColumnType:
        """Media of the same kind are added; what is known of their classes adds up."""
        if other.name != self.name:
            return INVALID
        theirs = other.params if isinstance(other, MediaType) else None
        return MediaType(self.name, _merged_params(self.params, theirs))

    def to_json(self) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name, **({"params": self.params} if self.params is not None else {})}


class ListType(ColumnType):
    """A list of one type of elements; its length, unless lists of several lengths have been seen."""

    name = "list"

    def __init__(self, element: ColumnType, length: int | None, alone: bool = False) -> None:
        super().__init__(alone=alone)
        self.element = element
        self.length = length

    def joined(self, other: ColumnType) -> ColumnType:
        """Lists of a type that goes together with this one are added."""
        if not isinstance(other, ListType):
            return super().joined(other)
        is_empty = other.element.name == "unknown"
        element = self.element if is_empty else self.element.joined(other.element)
        if element is INVALID and self.element is not INVALID:
            return INVALID
        return ListType(element, other.length, self.alone)

    def to_json(self) -> Dict[str, Any]:
        """Its form in an artifact."""
        params: Dict[str, Any] = {"element_type": self.element.to_json()}
        if self.length is not None:
            params["length"] = self.length
        return {"wb_type": self.name, "params": params}

    def __repr__(self) -> str:
        return f"{self.element!r}[]"


class DictType(ColumnType):
    """A dict with the same keys in all rows."""

    name = "typedDict"

    def __init__(self, types: Dict[Any, ColumnType]) -> None:
        super().__init__()
        self.types = types

    def joined(self, other: ColumnType) -> ColumnType:
        """Dicts with these keys and types that go together are added; a key that may be None may be missing."""
        if not isinstance(other, DictType) or not set(other.types) <= set(self.types):
            return INVALID
        joined = {key: kind.joined(other.types.get(key, NONE)) for key, kind in self.types.items()}
        return INVALID if INVALID in joined.values() else DictType(joined)

    def to_json(self) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {
            "wb_type": self.name,
            "params": {"type_map": {str(key): kind.to_json() for key, kind in self.types.items()}},
        }

    def __repr__(self) -> str:
        return repr(self.types)


class UnionType(ColumnType):
    """One of several types, such as a number or None."""

    name = "union"

    def __init__(self, allowed: List[ColumnType]) -> None:
        super().__init__()
        self.allowed = allowed

    def joined(self, other: ColumnType) -> ColumnType:
        """Whatever one of the types takes is added."""
        if isinstance(other, UnionType):
            joined: ColumnType = self
            for part in other.allowed:
                joined = joined.joined(part) if joined is not INVALID else INVALID
            return joined
        for index, kind in enumerate(self.allowed):
            found = kind.joined(other)
            if found is not INVALID:
                if found.alone and kind is UNKNOWN:
                    return found
                return UnionType([*self.allowed[:index], found, *self.allowed[index + 1 :]])
        return INVALID

    def to_json(self) -> Dict[str, Any]:
        """Its form in an artifact; the types are in the order of their names, a list's being that of its elements."""
        allowed = sorted(self.allowed, key=_order)
        return {"wb_type": self.name, "params": {"allowed_types": [kind.to_json() for kind in allowed]}}

    def __repr__(self) -> str:
        return " or ".join(sorted(repr(kind) for kind in self.allowed))


def _order(kind: ColumnType) -> str:
    if isinstance(kind, ListType):
        return f"{_order(kind.element)}[]"
    return "{" if isinstance(kind, DictType) else kind.name.capitalize()


def optional(kind: ColumnType) -> ColumnType:
    """The same type, or None."""
    return UnionType([kind, NONE])


_GIVEN: Tuple[Tuple[type, ColumnType], ...] = (
    (bool, BOOLEAN), (int, NUMBER), (float, NUMBER), (str, STRING), (type(None), NONE),
)  # fmt: skip


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
        from wandb.media.values import WBValue

        if issubclass(dtype, WBValue) and dtype._log_type is not None:
            return MediaType(dtype._log_type)
        return ANY if dtype is object else PythonObject(dtype.__name__)
    return type_of(dtype)


def type_of(value: Any) -> ColumnType:
    """The type of one cell."""
    if value is None or _is_missing(value):
        return NONE
    if isinstance(value, ColumnType):
        return value
    found = getattr(type(value), "column_type", None)  # of media, and of what refers to another table
    if found is not None:
        kind: ColumnType = found(value)
        return kind
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, (int, float)):
        return NUMBER
    if isinstance(value, str):
        return STRING
    if isinstance(value, (list, tuple, set, frozenset)):
        return _list_type(list(value))
    if isinstance(value, dict):
        return DictType({key: type_of(item) for key, item in value.items()})
    return _type_of_object(value)


def _list_type(items: List[Any]) -> ColumnType:
    element: ColumnType = UNKNOWN
    for item in items:
        element = element.joined(type_of(item)) if element is not INVALID else INVALID
    return ListType(element, len(items))


def _type_of_object(value: Any) -> ColumnType:
    times = sys.modules.get("datetime")
    if times is not None and isinstance(value, (times.date, times.datetime)):
        return TIMESTAMP
    if hasattr(type(value), "dtype") and hasattr(value, "tolist"):
        kind = getattr(value.dtype, "kind", "")
        if kind == "M":
            return TIMESTAMP
        return _array_type(value, {"b": BOOLEAN, "i": NUMBER, "u": NUMBER, "f": NUMBER, "U": STRING}.get(kind))
    return PythonObject(type(value).__name__)


def _array_type(array: Any, element: ColumnType | None) -> ColumnType:
    """Lists in lists, one for each axis; of an element's own type where it is no plain one."""
    if element is None or not hasattr(array, "shape"):
        return type_of(array.tolist())
    found = element
    for length in reversed(array.shape):
        found = ListType(found, int(length), alone=True)
    return found


def _is_missing(value: Any) -> bool:
    """NaN, and NaT of pandas or numpy."""
    may_be = isinstance(value, float) or type(value).__name__ in ("NaTType", "datetime64")
    return may_be and bool(value != value)


def _merged_params(mine: Any, theirs: Any) -> Any:
    """What is known of the classes in the images of a column: constants, which add up."""
    if not mine or not theirs:
        return mine or theirs
    return {name: _merged_constant(const, theirs.get(name, const)) for name, const in mine.items()}


def _merged_constant(mine: Any, theirs: Any) -> Any:
    known, new = mine["params"]["val"], theirs["params"]["val"]
    both = {**known, **new} if isinstance(known, dict) else sorted({*known, *new})
    return {**mine, "params": {**mine["params"], "val": both}}
