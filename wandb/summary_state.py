"""The one rule how a run's summary follows from its rows, its metric definitions and explicit changes.

The training process uses it for `run.summary`, the service for the summary file and the final record; neither
may compute a summary by itself. Values are JSON values. It touches no file and takes no lock: one thread at a
time changes a state, any thread may read it.

A value set explicitly stays until the next row with its name, and that row then counts as a plain last value,
until the metric is defined again. With `summary="none"` rows never touch a name, explicit changes do.
A definition goes on from a dict of min, max, first or last that is there, as a resumed run begins with the summary
so far. A mean does not: nobody knows of how many values it was.
"""

from __future__ import annotations

from math import inf, isnan

from wandb.metric_rules import MetricRules, is_number, leaves_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, Sequence, Tuple, Union

    from wandb.metric_rules import MetricRule

    Path = Tuple[str, ...]
    Row = Union[Dict[Any, Any], Iterable[Tuple[Path, Any]]]

_OWN_FORM = frozenset(("min", "max", "mean", "best", "last", "first"))


class SummaryState:
    """The summary of a run at one moment."""

    __slots__ = ("_tracks", "_values", "rules")

    def __init__(self, rules: MetricRules | None = None) -> None:
        self.rules = MetricRules() if rules is None else rules
        self._values: Dict[str, Any] = {}
        # Only names with a rule are tracked; None marks an explicit value that holds its rule up.
        self._tracks: Dict[Path, _Track | None] = {}

    def copy(self) -> SummaryState:
        """One that rows can be added to without changing this one; it has the same rules."""
        other = SummaryState(self.rules)
        other._values = self.as_dict()
        other._tracks = {path: None if track is None else track.copy() for path, track in self._tracks.items()}
        return other

    def apply_row(self, row: Row) -> None:
        """Take in a logged row, null removes a name. Keeps the row's lists.

        As a dict, whose keys may be paths and whose values may be dicts, or as (path, value) pairs.
        """
        if isinstance(row, dict):
            if not self.rules.by_key:
                for key, value in row.items():
                    if value is None or type(value) is dict or type(key) is tuple:
                        break
                else:
                    self._values.update(row)
                    return
            row = leaves_of(row)
        else:
            plain = None if self.rules.by_key else _plain(row)
            if plain is not None:
                self._values.update(plain)
                return
            row = _whole(row)
        for path, value in row:
            if value or type(value) is not dict:  # an empty dict says nothing
                self._apply_leaf(path, value)

    def update(self, path: Sequence[str], value: Any) -> None:
        """Set a value explicitly; whatever was there, or below it, is replaced."""
        path = tuple(path)
        for place in _places(path, self.get(path)):
            self._tracks.pop(place, None)
        rule = self.rules.find(path) if self.rules else None
        if rule is None or "none" not in rule.summary:
            self._tracks[path] = None
        self._set(path, _copied(value))

    def remove(self, path: Sequence[str]) -> None:
        """Take away a value, or everything below the path; later rows bring it back."""
        parents = [self._values]
        for key in path[:-1]:
            below = parents[-1].get(key)
            if not isinstance(below, dict):
                return
            parents.append(below)
        parents[-1].pop(path[-1], None)
        for depth in range(len(parents) - 1, 0, -1):
            if not parents[depth]:
                parents[depth - 1].pop(path[depth - 1], None)

    def define(self, rule: MetricRule) -> MetricRule:
        """Add a definition; values of its name that are already there count as its first ones."""
        now = self.rules.define(rule)
        explicit = [path for path, track in self._tracks.items() if track is None and rule.covers(".".join(path))]
        for path in explicit:
            del self._tracks[path]
        if not rule.name.endswith("*"):
            for path in {(rule.key,), tuple(rule.key.split("."))}:
                if path not in explicit:
                    self._redefine(path, now)
        return now

    def get(self, path: Sequence[str], default: Any = None) -> Any:
        """The value at a path; a dict is not a copy."""
        value: Any = self._values
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return default
            value = value[key]
        return value

    def as_dict(self) -> Dict[str, Any]:
        """A copy of the whole summary."""
        return {key: _copied(value) if type(value) is dict else value for key, value in list(self._values.items())}

    def _apply_leaf(self, path: Path, value: Any) -> None:
        rule = self.rules.find(path) if self.rules else None
        if rule is not None and rule.summary:
            track = self._tracks.get(path, _NEW)
            if track is _NEW:
                track = self._tracks[path] = _Track.going_on_from(self.get(path))
            if track is not None:
                track.add(value)
                if "none" in rule.summary:
                    return
                value = track.shown(rule)
        if value is None:
            self.remove(path)
        else:
            self._set(path, value)

    def _redefine(self, path: Path, rule: MetricRule) -> None:
        track = self._tracks.get(path)
        if track is None:
            current = self.get(path)
            if current is None or isinstance(current, dict) or not rule.summary:
                return
            track = self._tracks[path] = _Track()
            track.add(current)
        shown = None if "none" in rule.summary else track.shown(rule)
        if shown is None:
            self.remove(path)
        else:
            self._set(path, shown)

    def _set(self, path: Path, value: Any) -> None:
        values = self._values
        for key in path[:-1]:
            below = values.get(key)
            if type(below) is not dict:
                below = values[key] = {}
            values = below
        values[path[-1]] = value


