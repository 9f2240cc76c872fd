"""The types of a table's columns: what a column may hold, how that widens with its values, and the JSON of it.

The names (`wb_type`) and parameters are those of the public format of tables in artifacts.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, Tuple


class ColumnType:
    """A type by its name; the base of those with parameters."""

    name = ""
    plain: ColumnType | None = None  # what the values of a type are among those of other types
    alone = False  # not made optional by itself, as the others are; that is the public format's way with some

    def __init__(self, name: str = "", alone: bool = False) -> None:
        self.name = name or self.name
        self.alone = alone

    def joined(self, other: ColumnType) -> ColumnType:
        """The type of a column of this type once it holds a value of the other; INVALID if it may not."""
        if self.alone and other.name == "none":
            return UnionType([self, NONE])
        if other.name != self.name and other.plain is not None:
            return self.joined(other.plain)
        return self if other.name == self.name else INVALID

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact, of which what it refers to becomes part."""
        return {"wb_type": self.name}

    def allows(self, cell: Any) -> bool:
        """Whether a cell of a type that goes together with this one has a value that it may have."""
        return True

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
PRIMARY_KEY = ColumnType("primaryKey")


class PythonObject(ColumnType):
    """Any object, by the name of its class."""

    name = "pythonObject"

    def __init__(self, class_name: str, plain: ColumnType | None = None) -> None:
        """`plain` is the type that its objects could have as well, such as that of texts for texts of numpy."""
        super().__init__()
        self.class_name = class_name
        self.plain = plain

    def joined(self, other: ColumnType) -> ColumnType:
        """Objects of the same class are added; others make of it what its objects are as well."""
        if isinstance(other, PythonObject) and other.class_name == self.class_name:
            return self
        return INVALID if self.plain is None or other is NONE else self.plain.joined(other)

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name, "params": {"class_name": self.class_name}}

    def __repr__(self) -> str:
        return self.class_name


class LinkType(ColumnType):
    """What refers to rows of another table: by a key in its column `column`, or by their numbers."""

    def __init__(self, table: Any, column: Any = None) -> None:
        is_index = column is None
        super().__init__("foreignIndex" if is_index else "foreignKey", alone=is_index)
        self.table = table
        self.column = column

    def joined(self, other: ColumnType) -> ColumnType:
        """Links to the same table, and what can be made one, are added."""
        if isinstance(other, LinkType):
            return self if other.table is self.table and other.column == self.column else INVALID
        return self if self.column is not None and other == STRING else super().joined(other)

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact, which gets the other table too."""
        if artifact is None:
            return {"wb_type": self.name}
        params = {"table": artifact.path_of(self.table, "media/tables")}
        return {"wb_type": self.name, "params": params if self.column is None else {**params, "col_name": self.column}}


class ClassIdType(ColumnType):
    """Numbers that are ids of classes."""

    name = "classesId"

    def __init__(self, classes: Any) -> None:
        super().__init__()
        self.classes = classes
        self.ids: Sequence[float] = list(classes.names())

    def joined(self, other: ColumnType) -> ColumnType:
        """Numbers are added; which ones, `allows` says."""
        return self if other == NUMBER else super().joined(other)

    def allows(self, cell: Any) -> bool:
        """Whether it is one of the ids."""
        return not isinstance(cell, (int, float)) or cell in self.ids

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact, of which the classes become an entry."""
        allowed = [{"wb_type": "const", "params": {"val": number, "is_set": False}} for number in self.ids]
        ids = {"wb_type": "union", "params": {"allowed_types": allowed}}
        if artifact is None:
            return {"wb_type": self.name, "params": {"valid_ids": ids, "classes_obj": self.classes.to_json(None)}}
        entry = artifact.add(self.classes, "media/cls")
        place = {"type": "classes-file", "path": entry.path, "digest": entry.digest}
        return {"wb_type": self.name, "params": {"valid_ids": ids, "classes_obj": place}}

    def __repr__(self) -> str:
        return f"one of the classes {self.classes.names()}"


class ListType(ColumnType):
    """A list of one type of elements, and the length of the last one, if there was any."""

    name = "list"

    def __init__(self, element: ColumnType, length: int | None, alone: bool = False) -> None:
        super().__init__(alone=alone)
        self.element = element
        self.length = length

    @property
    def shape(self) -> Tuple[int | None, ...]:
        """Its length, and those of the lists in it, as if all were as long as the last."""
        inner = self.element.shape if isinstance(self.element, ListType) else ()
        return (self.length, *inner)

    def joined(self, other: ColumnType) -> ColumnType:
        """Lists of a type that goes together with this one are added; None to those of arrays, which may be missing."""
        other = other.plain or other  # arrays are lists in a column of lists
        if not isinstance(other, ListType):
            return self if self.alone and other is NONE else super().joined(other)
        is_empty = other.element.name == "unknown"
        element = self.element if is_empty else self.element.joined(other.element)
        if element is INVALID and self.alone and other.alone:
            element = self.element  # numbers, whatever they are
        if element is INVALID and self.element is not INVALID:
            return INVALID
        return ListType(element, other.length, self.alone)

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact; what comes from an array is always said to be numbers there."""
        is_plain = self.alone and not isinstance(self.element, ListType)
        element = NUMBER if is_plain else self.element
        return {"wb_type": self.name, "params": {"element_type": element.to_json(artifact), "length": self.length}}

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
        other = other.plain or other  # an OrderedDict
        if not isinstance(other, DictType) or not set(other.types) <= set(self.types):
            return INVALID
        joined = {key: kind.joined(other.types.get(key, NONE)) for key, kind in self.types.items()}
        return INVALID if INVALID in joined.values() else DictType(joined)

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {
            "wb_type": self.name,
            "params": {"type_map": {json_key(key): kind.to_json(artifact) for key, kind in self.types.items()}},
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

    def allows(self, cell: Any) -> bool:
        """Whether all of its types allow it: each judges its own kind of cells only."""
        return all(kind.allows(cell) for kind in self.allowed)

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact; the types are in the order of their names, a list's being that of its elements."""
        allowed = sorted(self.allowed, key=_order)
        return {"wb_type": self.name, "params": {"allowed_types": [kind.to_json(artifact) for kind in allowed]}}

    def __repr__(self) -> str:
        return " or ".join(sorted(repr(kind) for kind in self.allowed))


def _order(kind: ColumnType) -> str:
    if isinstance(kind, ListType):
        return f"{_order(kind.element)}[]"
    if isinstance(kind, UnionType):
        return " or ".join(sorted(map(_order, kind.allowed)))
    return "{" if isinstance(kind, DictType) else kind.name.capitalize()


def optional(kind: ColumnType) -> ColumnType:
    """The same type, or None."""
    return UnionType([*kind.allowed, NONE] if isinstance(kind, UnionType) else [kind, NONE])


def json_key(key: Any) -> str:
    """A key of a dict as JSON has it."""
    return {None: "null", True: "true", False: "false"}[key] if key is None or isinstance(key, bool) else str(key)
