"""What `define_metric` returns: a read-only picture of one definition.

The run makes it from the rule that it has just recorded; it can be given to `define_metric` again as the
`step_metric` of another metric. It changes nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Tuple

    from wandb.metric_rules import MetricRule


class Metric:
    """One metric's definition."""

    __slots__ = ("_rule",)

    def __init__(self, rule: MetricRule) -> None:
        self._rule = rule

    @property
    def name(self) -> str:
        """The metric's name, or a prefix that ends with `*`."""
        return self._rule.name

    @property
    def step_metric(self) -> str | None:
        """The name of the metric that is its x axis."""
        return self._rule.step_metric

    @property
    def step_sync(self) -> bool:
        """Whether rows without the step metric get its last value."""
        return self._rule.step_sync

    @property
    def hidden(self) -> bool | None:
        """True if no chart is made for it by itself; None if nothing was said."""
        return self._rule.hidden or None

    @property
    def summary(self) -> Tuple[str, ...] | None:
        """What the summary shows of it; None for the last value."""
        return self._rule.summary or None

    def __repr__(self) -> str:
        return f"Metric({self.name!r}, step_metric={self.step_metric!r}, summary={self.summary!r})"
