"""Reads pieces of a run folder without protobuf: `init` of a resumed run looks into the parts before it.

What is damaged, or can't be read, is told to `note` and stepped over; nothing here raises for it unless it says so.
"""

from __future__ import annotations

import os
from math import inf

from wandb.errors import CorruptLog, LogError
from wandb.metric_rules import GOALS, SUMMARY_OPS, MetricRule
from wandb.wire.encode import MOST_STEP
from wandb.wire.json_text import MOST_DEPTH, value_of_text
from wandb.wire.plain import decode_plain, kind_and_body, origin_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Tuple

    from wandb.runlog.log_reader import LogReader

    Note = Callable[[str], None]

_MOST_CHARACTERS = 16 << 20  # of a file that the follower made


def records(log: LogReader, note: Note) -> Iterator[Tuple[str, bytes, str]]:
    """(kind, body, label) of the records that the table knows, from the reader's offset on; only rows have labels."""
    if not os.path.isfile(log.path):  # a named pipe would keep us waiting
        return
    try:
        for payload in log.records():
            try:
                kind, body = kind_and_body(payload)
                label = origin_of(payload)[1] if kind == "history" else ""
            except CorruptLog as error:
                note(str(error))
                continue
            yield kind, body, label
    except OSError as error:
        note(f"{error.strerror or error}")
    except LogError as error:
        note(str(error))


def decoded(message: str, body: bytes, note: Note) -> Dict[str, Any]:
    """The fields of a message; {} if it is damaged."""
    try:
        return decode_plain(message, body)
    except CorruptLog as error:
        note(str(error))
        return {}


def items_of(items: List[Dict[str, Any]], note: Note) -> List[Tuple[Tuple[str, ...], Any]]:
    """(path, value) of history, summary, config or settings items."""
    found = []
    for item in items:
        path = path_of(item)
        try:
            if len(path) > MOST_DEPTH:
                raise CorruptLog(f"a path of {len(path)} keys")
            found.append((path, value_of_text(item.get("value_json", ""))))
        except CorruptLog as error:
            note(f"a value of {path[0][:100]!r}: {error}")
    return found


def path_of(item: Dict[str, Any]) -> Tuple[str, ...]:
    """The key path of an item, whichever of its two forms it uses."""
    return tuple(item.get("nested_key", ())) or (item.get("key", ""),)


def rule_of(record: Dict[str, Any]) -> MetricRule:
    """The definition that a metric record carries."""
    options, ops = record.get("options", {}), record.get("summary", {})
    goals = {number: goal for goal, number in GOALS.items()}
    return MetricRule(
        record.get("name") or record.get("glob_name", ""),
        summary=tuple(op for op in SUMMARY_OPS if ops.get(op)),
        overwrite=bool(record.get("_control", {}).get("overwrite")),
        defined=bool(options.get("defined")),
        goal=goals.get(record.get("goal", 0)),
    )


class Row:
    """A row of a log: its items, and what stands in them; `step` is -1 and `time` infinite if they are not there."""

    __slots__ = ("items", "runtime", "step", "time")

    def __init__(self, items: List[Tuple[Tuple[str, ...], Any]], step: int) -> None:
        self.items = items
        own = dict(items)
        self.time = number_of(own.get(("_timestamp",)), inf)
        self.runtime = number_of(own.get(("_runtime",)), 0.0)
        self.step = min(step, MOST_STEP) if step >= 0 else step_of_value(own.get(("_step",)))

    def and_then(self, part: Row) -> Row:
        """With a later part of the same row."""
        return Row([*{**dict(self.items), **dict(part.items)}.items()], self.step)

    @classmethod
    def of(cls, body: bytes, note: Note) -> Row:
        """From the bytes of a history record."""
        record = decoded("HistoryRecord", body, note)
        step = record["step"].get("num", 0) if "step" in record else -1
        return cls(items_of(record.get("item", []), note), step)


def json_file(path: str, note: Note) -> Dict[str, Any]:
    """The object in a file that the follower made; {} if there is none."""
    try:
        value = value_of_text(text_of(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, CorruptLog) as error:
        note(f"{os.path.basename(path)} can't be read: {error}")
        return {}
    return value if isinstance(value, dict) else {}


def text_of(path: str) -> str:
    """What is in a file. Raises OSError, and ValueError for more than 16 million characters."""
    if not os.path.isfile(path):
        raise FileNotFoundError(path)
    with open(path, encoding="utf-8") as file:
        text = file.read(_MOST_CHARACTERS)
    if len(text) == _MOST_CHARACTERS:
        raise ValueError("it is too long")
    return text


def size_of(path: str) -> int:
    """How long a file is; 0 if there is none."""
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def number_of(value: Any, default: float) -> float:
    """A number that can be counted with, or else the default."""
    return float(value) if type(value) in (int, float) and abs(value) < MOST_STEP else default


def step_of_value(value: Any) -> int:
    """The step that a summary holds; -1 if that is none."""
    return int(number_of(value, -1.0)) if type(value) is not int else max(-1, min(value, MOST_STEP))
