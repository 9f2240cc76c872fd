"""`wandb.Classes`: the names of the classes that masks and boxes of pictures refer to by number."""

from __future__ import annotations

from numbers import Rational, Real

from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.media.column_types import ClassIdType
from wandb.media.values import Media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence


class Classes(Media):
    """A list of {"id": int, "name": str}."""

    _log_type = "classes"
    _subdir = "media/classes"

    def __init__(self, class_set: Sequence[Dict[str, Any]]) -> None:
        """`class_set` holds one dict a class, with its `id` and `name`."""
        super().__init__()
        if isinstance(class_set, (str, bytes)) or not hasattr(class_set, "__iter__"):
            raise ArgumentTypeError(f"Classes are a list of dicts with id and name, not {type(class_set).__name__}.")
        self._class_set: List[Dict[str, Any]] = list(class_set)
        for item in self._class_set:
            if not isinstance(item, dict) or not {"id", "name"} <= set(item):
                raise ArgumentValueError(f"A class is a dict with an id and a name, not {item!r:.100}.")

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> Classes:
        """The classes back from an artifact's JSON."""
        return cls(json_obj["class_set"])

    def to_json(self, run_or_artifact: Any) -> Dict[str, Any]:
        """The JSON of the list itself, for an artifact."""
        return {"_type": "classes", "class_set": self._class_set}

    def bind_to_run(self, *args: Any, **kwargs: Any) -> None:
        """Classes are part of an image or an artifact; by themselves there is nothing to log: UsageError."""
        raise UsageError("Classes can't be logged by themselves: give them to a wandb.Image, as `classes`.")

    def get_type(self) -> ClassIdType:
        """The type of a table's column of ids of these classes: `table.cast("label", classes.get_type())`."""
        return ClassIdType(self)

    def names(self) -> Dict[float, str]:
        """id -> name."""
        return {item["id"]: item["name"] for item in self._class_set}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Classes) and self._class_set == other._class_set

    __hash__ = None  # as with lists: what compares by content is no key


def check_labels(labels: Any) -> None:
    """Raises ArgumentTypeError for names of classes that are not a dict of numbers to strings, nor None."""
    if labels is None:
        return
    if not isinstance(labels, dict) or not all(_is_number(k) and isinstance(v, str) for k, v in labels.items()):
        raise ArgumentTypeError("Class labels must be a dictionary of numbers to strings.")


def number_of(label: str) -> float:
    """The number that a mask or a set of boxes keeps as text."""
    try:
        return int(label)
    except ValueError:
        return float(label)


def _is_number(value: object) -> bool:
    return hasattr(type(value), "__index__") or (isinstance(value, Real) and not isinstance(value, Rational))
