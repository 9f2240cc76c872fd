"""The items of a row as read back: names, JSON texts, values. Each is asked of protobuf once, for all who follow a run.

That is most of what a row costs its readers, which must keep up with a program that logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Tuple, Union

from wandb.errors import CorruptLog
from wandb.wire.decode import item_path, within_time
from wandb.wire.encode import MOST_STEP as MOST_STEP
from wandb.wire.json_text import MOST_DEPTH, numbers_of_texts, value_of_text

if TYPE_CHECKING:
    Number = Union[int, float]
    # Plain numbers by name, or values with their paths.
    Leaves = List[Tuple[Tuple[str, ...], Any]]
    RowValues = Union[Dict[str, Number], Leaves]


class RowItems:
    """Those of one HistoryRecord, as it is now: `names`, None for a path of several keys, and JSON `texts`."""

    __slots__ = ("_items", "_values", "is_flat", "names", "texts")

    def __init__(self, history: Any) -> None:
        self._items = history.item
        names: List[Any] = []
        texts: List[str] = []
        for item in self._items:
            names.append(item.key)
            texts.append(item.value_json)
        self.is_flat = True
        if "" in names:  # the other form of a path
            names = [path[0] if len(path) == 1 else None for path in map(item_path, self._items)]
            self.is_flat = None not in names
        self.names, self.texts = names, texts
        self._values: RowValues | None = None

    def moment(self) -> float:
        """Its time in seconds since the epoch, which its writer puts last; 0.0 if it has none."""
        if self.names and self.names[-1] == "_timestamp":
            try:
                return within_time(float(self.texts[-1]))
            except ValueError:
                return 0.0
        return 0.0

    def step(self) -> int | None:
        """Its `_step`, the last one; None if it has none, or one that is no step."""
        for place in range(len(self.names) - 1, -1, -1):
            if self.names[place] == "_step":
                return _step_of_text(self.texts[place])
        return None

    def values(self) -> RowValues:
        """By name, if all of them are plain numbers with names of one key; otherwise each with its path.

        Raises CorruptLog for text that is no JSON, and for a path or a value that is nested too deeply.
        """
        if self._values is None:
            numbers = numbers_of_texts(self.texts) if self.is_flat else None
            by_name = {} if numbers is None else dict(zip(self.names, numbers))
            if numbers is not None and len(by_name) == len(numbers):
                self._values = by_name
            else:
                self._values = [*zip(self.paths(), map(value_of_text, self.texts))]
        return self._values

    def paths(self) -> List[Tuple[str, ...]]:
        """The key path of each item. Raises CorruptLog if one is too long."""
        return [path_of(item) for item in self._items]


def _step_of_text(text: str) -> int | None:
    if len(text) < 20 and text.isascii() and text.isdigit():
        return int(text)
    try:
        return int(min(max(float(text), 0.0), float(MOST_STEP)))
    except (ValueError, OverflowError):
        return None


def value_of(item: Any) -> Any:
    """The value of a history, summary or config item; CorruptLog for text that is no JSON, or nested too deeply."""
    return value_of_text(item.value_json)


def path_of(item: Any) -> Tuple[str, ...]:
    """The key path of such an item. Raises CorruptLog if it is too long."""
    path = item_path(item)
    if len(path) > MOST_DEPTH:
        raise CorruptLog(f"a path of {len(path)} keys, beginning with {path[0][:100]!r}")
    return path
