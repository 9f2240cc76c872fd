"""wandb-summary.json: one value per metric, by the same rule that `run.summary` follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from wandb.metric_rules import GOALS, SUMMARY_OPS, MetricRule, MetricRules
from wandb.summary_state import SummaryState
from wandb.sync.history import value_of
from wandb.sync.rewrite import rewrite
from wandb.version import FORK_MARK
from wandb.wire.decode import item_path, message_class

if TYPE_CHECKING:
    from wandb.runlog.tail import Entry


class SummaryFile:
    """Fed header, summary and metric entries, and rows.

    Upstream's client writes each change of the summary as a record, so in its logs the rows change nothing.
    """

    def __init__(self, path: str, rules: MetricRules) -> None:
        self._path = path
        self._state = SummaryState(rules)
        self._follows_rows = True
        self._changed = True

    def apply(self, entry: Entry) -> None:
        """Take in a header, summary or metric entry."""
        record = entry.record
        if entry.kind == "header":
            producer = record.header.version_info.producer
            self._follows_rows = not producer or FORK_MARK in producer
        elif entry.kind == "summary":
            for item in record.summary.update:
                self._state.update(item_path(item), value_of(item))
            for item in record.summary.remove:
                self._state.remove(item_path(item))
        elif entry.kind == "metric":
            (self._state if self._follows_rows else self._state.rules).define(rule_of(record.metric))
        else:
            return
        self._changed = True

    def apply_row(self, row: List[Tuple[Tuple[str, ...], Any]]) -> None:
        """Take in a row."""
        if self._follows_rows:
            self._state.apply_row(row)
            self._changed = True

    def set_runtime(self, seconds: int) -> None:
        """Note how long the run took, under the two names that readers look for."""
        self._state.update(("_wandb",), {"runtime": seconds})
        self._state.update(("_runtime",), seconds)
        self._changed = True

    def values(self) -> Dict[str, Any]:
        """The summary as nested dicts."""
        return self._state.as_dict()

    def record(self) -> Any:
        """The whole summary as a Record: upstream's reader does not derive it from the rows."""
        record = message_class("Record")()
        for key, value in self.values().items():
            record.summary.update.add(key=key, value_json=json.dumps(value))
        return record

    def flush(self) -> None:
        """Replace the file if anything has changed."""
        if self._changed:
            rewrite(self._path, json.dumps(self.values(), separators=(",", ":"), ensure_ascii=False))
            self._changed = False


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
