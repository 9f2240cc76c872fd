"""The settings of a run as they stand in its log. Readers go by them, so each has the type that it must have.

A log may come from another client, another release, or a disk that has damaged it.
"""

from __future__ import annotations

from typing import Any, Dict

from wandb.errors import CorruptLog, UsageError
from wandb.process import ProcessIdentity
from wandb.settings_fields import FIELDS
from wandb.settings_values import check
from wandb.wire.row_items import value_of

# Python objects: the log holds what they look like, and no reader uses it.
_NOT_READ = ("callable", "moment")


def take_settings(settings: Dict[str, Any], items: Any) -> None:
    """Put the settings of a run record into the dict; CorruptLog names those that can't be, after all others."""
    wrong = []
    for item in items:
        try:
            settings[item.key] = _checked(item.key, _whole(value_of(item)))
        except (CorruptLog, UsageError) as error:
            wrong.append(f"{item.key[:100]!r} ({str(error)[:200]})")
    if wrong:
        others = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise CorruptLog(f"settings that can't be: {', '.join(wrong[:3])}{others}")


def _checked(name: str, value: Any) -> Any:
    if name in FIELDS:
        return value if value is None or FIELDS[name][0] in _NOT_READ else check(name, value, "the log")
    if name == "_creator":
        try:
            return ProcessIdentity.from_json(value).to_json()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CorruptLog(f"no process: {error!r}") from error
    if name in ("_program", "_cwd", "_executable"):
        return str(value or "")
    if name == "_args":
        return [str(argument) for argument in value] if isinstance(value, list) else []
    return value


def _whole(value: Any) -> Any:
    """With what UTF-8 can't carry replaced: arguments and paths may hold any bytes, and records take none of that."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return [_whole(part) for part in value] if isinstance(value, list) else value
