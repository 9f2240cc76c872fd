"""The one place that knows what `define_metric` means: which rule a value has, for steps and for the config.

The training process and the service both use it, the summary through `wandb.summary_state`, so that the same
rows and definitions have the same result in both. Values are JSON values. It touches no file.

A rule's name is a path joined by dots, and `\\.` means the same as a dot, so `a.b` covers both {"a": {"b": 1}}
and {"a.b": 1}. A name that ends with `*` covers every name with that prefix, except those that begin with an
underscore; the first such rule that fits a new name becomes that name's own rule.
"""

from __future__ import annotations

from wandb.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Mapping, Set, Tuple

    Path = Tuple[str, ...]

SUMMARY_OPS = {"min": 1, "max": 2, "mean": 3, "best": 4, "last": 5, "none": 6, "copy": 7, "first": 8}
GOALS = {"minimize": 1, "maximize": 2}
_BUILT_IN_STEPS = frozenset(("_step", "_runtime", "_timestamp"))
_INT_LIMIT = 1 << 1023  # beyond it an int has no float


class MetricRule:
    """One definition of a metric, or of all metrics with a prefix."""

    __slots__ = ("defined", "expanded", "goal", "hidden", "name", "overwrite", "step_metric", "step_sync", "summary")

    def __init__(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool = False,
        hidden: bool = False,
        summary: Tuple[str, ...] = (),
        overwrite: bool = False,
        defined: bool = True,
        expanded: bool = False,
        goal: str | None = None,
    ) -> None:
        """`defined` is False for one that only exists as a step; `expanded` is True for one made from a prefix."""
        self.goal = goal
        self.name = name
        self.step_metric = step_metric or None
        self.step_sync = step_sync
        self.hidden = hidden
        self.summary = summary
        self.overwrite = overwrite
        self.defined = defined
        self.expanded = expanded

    @classmethod
    def from_arguments(
        cls,
        name: str,
        step_metric: object = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        overwrite: bool | None = None,
        goal: str | None = None,
    ) -> MetricRule:
        """The rule that a call of `define_metric` asks for; UsageError if it asks for something impossible."""
        if not isinstance(name, str) or not name:
            raise UsageError(f"define_metric needs the name of a metric, not {name!r:.100}")
        if "*" in name[:-1]:
            raise UsageError(f"define_metric: in {name!r} the * may only be the last character")
        step = getattr(step_metric, "name", step_metric)
        if step is not None and not isinstance(step, str):
            raise UsageError(f"define_metric: step_metric must be a name, not {step!r:.100}")
        for argument, value in (("step_sync", step_sync), ("hidden", hidden), ("overwrite", overwrite)):
            if value is not None and not isinstance(value, bool):
                raise UsageError(f"define_metric: {argument} must be True or False, not {value!r:.100}")
        if goal is not None and goal not in GOALS:
            raise UsageError(f"define_metric: goal must be one of {', '.join(GOALS)}, not {goal!r:.100}")
        sync = step is not None if step_sync is None else step_sync
        return cls(name, step, sync, bool(hidden), _summary_ops(summary), bool(overwrite), goal=goal)

    @property
    def key(self) -> str:
        """The name that paths are compared with."""
        return self.name.replace("\\.", ".")

    def covers(self, key: str) -> bool:
        """Whether the rule is about this name."""
        if not self.name.endswith("*"):
            return key == self.key
        return not key.startswith("_") and key.startswith(self.key[:-1])

    def followed_by(self, newer: MetricRule) -> MetricRule:
        """What holds after a second definition of the same name: it adds to the first, unless it overwrites."""
        if newer.overwrite:
            return newer
        summary = self.summary
        if "none" in newer.summary or not newer.summary:
            summary = (*summary, *newer.summary)
        else:
            summary = tuple(op for op in summary if op != "none") + newer.summary
        return MetricRule(
            newer.name,
            newer.step_metric or self.step_metric,
            self.step_sync or newer.step_sync,
            self.hidden or newer.hidden,
            tuple(dict.fromkeys(summary)),
            defined=self.defined or newer.defined,
            expanded=self.expanded and newer.expanded,
            goal=newer.goal or self.goal,
        )


