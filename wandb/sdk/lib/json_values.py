"""Turns whatever a user logs, or puts into the config or summary, into JSON values and JSON text.

It is called by run, config and summary before anything is encoded. It never raises for a value, never imports
a third-party module (a value of numpy or torch proves that the module is loaded), never consumes an iterator,
and keeps no reference to what it was given. What images and other media become is up to a `Special`.

Not-a-number and the infinities stay as they are in rows and summary, and are the bare words NaN, Infinity and
-Infinity in the text. In the config NaN becomes null, a large array its printed form instead of a histogram,
an enum member its name instead of its value, a timedelta its `str()` instead of ISO 8601, and UTC is +00:00 instead
of Z, as the servers know it. In what a program sets in the summary a large array is its statistics; enum members and
UTC are as in the config, but in lists as in rows.
"""

from __future__ import annotations

import sys
from math import isnan

from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.json_arrays import MAX_LISTED, from_array
from wandb.sdk.lib.json_objects import attributes_of, ordered, without_omegaconf
from wandb.sdk.lib.json_texts import clean_text, duration_text, moment_text, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, List, Protocol, Sequence, Set

    JsonValue = Any

    class Special(Protocol):
        """What becomes of values that are no plain data, such as images; what it raises, the caller sees."""

        def one(self, value: Any, path: Sequence[str]) -> JsonValue:
            """The JSON value of something found at a path of keys: `NOT_SPECIAL`, or `OMIT` to leave it out."""

        def several(self, items: Sequence[Any], path: Sequence[str]) -> JsonValue:
            """The same for a list as a whole."""


try:
    from _json import encode_basestring_ascii as _quoted
except ImportError:  # an interpreter without the C accelerator
    _quoted = None  # type: ignore[assignment]

MAX_DEPTH = 64
MAX_CONTAINERS = 1_000_000
TOO_DEEP = "<nested too deeply>"
RECURSIVE = "<contains itself>"
_PLAIN = frozenset((float, int, str, bool, type(None)))
_FLOAT, _INT = {float}, {int}
NOT_SPECIAL: Any = object()
OMIT: Any = object()
INT_LIMIT = 1 << 1023  # beyond it other JSON readers overflow, and Python may refuse to print the digits


def to_json_value(
    value: object,
    for_config: bool = False,
    special: Special | None = None,
    path: Sequence[str] = (),
    named: Callable[[object], Any] | None = None,
    for_summary: bool = False,
) -> JsonValue:
    """`value` as None, bool, int, float, str, list or dict with text keys; anything unknown as its cut `str()`.

    `special`, if given, is asked first for what is no plain data; `path` are the keys where `value` is. What it
    raises is raised here, and OMIT may come back. `named` says what becomes of the keys of mappings, if not text; with
    `kept_key`, complex numbers and frozen sets stay what they are, too.
    """
    kind = type(value)
    if value is None or kind is bool or (kind is float and not for_config):
        return value
    try:
        return _Conversion(for_config, special, path, named or to_key, for_summary).convert(value, 0)
    except RecursionError:  # the caller is itself at the end of the stack
        return TOO_DEEP


def to_key(key: object) -> str:
    """A mapping's key as text: the parts of a tuple are joined by commas, numbers and flags are as in JSON."""
    if type(key) is str:
        return clean_text(key)
    if type(key) is tuple:
        return ",".join(map(to_key, key))
    plain = to_json_value(key)
    if plain is True or plain is False:
        return "true" if plain else "false"
    return text_of(key) if isinstance(plain, (list, dict)) else str(plain)


def kept_key(key: object) -> object:
    """A mapping's key for who has set it: numbers, flags, None and tuples stay what they are, all else is text."""
    if type(key) is tuple:
        return tuple(map(kept_key, key))
    plain = to_json_value(key)
    return text_of(key) if isinstance(plain, (list, dict)) else plain


def dumps(value: object) -> str:
    """JSON text of any value, without spaces and in ASCII."""
    kind = type(value)
    if kind is float and value - value == 0.0:  # type: ignore[operator]  # not so for NaN and the infinities
        return repr(value)
    if kind is int and -INT_LIMIT < value < INT_LIMIT:  # type: ignore[operator]
        return repr(value)
    if kind is str and _quoted is not None:
        return _quoted(clean_text(value))  # type: ignore[arg-type]
    if value is None or kind is bool:
        return "null" if value is None else "true" if value else "false"
    encode = _encoders[0] if _encoders else _make_encoder()
    try:
        return encode(to_json_value(value))
    except RecursionError:  # the caller is itself at the end of the stack
        return f'"{TOO_DEEP}"'


_encoders: List[Callable[[Any], str]] = []


def _make_encoder() -> Callable[[Any], str]:
    from json import JSONEncoder  # late, since it takes `re` along

    _encoders.append(JSONEncoder(separators=(",", ":")).encode)
    return _encoders[0]


