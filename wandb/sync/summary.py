"""wandb-summary.json: one value per metric, by the same rule that `run.summary` follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Sequence

from wandb.metric_rules import GOALS, SUMMARY_OPS, MetricRule, MetricRules
from wandb.summary_state import SummaryState
from wandb.sync.rewrite import rewrite
from wandb.version import FORK_MARK
from wandb.wire.decode import message_class
from wandb.wire.row_items import MOST_STEP, path_of, value_of

if TYPE_CHECKING:
    from wandb.runlog.tail import Entry
    from wandb.wire.row_items import Leaves, RowValues


class SummaryFile:
    """Fed header, summary and metric entries, and rows.

    Upstream's client writes each change of the summary as a record, so in its logs the rows change nothing.
    """

    def __init__(self, path: str, rules: MetricRules) -> None:
        self._path = path
        self._state = SummaryState(rules)
        self._follows_rows = True
        self._changed = True
        self._steps = _LastStep()
        self._unfinished: List[Leaves] = []  # as the file shows them

    def apply(self, entry: Entry) -> None:
        """Take in a header, summary or metric entry."""
        record = entry.record
        if entry.kind == "header":
            producer = record.header.version_info.producer
            self._follows_rows = not producer or FORK_MARK in producer
        elif entry.kind == "run":
            self._steps.begin(record.run.starting_step)
        elif entry.kind == "summary":
            for item in record.summary.update:
                self._state.update(path_of(item), value_of(item))
            for item in record.summary.remove:
                self._state.remove(path_of(item))
        elif entry.kind == "metric":
            (self._state if self._follows_rows else self._state.rules).define(rule_of(record.metric))
        else:
            return
        self._changed = True

    def apply_row(self, row: RowValues, writer: str = "") -> None:
        """Take in the values of a row; the writer is "" for the creator."""
        if self._follows_rows:
            self._state.apply_row(row)
            self._steps.add(_step_in(row), writer)
            self._changed = True

    def set_runtime(self, seconds: int) -> None:
        """Note how long the run took, under the two names that readers look for."""
        self._state.update(("_wandb",), {"runtime": seconds})
        self._state.update(("_runtime",), seconds)
        self._changed = True

    def values(self, unfinished: Sequence[Leaves] = ()) -> Dict[str, Any]:
        """The summary as nested dicts, in which what there is of `unfinished` rows counts, too."""
        state = self._state.copy() if unfinished else self._state
        for row in unfinished:
            state.apply_row(row)
        values = state.as_dict()
        last, shown = self._steps.last(), values.get("_step", -1)
        if type(shown) in (int, float) and shown < last:  # rows that the fold numbers, or that came late
            values["_step"] = last
        return values

    def record(self) -> Any:
        """The whole summary as a Record: upstream's reader does not derive it from the rows."""
        record = message_class("Record")()
        for key, value in self.values().items():
            record.summary.update.add(key=key, value_json=json.dumps(value))
        return record

    def flush(self, unfinished: List[Leaves]) -> None:
        """Replace the file if anything has changed; it shows what there is of `unfinished` rows, too."""
        if self._changed or unfinished != self._unfinished:
            rewrite(self._path, json.dumps(self.values(unfinished), separators=(",", ":"), ensure_ascii=False))
            self._changed, self._unfinished = False, unfinished


_STEP = ("_step",)


class _LastStep:
    """The highest step of a run, counting in the ones that the fold will give to rows without any.

    The fold goes on from the highest step of the creator, row by row, and a row with a step may raise the count.
    """

    __slots__ = ("_before", "_creator", "_given", "_raised")

    def __init__(self) -> None:
        self._before = -1  # the last step of the part that this run goes on from
        self._creator = -1
        self._given = 0  # how many steps the fold gives, after the creator's last
        self._raised = -1  # the step that it comes to from the other processes' own steps alone

    def begin(self, starting_step: int) -> None:
        """The fold gives no step below this one."""
        self._before = max(self._before, min(starting_step, MOST_STEP) - 1)

    def add(self, step: Any, writer: str) -> None:
        """A row of this step, whatever that is."""
        if type(step) not in (int, float) or step != step:
            if writer:
                self._given += 1
                self._raised += self._raised >= 0
            return
        number = int(min(max(step, 0), MOST_STEP))
        if writer:
            self._raised = max(self._raised, number)
        else:
            self._creator = max(self._creator, number)

    def last(self) -> int:
        """-1 if there is no row."""
        first = max(self._creator, self._before) if self._given else self._creator
        return min(max(first + self._given, self._raised), MOST_STEP)


def _step_in(row: RowValues) -> Any:
    if isinstance(row, dict):
        return row.get("_step")
    return next((value for path, value in reversed(row) if path == _STEP), None)


def rule_of(metric: Any) -> MetricRule:
    """The definition that a MetricRecord carries."""
    goals = {number: goal for goal, number in GOALS.items()}
    return MetricRule(
        metric.name or metric.glob_name,
        metric.step_metric or None,
        metric.options.step_sync,
        metric.options.hidden,
        tuple(op for op in SUMMARY_OPS if getattr(metric.summary, op)),
        metric._control.overwrite,
        metric.options.defined,
        metric.expanded_from_glob,
        goals.get(metric.goal),
    )
