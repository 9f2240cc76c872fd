"""Which values a sweep tries next: all in order (grid), any (random), or what an optimiser thinks best (bayes).

A search keeps nothing: what has been tried, and what came of it, is given to it. The optimiser is optuna, an
optional dependency.
"""

from __future__ import annotations

import itertools
import math
from random import SystemRandom

from wandb.errors import UsageError
from wandb.sweeps.space import drawn, parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Sequence, Tuple

    from wandb.sweeps.space import Parameter

METHODS = ("grid", "random", "bayes")
GOALS = ("minimize", "maximize")


class Trial:
    """One run of a sweep: its values, where they lie in the space, and what came of it."""

    def __init__(
        self,
        run_id: str,
        values: Sequence[Any],
        units: Sequence[float] = (),
        state: str = "running",
        metric: float | None = None,
    ) -> None:
        """`values` in the order of the parameters; `units` if an optimiser chose them; `metric` once it has ended."""
        self.run_id = run_id
        self.values = list(values)
        self.units = list(units)
        self.state = state
        self.metric = metric


class Search:
    """The method, the parameters and the goal of a sweep's configuration."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Raises UsageError for a configuration that says too little, or nothing that can be done."""
        self.parameters = parameters_of(config)
        self.method = str(config.get("method", "")).lower()
        if self.method not in METHODS:
            raise UsageError(f"A sweep's `method` is one of {', '.join(METHODS)}, not {config.get('method')!r}.")
        metric = config.get("metric") or {}
        self.metric = metric.get("name") if isinstance(metric, dict) else None
        goal = str((metric.get("goal") if isinstance(metric, dict) else None) or GOALS[0]).lower()
        if goal not in GOALS:
            raise UsageError(f"The `goal` of a sweep's metric is {' or '.join(GOALS)}, not {metric['goal']!r}.")
        self.maximizes = goal == GOALS[1]
        if self.method == "bayes":
            if not self.metric:
                raise UsageError("A sweep with `method: bayes` needs a `metric` with a `name` (and a `goal`).")
            _optuna()
        if self.method == "grid":
            self._grid = [parameter.grid() for parameter in self.parameters]

    def next(self, trials: Sequence[Trial]) -> Tuple[List[Any], List[float]] | None:
        """Values and units of the next run; None if everything has been tried."""
        if self.method == "grid":
            index = len(trials)
            chosen = next(itertools.islice(itertools.product(*self._grid), index, None), None)
            return None if chosen is None else (list(chosen), [])
        if self.method == "random":
            random = SystemRandom()
            return [drawn(parameter, random) for parameter in self.parameters], []
        return self._optimized(trials)

    def _optimized(self, trials: Sequence[Trial]) -> Tuple[List[Any], List[float]]:
        optuna = _optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="maximize" if self.maximizes else "minimize",
            # Several agents ask at the same time: runs that have not ended count as bad ones.
            sampler=optuna.samplers.TPESampler(constant_liar=True, multivariate=False),
        )
        space = {str(index): _distribution(optuna, parameter) for index, parameter in enumerate(self.parameters)}
        for trial in trials:
            if len(trial.units) == len(space):
                study.add_trial(_told(optuna, trial, space))
        asked = study.ask(space)
        units = [float(asked.params[str(index)]) for index in range(len(space))]
        return [_value(parameter, unit) for parameter, unit in zip(self.parameters, units)], units

    def config_of(self, values: Sequence[Any]) -> Dict[str, Any]:
        """The run's configuration: nested as the parameters are."""
        config: Dict[str, Any] = {}
        for parameter, value in zip(self.parameters, values):
            inner = config
            for name in parameter.path[:-1]:
                inner = inner.setdefault(name, {})
            inner[parameter.path[-1]] = value
        return config

    def metric_in(self, summary: Mapping[str, Any]) -> float | None:
        """The sweep's metric of a run; None if it has none, or one that is no number."""
        value = summary.get(str(self.metric))
        if value is None and self.metric:
            value = _nested(summary, str(self.metric).split("."))
        if isinstance(value, dict):  # of `define_metric`: the best one, if it is there
            value = value.get("max" if self.maximizes else "min", value.get("last"))
        return finite(value)


def finite(value: Any) -> float | None:
    """A number that can be compared with others; None for anything else that a program has logged."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer beyond all floats
        return None


def _nested(values: Any, path: List[str]) -> Any:
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise UsageError(
            "A sweep with `method: bayes` needs the library optuna here: `pip install optuna`. "
            "`method: random` and `method: grid` need nothing."
        ) from error
    return optuna


def _distribution(optuna: Any, parameter: Parameter) -> Any:
    """In units, or for a list of values in their numbers, since they have no order."""
    if parameter.choices is not None:
        return optuna.distributions.CategoricalDistribution(tuple(range(len(parameter.choices))))
    return optuna.distributions.FloatDistribution(0.0, 1.0)


def _value(parameter: Parameter, unit: float) -> Any:
    return parameter.value_at(unit) if parameter.choices is None else parameter.choices[int(unit)]


def _told(optuna: Any, trial: Trial, space: Dict[str, Any]) -> Any:
    states = optuna.trial.TrialState
    ended = trial.metric is not None
    state = states.COMPLETE if ended else states.RUNNING if trial.state == "running" else states.FAIL
    params = {
        name: int(unit) if isinstance(space[name], optuna.distributions.CategoricalDistribution) else unit
        for name, unit in zip(space, trial.units)
    }
    return optuna.trial.create_trial(
        params=params, distributions=space, value=trial.metric if ended else None, state=state
    )