class _Track:
    """All that a definition may ever want to know about the values of one name."""

    __slots__ = ("count", "first", "high", "last", "low", "total")

    def __init__(self) -> None:
        self.first = self.last = _NEW
        self.count = 0
        self.total = 0.0
        self.low, self.high = inf, -inf

    @classmethod
    def going_on_from(cls, shown: Any) -> _Track:
        """One that has seen what a dict of `shown` tells of; anything else tells of nothing."""
        track = cls()
        if isinstance(shown, dict) and _OWN_FORM.issuperset(shown):
            track.first, track.last = shown.get("first", _NEW), shown.get("last", _NEW)
            bounds = [shown[op] for op in ("min", "max", "best") if is_number(shown.get(op))]
            track.low, track.high = min(bounds, default=inf), max(bounds, default=-inf)
        return track

    def copy(self) -> _Track:
        other = _Track()
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def add(self, value: Any) -> None:
        if self.first is _NEW:
            self.first = value
        self.last = value
        if not is_number(value):
            return
        self.total += value
        self.count += 1
        # Not-a-number wins once and for ever, in min and max as it does in the mean.
        if value < self.low or isnan(value):
            self.low = value
        if value > self.high or isnan(value):
            self.high = value

    def shown(self, rule: MetricRule) -> Any:
        """A dict of what the rule asks for; the last value if that is nothing, or if there was no number for it."""
        known = {"last": self.last, "first": self.first}
        if self.count or self.low <= self.high:
            known.update(min=self.low, max=self.high)
            known["best"] = self.high if rule.goal == "maximize" else self.low
        if self.count:
            known["mean"] = self.total / self.count
        shown = {op: known[op] for op in rule.summary if op in _OWN_FORM and op in known}
        return shown or self.last


_NEW: Any = _Track.__new__(_Track)  # stands for "nothing yet" where None has a meaning


def _plain(leaves: Iterable[Tuple[Path, Any]]) -> Dict[str, Any] | None:
    """The leaves by name; None if one of them lies deeper, or is null or a dict."""
    found = {}
    for path, value in leaves:
        if len(path) != 1 or value is None or type(value) is dict:
            return None
        found[path[0]] = value
    return found


def _whole(leaves: Iterable[Tuple[Path, Any]]) -> Iterable[Tuple[Path, Any]]:
    """The leaves; those of a dict with a `_type` (an image, a table) as the one value that they are for `leaves_of`."""
    leaves = list(leaves)
    typed = {path[:-1] for path, _ in leaves if path[-1:] == ("_type",) and len(path) > 1}
    if not typed:
        return leaves
    found: Dict[Path, Any] = {}
    for path, value in leaves:
        top = next((path[:length] for length in range(1, len(path)) if path[:length] in typed), None)
        if top is None:
            found[path] = value
            continue
        inside = found.setdefault(top, {})
        for key in path[len(top) : -1]:
            inside = inside.setdefault(key, {})
        inside[path[-1]] = value
    return found.items()


def _places(path: Path, value: Any) -> Iterator[Path]:
    """The path, and those of everything below it."""
    yield path
    if type(value) is dict:
        for key, inner in value.items():
            yield from _places((*path, key), inner)


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if type(value) is dict else value
