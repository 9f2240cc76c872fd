"""The rows of a run: how each metric went, as the few samples that a sparkline needs."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from wandb.errors import CorruptLog
from wandb.wire.decode import item_path
from wandb.wire.json_text import MOST_DEPTH, value_of_text

_SAMPLES = 40
_METRICS_LIMIT = 1_000
_NUMBERS = (int, float)


class _Sampler:
    """An even thinning of a stream of any length: between 40 and 80 values, each the last of its stretch."""

    __slots__ = ("_count", "_stride", "last", "values")

    def __init__(self) -> None:
        self.values: List[float] = []
        self._stride = 1
        self._count = 0
        self.last = 0.0

    def add(self, value: float) -> None:
        self._count += 1
        self.last = value
        if self._count % self._stride == 0:
            self.values.append(value)
            if len(self.values) == 2 * _SAMPLES:
                self.values = self.values[1::2]
                self._stride *= 2

    def samples(self) -> List[float]:
        """At most 40 values, ending with the last one."""
        if len(self.values) <= _SAMPLES:
            values = list(self.values)
        else:
            step = len(self.values) / _SAMPLES
            values = [self.values[int((index + 1) * step) - 1] for index in range(_SAMPLES)]
        if self._count % self._stride:
            values[-1:] = [self.last]
        return values


class History:
    """Fed rows by the follower; knows numbers of top-level metrics only, as the footer shows no others."""

    def __init__(self) -> None:
        self._samplers: Dict[str, _Sampler] = {}

    def apply(self, row: List[Tuple[Tuple[str, ...], Any]]) -> None:
        """Take in a row."""
        for path, value in row:
            if type(value) not in _NUMBERS or len(path) != 1 or path[0][:1] == "_":
                continue
            sampler = self._samplers.get(path[0])
            if sampler is None:
                if len(self._samplers) >= _METRICS_LIMIT:
                    continue
                sampler = self._samplers[path[0]] = _Sampler()
            try:
                sampler.add(float(value))
            except OverflowError:  # an integer beyond every float: nothing to draw
                continue

    def samples(self) -> Dict[str, List[float]]:
        """Up to 40 values of each metric, in order."""
        return {name: sampler.samples() for name, sampler in self._samplers.items()}


def value_of(item: Any) -> Any:
    """The value of a history, summary or config item; CorruptLog for text that is no JSON, or nested too deeply."""
    return value_of_text(item.value_json)


def path_of(item: Any) -> Tuple[str, ...]:
    """The key path of such an item. Raises CorruptLog if it is too long."""
    key = item.key  # as `item_path`, straight on
    if key:
        return (key,)
    path = item_path(item)
    if len(path) > MOST_DEPTH:
        raise CorruptLog(f"a path of {len(path)} keys, beginning with {path[0][:100]!r}")
    return path
