"""What the columns of a table are called: no two names differ by case only, for many readers take those as one."""

from __future__ import annotations

# Folders give columns by the first two, every row has the next two, and readers of JSON fail at an empty name.
_TAKEN, _INSTEAD = ("project", "run_id", "_project", "_run_id", ""), ".logged"
_OWN = ("_step", "_timestamp", "_runtime")


class ColumnNames:
    """Of one table: who comes first has the name."""

    def __init__(self) -> None:
        self._names = dict(zip(_OWN, _OWN))
        self._used = {*_TAKEN, *_OWN}

    def of(self, metric: str) -> str:
        """The column of a metric: its own name, with `.logged` behind one that is taken, `.2`, `.3`… behind others."""
        name = self._names.get(metric)
        if name is None:
            first = name = metric + _INSTEAD if metric.lower() in _TAKEN else metric
            number = 1
            while name.lower() in self._used:
                number += 1
                name = f"{first}.{number}"
            self._used.add(name.lower())
            self._names[metric] = name
        return name