class _Conversion:
    """One call of `to_json_value`: the containers that are open now, and how many more may be opened."""

    __slots__ = ("for_config", "for_summary", "left", "lists", "named", "open", "path", "raised", "special")

    def __init__(
        self,
        for_config: bool,
        special: Special | None,
        path: Sequence[str],
        named: Callable[[object], Any],
        for_summary: bool,
    ) -> None:
        self.for_config = for_config
        self.for_summary = for_summary
        self.named = named
        self.open: Set[int] = set()
        self.left = MAX_CONTAINERS
        self.lists = 0  # how many are open
        self.special = special
        self.raised: Exception | None = None  # by `special`
        if special is not None:
            self.path = list(path)

    def convert(self, value: Any, depth: int) -> JsonValue:
        kind = type(value)
        if kind is float:
            return None if self.for_config and isnan(value) else value
        if kind is str:
            return clean_text(value)
        if kind is int:
            return value if -INT_LIMIT < value < INT_LIMIT else hex(value)
        if value is None or kind is bool:
            return value
        place = id(value)
        if place in self.open:
            return RECURSIVE
        if depth >= MAX_DEPTH:
            return TOO_DEEP
        self.open.add(place)
        try:
            return self._convert_object(value, depth + 1)
        except Exception as error:  # code of the value's class runs here (item, keys, __iter__, ...): anything may come
            if error is self.raised or is_from_signal_handler(error):
                raise
            return text_of(value)
        finally:
            self.open.discard(place)

    def _convert_object(self, value: Any, depth: int) -> JsonValue:
        enum = sys.modules.get("enum")
        if enum is not None and isinstance(value, enum.Enum):
            return value.name if self._as_in_config() and value.name else self.convert(value.value, depth)
        if isinstance(value, str):
            return clean_text(str.__str__(value))
        if isinstance(value, int):
            return self.convert(int.__int__(value), depth)
        if isinstance(value, float):
            return self.convert(float.__float__(value), depth)
        if isinstance(value, dict):
            return self._from_mapping(value, depth)
        if isinstance(value, (list, tuple)):
            return self._from_items(list(value), depth)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value).decode("utf-8", "replace")
        if hasattr(type(value), "dtype") and hasattr(type(value), "shape"):  # on the type: a mock has every attribute
            return from_array(value, depth, self.convert, self.for_config, self.for_summary)
        if type(value).__module__.startswith("omegaconf."):
            return self.convert(without_omegaconf(value), depth)
        return self._from_other(value, depth)

    def _as_in_config(self) -> bool:
        return self.for_config or (self.for_summary and not self.lists)

    def _from_items(self, items: Iterable[Any], depth: int) -> JsonValue:
        self.left -= 1
        if self.left < 0:
            return TOO_DEEP
        items = list(items)
        kinds = set(map(type, items))
        # Lists of numbers are long, as those of histograms: all at once.
        if kinds == _FLOAT and not self.for_config:
            return items
        if kinds == _INT and max(items) < INT_LIMIT and min(items) > -INT_LIMIT:
            return items
        if self.special is None:
            return self._each(items, depth)
        found = self._ask(self.special.several, items) if items and type(items[0]) not in _PLAIN else NOT_SPECIAL
        if found is not NOT_SPECIAL:
            return found
        return [item for item in self._each(items, depth) if item is not OMIT]

    def _each(self, items: List[Any], depth: int) -> List[JsonValue]:
        self.lists += 1
        try:
            return [self.convert(item, depth) for item in items]
        finally:
            self.lists -= 1

    def _from_mapping(self, value: Any, depth: int) -> JsonValue:
        self.left -= 1
        if self.left < 0:
            return TOO_DEEP
        if self.special is None:
            return {self.named(key): self.convert(item, depth) for key, item in list(value.items())}
        result = {}
        for key, item in list(value.items()):
            name = to_key(key)
            if type(item) in _PLAIN:
                result[name] = self.convert(item, depth)
                continue
            self.path.append(name)
            found = self.convert(item, depth)
            self.path.pop()
            if found is not OMIT:
                result[name] = found
        return result if result or not value else OMIT

    def _ask(self, what: Callable[[Any, Sequence[str]], JsonValue], value: Any) -> JsonValue:
        try:
            return what(value, self.path)
        except Exception as error:
            self.raised = error
            raise

    def _from_other(self, value: Any, depth: int) -> JsonValue:
        if self.special is not None:
            found = self._ask(self.special.one, value)
            if found is not NOT_SPECIAL:
                return found
        from collections import abc, deque

        kind = type(value)
        if self.named is kept_key and (kind is complex or (kind is frozenset and _PLAIN.issuperset(map(type, value)))):
            return value
        if isinstance(value, abc.Mapping):
            return self._from_mapping(value, depth)
        if isinstance(value, (abc.Set, abc.Sequence, abc.ValuesView, deque)):
            if kind is range and len(value) > MAX_LISTED:
                return text_of(value)
            return self._from_items(ordered(value) if isinstance(value, abc.Set) else value, depth)
        if isinstance(value, complex):
            return str(complex(value)).strip("()")
        times = sys.modules.get("datetime")
        if times is not None and isinstance(value, (times.date, times.time)):
            return value.isoformat() if self._as_in_config() else moment_text(value)
        if times is not None and isinstance(value, times.timedelta) and not self.for_config:
            return duration_text(value)
        if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
            return clean_text(f"{value.__module__}.{value.__qualname__}")
        if not self.for_config and type(value).__module__ == "re" and hasattr(value, "pattern"):
            return self.convert(value.pattern, depth)
        if isinstance(value, slice):
            return self.convert({f"slice_{part}": getattr(value, part) for part in ("start", "step", "stop")}, depth)
        fields = attributes_of(value)
        return text_of(value) if fields is None else self._from_mapping(fields, depth)
