"""The types of columns of media: what is known of the classes in images, and of the columns of tables in tables."""

from __future__ import annotations

from wandb.media.column_types import INVALID, UNKNOWN, ColumnType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict


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

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name, **({"params": self.params} if self.params is not None else {})}


class TableType(MediaType):
    """Tables in a column: with the types of the first one's columns, as `types` gives them once an artifact has it."""

    def __init__(self, name: str, types: Callable[[], ColumnType]) -> None:
        super().__init__(name)
        self.types = types

    def joined(self, other: ColumnType) -> ColumnType:
        """Any table is added."""
        if other.name != self.name:
            return INVALID
        return other if self.types() is UNKNOWN else self

    def to_json(self, artifact: Any = None) -> Dict[str, Any]:
        """Its form in an artifact."""
        return {"wb_type": self.name, "params": {"column_types": self.types().to_json(artifact)}}


def _merged_params(mine: Any, theirs: Any) -> Any:
    """What is known of the classes in the images of a column: constants, which add up."""
    if not mine or not theirs:
        return mine or theirs
    return {name: _merged_constant(const, theirs.get(name, const)) for name, const in mine.items()}


def _merged_constant(mine: Any, theirs: Any) -> Any:
    if "val" not in mine["params"]:
        return mine  # the columns of a table
    known, new = mine["params"]["val"], theirs["params"]["val"]
    both = _merged_values(known, new) if isinstance(known, dict) else sorted({*known, *new})
    return {**mine, "params": {**mine["params"], "val": both}}


def _merged_values(mine: Any, theirs: Any) -> Any:
    """Of mappings, and of lists in them, what is in one of them; of two names for the same class the first.

    The numbers of classes are in the order of a set of them, as digests of existing tables have it.
    """
    if isinstance(mine, dict):
        return {**mine, **{key: _merged_values(mine.get(key, value), value) for key, value in theirs.items()}}
    return list(set(mine + theirs)) if isinstance(mine, list) else mine
