"""The parameters of a sweep: what its configuration says of them, and how a value is drawn.

Every parameter is a function of one number in [0, 1): random search draws the number, an optimiser searches in it.
The distributions and their names are those of the public sweep configuration.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from statistics import NormalDist

from wandb.errors import UsageError
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from random import Random
    from typing import Any, Callable, Dict, List, Tuple

# How many values a grid may have in all; more would never be tried.
_MOST_GRID_VALUES = 1_000_000


_MOST_EXPONENT = math.log(sys.float_info.max)


def _plain(value: float) -> float:
    return value


def _exp(value: float) -> float:
    return math.exp(min(value, _MOST_EXPONENT))  # of a normal distribution anything may come


def _inverse_exp(value: float) -> float:
    return _exp(-value)


# Distribution -> what makes a bound of what is given, and a value of a number that lies evenly between the bounds.
_EVEN: Dict[str, Tuple[Callable[[float], float], Callable[[float], float]]] = {
    "uniform": (_plain, _plain),
    "log_uniform": (_plain, _exp),
    "log_uniform_values": (math.log, _exp),
    "inv_log_uniform": (_plain, _inverse_exp),
    "inv_log_uniform_values": (lambda value: -math.log(value), _inverse_exp),
}
_NORMAL: Dict[str, Callable[[float], float]] = {"normal": _plain, "log_normal": _exp}
_LEAST = 2.0**-53  # the ends of a normal distribution are infinite


class Parameter:
    """One parameter: `choices` if it takes one of a list of values, else `value_at` of a number in [0, 1)."""

    def __init__(self, path: Tuple[str, ...], given: Mapping[str, Any]) -> None:
        """Raises UsageError, which names the parameter, for what is no distribution."""
        self.path = path
        self.name = ".".join(path)
        self._given = given
        self.distribution = str(given.get("distribution") or self._guessed())
        self.choices: List[Any] | None = None
        self.weights: List[float] | None = None
        self._at: Callable[[float], Any] = _plain
        try:
            self._prepare()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"The sweep's parameter {self.name!r} ({self.distribution}): {what}.") from error

    def _guessed(self) -> str:
        given = self._given
        if "value" in given:
            return "constant"
        if "values" in given:
            return "categorical"
        if "min" in given and "max" in given:
            whole = type(given["min"]) is int and type(given["max"]) is int
            return "int_uniform" if whole else "uniform"
        if "mu" in given or "sigma" in given:
            return "normal"
        raise UsageError(
            f"The sweep's parameter {self.name!r} needs `value`, `values`, `min` and `max`, or a `distribution`."
        )

    def _prepare(self) -> None:
        given, name = self._given, self.distribution
        if name == "constant":
            self.choices = [given["value"]]
        elif name in ("categorical", "categorical_w_probabilities"):
            self._prepare_choices(list(given["values"]), given.get("probabilities"))
        elif name == "int_uniform":
            low, high = _whole(given["min"]), _whole(given["max"])
            if high < low:
                raise ValueError(f"its max {high} is less than its min {low}")
            float(high - low + 1)  # an OverflowError for what is beyond all floats
            self._at = lambda unit: min(high, low + int(unit * (high - low + 1)))
        else:
            self._at = self._quantized(self._continuous(name[2:] if name.startswith("q_") else name))

    def _prepare_choices(self, values: List[Any], weights: Any) -> None:
        if not values:
            raise ValueError("its values are an empty list")
        if weights is not None:
            weights = [float(weight) for weight in weights]
            if len(weights) != len(values) or min(weights) < 0 or not 0.99 < sum(weights) < 1.01:
                raise ValueError("its probabilities must be one for each value, and 1 together")
        self.choices, self.weights = values, weights

    def _continuous(self, name: str) -> Callable[[float], float]:
        given = self._given
        if name in _EVEN:
            inward, outward = _EVEN[name]
            if not _finite(given["min"]) <= _finite(given["max"]):
                raise ValueError(f"its max {given['max']} is less than its min {given['min']}")
            if inward is not _plain and not float(given["min"]) > 0:
                raise ValueError(f"its min {given['min']} must be greater than 0")
            low, high = inward(float(given["min"])), inward(float(given["max"]))
            if outward is not _plain and max(abs(low), abs(high)) > _MOST_EXPONENT:
                raise ValueError(f"its min and max are exponents; {name}_values takes the values themselves")
            _finite(high - low)
            return lambda unit: outward(low + unit * (high - low))
        if name in _NORMAL:
            normal, outward = NormalDist(_finite(given.get("mu", 0.0)), _finite(given.get("sigma", 1.0))), _NORMAL[name]
            if normal.stdev <= 0:
                raise ValueError("its sigma must be greater than 0")
            return lambda unit: outward(normal.inv_cdf(min(max(unit, _LEAST), 1 - _LEAST)))
        raise ValueError("there is no such distribution here")

    def _quantized(self, continuous: Callable[[float], float]) -> Callable[[float], float]:
        if not self.distribution.startswith("q_"):
            return continuous
        step = self._step()
        return lambda unit: _rounded(continuous(unit), step)

    def _step(self) -> float:
        step = self._given.get("q", 1)
        if not float(step) > 0:
            raise ValueError("its q must be greater than 0")
        return step if type(step) is int else float(step)

    def value_at(self, unit: float) -> Any:
        """The value for a number in [0, 1)."""
        if self.choices is None:
            return self._at(unit)
        if self.weights is None:
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        for value, weight in zip(self.choices, self.weights):
            unit -= weight
            if unit < 0:
                return value
        return self.choices[-1]

    def grid(self) -> List[Any]:
        """All its values. Raises UsageError if there are too many, or no end of them."""
        if self.choices is not None:
            return self.choices
        step: float = 1
        if self.distribution == "int_uniform":
            low, high = _whole(self._given["min"]), _whole(self._given["max"])
        elif self.distribution == "q_uniform":
            step = self._step()
            ends = float(self._given["min"]) / step, float(self._given["max"]) / step
            if not math.isfinite(ends[1] - ends[0]):
                raise UsageError(f"A grid search over {self.name!r} has too many values.")
            low, high = math.ceil(ends[0]), math.floor(ends[1])
        else:
            raise UsageError(f"A grid search can't try all values of {self.name!r} ({self.distribution}).")
        if high - low >= _MOST_GRID_VALUES:
            raise UsageError(f"A grid search over {self.name!r} has too many values: {high - low + 1}.")
        return [number if step == 1 else _rounded(number * step, step) for number in range(low, high + 1)]


def _finite(value: Any) -> float:
    if not math.isfinite(float(value)):
        raise ValueError("its numbers must be finite, and so must be what lies between them")
    return float(value)


def _whole(value: Any) -> int:
    if int(value) != value:
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def _rounded(value: float, step: float) -> float:
    """To a multiple of the step, without the digits that the multiplication brings."""
    rounded = round(value / step) * step
    return rounded if type(step) is int else float(f"{rounded:.12g}")


def yaml_of(config: Mapping[str, Any]) -> str:
    """A sweep's configuration as YAML, numbers of numpy as Python's. Raises UsageError for other objects."""
    with loading():
        import yaml

    try:
        return str(yaml.safe_dump(_as_python(config), sort_keys=False))
    except yaml.representer.RepresenterError as error:
        raise UsageError(f"A sweep's configuration holds numbers, texts, lists and mappings: {error}") from error


def _as_python(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_as_python(key): _as_python(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_python(item) for item in value]
    return value.tolist() if hasattr(type(value), "dtype") and hasattr(value, "tolist") else value


def parameters_of(config: Mapping[str, Any]) -> List[Parameter]:
    """The parameters of a sweep's configuration, nested ones too, in its order. Raises UsageError."""
    given = config.get("parameters")
    if not isinstance(given, dict) or not given:
        raise UsageError("A sweep's configuration needs `parameters`: a mapping of names to what they may be.")
    return list(_walk((), given))


def _walk(above: Tuple[str, ...], given: Mapping[str, Any]) -> List[Parameter]:
    found: List[Parameter] = []
    for name, what in given.items():
        path = (*above, str(name))
        if not isinstance(what, dict):
            raise UsageError(f"The sweep's parameter {'.'.join(path)!r} must be a mapping, as {{'value': {what!r}}}.")
        inner = what.get("parameters")
        if isinstance(inner, dict):
            found += _walk(path, inner)
        else:
            found.append(Parameter(path, what))
    return found


def drawn(parameter: Parameter, random: Random) -> Any:
    """A random value of it."""
    return parameter.value_at(random.random())