class MetricRules:
    """All definitions of a run, in the order they were made."""

    __slots__ = ("_found", "_lengths", "_prefixes", "by_key", "synced_steps")

    def __init__(self) -> None:
        self.by_key: Dict[str, MetricRule] = {}  # empty in most runs: looked at for each row
        self._prefixes: Dict[str, int] = {}  # of the rules for all names with a prefix: which came first
        self._lengths: Set[int] = set()  # ... which there are, so that a name is not compared with each rule
        self._found: Dict[Path, MetricRule | None] = {}
        self.synced_steps: Set[str] = set()  # the keys of the step metrics that rows are completed with

    def __len__(self) -> int:
        return len(self.by_key)

    def define(self, rule: MetricRule) -> MetricRule:
        """Add a definition, and its step metric if that is new; the result is what holds for the name now."""
        step = rule.step_metric
        if step is not None:
            step_rule = MetricRule(step, defined=False)
            self._add_step(step_rule)
            if rule.step_sync and step not in _BUILT_IN_STEPS:
                self.synced_steps.add(step_rule.key)
        old = self.by_key.get(rule.key)
        now = rule if old is None else old.followed_by(rule)
        self._put(rule.key, now)
        self._found.clear()
        return now

    def _put(self, key: str, rule: MetricRule) -> None:
        self.by_key[key] = rule
        if rule.name.endswith("*"):
            self._prefixes.setdefault(key[:-1], len(self._prefixes))
            self._lengths.add(len(key) - 1)

    def _add_step(self, step: MetricRule) -> None:
        known = self.by_key.get(step.key)
        if known is None or known.expanded:  # a step metric has to be listed in the config
            self._put(step.key, step if known is None else known.followed_by(step))

    def find(self, path: Path) -> MetricRule | None:
        """The rule for the value at this path, if there is one."""
        try:
            return self._found[path]
        except KeyError:
            rule = self._found[path] = self._search(".".join(path))
            return rule

    def _search(self, key: str) -> MetricRule | None:
        own = self.by_key.get(key)
        if own is not None and own.defined:
            return own
        begins = {key[:length] for length in list(self._lengths)} if key[:1] != "_" else set()
        fitting = [prefix for prefix in begins if prefix in self._prefixes]
        if not fitting:
            return own
        prefix = min(fitting, key=self._prefixes.__getitem__)
        rule = self.by_key[f"{prefix}*"]
        shared = (rule.step_metric, rule.step_sync, rule.hidden, rule.summary)
        made = MetricRule(key, *shared, expanded=True, goal=rule.goal)
        now = made if own is None else own.followed_by(made)
        self._put(key, now)
        return now

    def to_config(self) -> List[Dict[str, Any]]:
        """The list that the server keeps under `m` in the config's `_wandb`: numbers instead of names."""
        listed = [rule for rule in self.by_key.values() if not rule.expanded]
        places = {rule.key: place for place, rule in enumerate(listed, 1)}
        return [_config_entry(rule, places) for rule in listed]


class StepSync:
    """Completes rows: a metric whose step metric is missing from its row gets that one's last value."""

    __slots__ = ("_fallback", "_last", "_rules")

    def __init__(self, rules: MetricRules, fallback: Callable[[Path], object] | None = None) -> None:
        """`fallback` is asked for a step metric that was last logged before a rule made it one."""
        self._rules = rules
        self._fallback = fallback
        self._last: Dict[str, Tuple[Path, Any]] = {}

    def missing_from(self, row: Mapping[str, Any]) -> List[Tuple[Path, Any]]:
        """The (path, value) pairs to add to the row; 0 for a step metric that had no number yet."""
        steps = self._rules.synced_steps
        if not steps:
            return []
        present = set()
        waiting = []
        for path, value in leaves_of(row):
            waiting.append(path)
            key = path[0] if len(path) == 1 else ".".join(path)
            if key in steps:
                present.add(key)
                if is_number(value):
                    self._last[key] = (path, value)
        added: List[Tuple[Path, Any]] = []
        while waiting and len(present) < len(steps):  # a step metric may have a step metric of its own
            rule = self._rules.find(waiting.pop())
            step = rule.step_metric if rule is not None and rule.step_sync else None
            if step is None or step in _BUILT_IN_STEPS or step.replace("\\.", ".") in present:
                continue
            key = step.replace("\\.", ".")
            present.add(key)
            path, value = self._last.get(key) or (_split(step), self._before(_split(step)))
            added.append((path, value))
            waiting.append(path)
        return added

    def _before(self, path: Path) -> Any:
        value = self._fallback(path) if self._fallback is not None else 0
        return value if is_number(value) else 0


def is_number(value: object) -> bool:
    """Whether min, max and mean count it; True and False are not numbers here."""
    return type(value) is float or (type(value) is int and -_INT_LIMIT < value < _INT_LIMIT)


def leaves_of(row: Mapping[Any, Any], above: Path = ()) -> Iterator[Tuple[Path, Any]]:
    """The paths and values of a row; a dict with a `_type` (an image, a histogram, ...) is one value.

    A key may be a path already.
    """
    for key, value in row.items():
        path = (*above, *key) if type(key) is tuple else (*above, key)
        if type(value) is dict and "_type" not in value:
            yield from leaves_of(value, path)
        else:
            yield path, value


def _summary_ops(summary: object) -> Tuple[str, ...]:
    if summary is None or summary == "":
        return ()
    if not isinstance(summary, str):
        raise UsageError(f"define_metric: summary must be text such as 'min,max', not {summary!r:.100}")
    ops = tuple(op.strip().lower() for op in summary.split(","))
    for op in ops:
        if op not in SUMMARY_OPS:
            raise UsageError(f"define_metric: {op!r} is no summary; there are {', '.join(SUMMARY_OPS)}")
    return ops


def _split(name: str) -> Path:
    parts = name.replace("\\.", "\0").split(".")
    return tuple(part.replace("\0", ".") for part in parts)


def _config_entry(rule: MetricRule, places: Mapping[str, int]) -> Dict[str, Any]:
    prefix = rule.name.endswith("*")
    entry: Dict[str, Any] = {"2" if prefix else "1": rule.name}
    if rule.step_metric is not None:
        entry["5"] = places[rule.step_metric.replace("\\.", ".")]
    options = ((1, rule.step_sync), (2, rule.hidden), (3, rule.defined and not prefix))
    entry["6"] = [number for number, chosen in options if chosen]
    entry["7"] = sorted(SUMMARY_OPS[op] for op in rule.summary)
    return entry
