"""A YAML file that people write: the configuration of a run or of a sweep."""

from __future__ import annotations

from wandb.errors import ConfigError
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

# Aliases may make a value of any size out of a few lines.
_MOST_VALUES = 1_000_000


def read_yaml_file(path: str) -> Dict[Any, Any]:
    """The mapping that a file holds; ConfigError if it can't be read, or holds something else."""
    with loading():
        import yaml

    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise ConfigError(f"the config file {path} can't be read: {error.strerror or error}") from error
    except RecursionError:
        raise ConfigError(f"the config file {path} is nested too deeply") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # a date or a number that can't be, no UTF-8
        raise ConfigError(f"the config file {path} is not valid YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"the config file {path} holds a {type(content).__name__}, not a mapping")
    try:
        count = _count(content, {})
    except RecursionError:  # what the parser could just take
        raise ConfigError(f"the config file {path} is nested too deeply") from None
    if count > _MOST_VALUES:
        raise ConfigError(f"the config file {path} repeats its parts (by aliases) into more than {_MOST_VALUES} values")
    return content


def _count(value: Any, known: Dict[int, int]) -> int:
    """How many values there are with every alias written out; each part is looked at once."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        known[id(value)] = 0  # one that contains itself counts once
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_count(part, known) for part in parts)
    return known[id(value)]
