"""`early_terminate`: runs that are behind the others at the same number of reported values end before their time.

A run is looked at when it has reported the sweep's metric as often as a bracket says: `min_iter`, `min_iter * eta`, …,
or `max_iter / eta`, `max_iter / eta**2`, … (`s` of them). It goes on if no more than `1 / eta` of all runs that have
come so far have a better value. The numbers are those of the public configuration's `hyperband`.
"""

from __future__ import annotations

import math
import os
import sys
from itertools import accumulate, islice, repeat
from operator import mul, truediv

from wandb.errors import CorruptLog, UsageError
from wandb.runlog.layout import RunLayout
from wandb.runlog.tail import Tail
from wandb.sweeps.search import finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Sequence

_MOST_BRACKETS = 20


class Hyperband:
    """The brackets, and who goes on. Raises UsageError for a configuration that can't be."""

    def __init__(self, given: Any, metric: str | None, maximizes: bool) -> None:
        if not isinstance(given, dict) or str(given.get("type", "")).lower() != "hyperband":
            raise UsageError(f"A sweep's `early_terminate` is of the type hyperband, not {given!r:.100}.")
        if not metric:
            raise UsageError("A sweep with `early_terminate` needs a `metric` with a `name` (and a `goal`).")
        self.metric, self._maximizes = metric, maximizes
        self._eta = _number(given, "eta", 3.0, 1.0)
        self.brackets = self._brackets(given)

    def _brackets(self, given: Mapping[str, Any]) -> List[int]:
        eta = self._eta
        if given.get("min_iter") is not None:
            least = _number(given, "min_iter", 1.0, 0.0)
            most = _number(given, "max_iter", sys.float_info.max, 0.0)
            upwards = accumulate(repeat(eta, _MOST_BRACKETS - 1), mul, initial=least)
            return sorted({math.ceil(bracket) for bracket in upwards if bracket <= most})
        if given.get("max_iter") is None or given.get("s") is None:
            raise UsageError("A sweep's `early_terminate` needs `min_iter`, or `max_iter` and `s`.")
        most, count = _number(given, "max_iter", 1.0, 0.0), int(_number(given, "s", 1.0, 0.0))
        downwards = accumulate(repeat(eta, min(count, _MOST_BRACKETS)), truediv, initial=most)
        return sorted({int(bracket) for bracket in islice(downwards, 1, None) if bracket >= 1})

    def best(self, values: Sequence[float]) -> float:
        """The best of some values."""
        return max(values) if self._maximizes else min(values)

    def goes_on(self, value: float, others: Sequence[float]) -> bool:
        """Whether a run with this value at a bracket goes on, after others that have come to it before."""
        better = sum(other > value if self._maximizes else other < value for other in others)
        return better <= int((len(others) + 1) / self._eta)


def _number(given: Mapping[str, Any], name: str, default: float, above: float) -> float:
    value = given.get(name, default)
    number = finite(value)
    if number is None or not number > above:
        raise UsageError(f"`{name}` of a sweep's `early_terminate` is a number above {above:g}, not {value!r:.100}.")
    return number


class Reported:
    """The values of a metric that a run has logged, read from its folder as it grows."""

    def __init__(self, wandb_dir: str, run_id: str, metric: str) -> None:
        self._wandb_dir, self._run_id, self._metric = wandb_dir, run_id, metric
        self._tail: Tail | None = None
        self.values: List[float] = []

    def look(self) -> None:
        """Take in what has come; of a run that has not begun, nothing."""
        from wandb.apis.history import row_of

        if self._tail is None:
            found = RunLayout.parts(self._wandb_dir, self._run_id) if os.path.isdir(self._wandb_dir) else []
            if not found:
                return
            self._tail = Tail(found[0])
        try:
            for entry in self._tail.step():
                if entry.kind == "history":
                    self._take(row_of(entry.row))
        except (CorruptLog, OSError):
            return  # a record is damaged: the run is judged by what could be read

    def _take(self, row: Dict[str, Any]) -> None:
        value = finite(row.get(self._metric))
        if value is not None:
            self.values.append(value)
