"""The rows of a run: how each metric went, as the few samples that a sparkline needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

if TYPE_CHECKING:
    from wandb.wire.row_items import Number, RowValues

_SAMPLES = 40
_METRICS_LIMIT = 1_000
_NUMBERS = (int, float)
_MOST_WAITING = 4096  # numbers of rows that are alike


class _Sampler:
    """An even thinning of a stream of any length: between 40 and 80 values, each the last of its stretch."""

    __slots__ = ("_count", "_stride", "last", "values")

    def __init__(self) -> None:
        self.values: List[float] = []
        self._stride = 1
        self._count = 0
        self.last = 0.0

    def extend(self, values: List[float]) -> None:
        """The next values, one or more."""
        thin = values[self._stride - 1 - self._count % self._stride :: self._stride]
        self._count += len(values)
        self.last = values[-1]
        while len(self.values) + len(thin) >= 2 * _SAMPLES:
            room = 2 * _SAMPLES - len(self.values)
            self.values = (self.values + thin[:room])[1::2]
            thin = thin[room + 1 :: 2]
            self._stride *= 2
        self.values += thin

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
    """Fed rows by the follower; knows numbers of top-level metrics only, as the footer shows no others.

    Rows of plain numbers with the same names, in the same order, wait and are taken in together.
    """

    def __init__(self) -> None:
        self._samplers: Dict[str, _Sampler] = {}
        self._names: List[str] = []
        self._waiting: List[List[Number]] = []

    def apply(self, row: RowValues) -> None:
        """Take in the values of a row."""
        if isinstance(row, dict):
            names = list(row)
            if names != self._names:
                self._take_waiting()
                self._names = names
            self._waiting.append(list(row.values()))
            if len(self._waiting) * len(names) >= _MOST_WAITING:
                self._take_waiting()
            return
        self._take_waiting()
        for path, value in row:
            if len(path) == 1 and type(value) in _NUMBERS:
                self._add(path[0], [value])

    def samples(self) -> Dict[str, List[float]]:
        """Up to 40 values of each metric, in order."""
        self._take_waiting()
        return {name: sampler.samples() for name, sampler in self._samplers.items()}

    def _take_waiting(self) -> None:
        rows, self._waiting = self._waiting, []
        for name, column in zip(self._names, zip(*rows)):
            self._add(name, column)

    def _add(self, name: str, numbers: Any) -> None:
        if name[:1] == "_":
            return
        floats = _floats(numbers)
        sampler = self._samplers.get(name)
        if sampler is None and floats and len(self._samplers) < _METRICS_LIMIT:
            sampler = self._samplers[name] = _Sampler()
        if sampler is not None and floats:
            sampler.extend(floats)


def _floats(numbers: Any) -> List[float]:
    """The numbers, but for integers beyond every float: there is nothing to draw."""
    try:
        return list(map(float, numbers))
    except OverflowError:
        return [] if len(numbers) == 1 else [found for number in numbers for found in _floats([number])]
