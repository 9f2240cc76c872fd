"""Turns what a person wrote (in code, a variable or a file) into the value of a setting, or says what is wrong.

`check` is called by `settings.py` and the CLI, once per setting that somebody gave; a setting left alone costs nothing.
It never reads the environment or a file, and it never shows a secret.
"""

from __future__ import annotations

import os

from wandb.errors import ArgumentValueError
from wandb.loading import loading
from wandb.settings_checks import CHECKS, shortened
from wandb.settings_fields import CHOICES, FIELDS, SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


class RunMoment:
    """A step of another run, written `<run>?_step=<n>`; where a fork or a rewind starts."""

    __slots__ = ("metric", "run", "value")

    def __init__(self, run: str, value: float, metric: str = "_step") -> None:
        self.run = run
        self.value = value
        self.metric = metric

    @classmethod
    def from_uri(cls, text: str) -> RunMoment:
        """Read the text form; ValueError if it has another shape."""
        run, _, condition = text.rpartition("?")
        metric, _, number = condition.partition("=")
        if not run or metric != "_step":
            raise ValueError("expected <run>?_step=<number>")
        try:
            return cls(run, int(number))
        except ValueError:
            return cls(run, float(number))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunMoment):
            return NotImplemented
        return (self.run, self.value, self.metric) == (other.run, other.value, other.metric)

    def __hash__(self) -> int:
        return hash((self.run, self.value, self.metric))

    def __repr__(self) -> str:
        return f"RunMoment(run={self.run!r}, value={self.value!r}, metric={self.metric!r})"


def check(name: str, value: Any, source: str, from_text: bool = False) -> Any:
    """The value that the setting `name` takes from `value`, or UsageError saying what, why and where from.

    `from_text` is for variables and files, where lists are split on commas and objects are JSON.
    """
    try:
        result = _CONVERTERS[FIELDS[name][0]](name, value, from_text)
        extra = CHECKS.get(name)
        return extra(result) if extra else result
    except (TypeError, ValueError, OverflowError) as error:
        shown = "" if name in SECRETS else f": {shortened(value)}"
        raise ArgumentValueError(f"Invalid value for the setting {name!r} (from {source}){shown}: {error}") from None


def _to_bool(name: str, value: Any, from_text: bool) -> bool:
    if isinstance(value, str):
        result = _BOOLEANS.get(value.strip().lower())
        if result is None:
            raise ValueError("expected true or false (also yes/no, on/off, 1/0)")
        return result
    # numpy's own boolean is neither a bool nor an int, and numpy is not to be imported for it.
    if type(value).__name__ in ("bool_", "bool") or (isinstance(value, (int, float)) and value in (0, 1)):
        return bool(value)
    raise ValueError("expected True or False")


def _to_int(name: str, value: Any, from_text: bool) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a whole number") from None
    if not isinstance(value, str) and number != value:
        raise ValueError("expected a whole number")
    return number


def _to_float(name: str, value: Any, from_text: bool) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected a number") from None
    if str(number) == "nan":
        raise ValueError("expected a number, not nan")
    return number


def _to_str(name: str, value: Any, from_text: bool) -> str:
    if isinstance(value, str):
        return value if type(value) is str else str.__str__(value)
    if hasattr(value, "__fspath__"):
        path = os.fspath(value)
        if isinstance(path, str):
            return path
    raise ValueError(f"expected a text, not {type(value).__name__}")


def _to_path(name: str, value: Any, from_text: bool) -> str:
    return os.path.expanduser(_to_str(name, value, from_text))


def _to_choice(name: str, value: Any, from_text: bool) -> Any:
    if name == "resume" and isinstance(value, bool):
        return "auto" if value else None
    if name == "reinit":
        if isinstance(value, int) and value in (0, 1):
            return bool(value)
        if from_text and value.strip().lower() in _BOOLEANS:
            return _to_bool(name, value, from_text)
    if not isinstance(value, str) or value not in CHOICES[name]:
        raise ValueError("expected one of " + ", ".join(CHOICES[name]))
    # `auto` is the wish that we choose, and the choice is stated here, once, for everybody who reads it.
    return "wrap" if name == "console" and value == "auto" else value


def _to_strs(name: str, value: Any, from_text: bool) -> Tuple[str, ...]:
    if isinstance(value, str):
        if not from_text:
            return (value,)
        value = [piece for piece in (part.strip() for part in value.split(",")) if piece]
    elif isinstance(value, (bytes, dict)):
        raise ValueError("expected a list of texts")
    try:
        items = tuple(value)
    except TypeError:
        raise ValueError("expected a list of texts") from None
    return tuple(_to_str(name, item, from_text) for item in items)


def _to_tags(name: str, value: Any, from_text: bool) -> Tuple[str, ...]:
    tags = _to_strs(name, value, from_text)
    for tag in tags:
        if not 1 <= len(tag) <= 64:
            raise ValueError(f"a tag has 1 to 64 characters, this one has {len(tag)}: {shortened(tag)}")
    return tags


def _from_json(value: Any, shape: str) -> Any:
    """What the JSON text says; anything that is not a text is passed on as it is."""
    if not isinstance(value, str):
        return value
    with loading():
        import json

    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError(f"expected {shape} in JSON") from None


def _to_dict(name: str, value: Any, from_text: bool) -> Dict[str, Any]:
    value = _from_json(value, "an object")
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError("expected a dictionary whose keys are texts")
    return dict(value)


def _to_dict_or_strs(name: str, value: Any, from_text: bool) -> Any:
    value = _from_json(value, "an object or a list")
    return _to_dict(name, value, False) if isinstance(value, dict) else _to_strs(name, value, False)


def _to_ints(name: str, value: Any, from_text: bool) -> Tuple[int, ...]:
    value = _from_json(value, "a list of whole numbers")
    if isinstance(value, dict):
        raise ValueError("expected a list of whole numbers")
    return tuple(_to_int(name, item, False) for item in value)


def _to_moment(name: str, value: Any, from_text: bool) -> RunMoment:
    return value if isinstance(value, RunMoment) else RunMoment.from_uri(_to_str(name, value, from_text))


def _to_callable(name: str, value: Any, from_text: bool) -> Any:
    if not callable(value):
        raise ValueError("expected a function")
    return value


_CONVERTERS: Dict[str, Callable[[str, Any, bool], Any]] = {
    "bool": _to_bool,
    "callable": _to_callable,
    "choice": _to_choice,
    "dict": _to_dict,
    "dict or strs": _to_dict_or_strs,
    "float": _to_float,
    "int": _to_int,
    "ints": _to_ints,
    "moment": _to_moment,
    "path": _to_path,
    "str": _to_str,
    "strs": _to_strs,
    "tags": _to_tags,
}
