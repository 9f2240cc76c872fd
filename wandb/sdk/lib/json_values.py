"""Turns whatever a user logs, or puts into the config or summary, into JSON values and JSON text.

It is called by run, config and summary before anything is encoded. It never raises for a value, never imports
a third-party module (a value of numpy or torch proves that the module is loaded), never consumes an iterator,
and keeps no reference to what it was given.

Not-a-number and the infinities stay as they are in rows and summary, and are the bare words NaN, Infinity and
-Infinity in the text. In the config NaN becomes null, a large array its printed form instead of a histogram,
and an enum member its name instead of its value, as the servers know it.
"""

from __future__ import annotations

import sys
from math import isnan

from wandb.sdk.lib.interruption import is_from_signal_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Set

    JsonValue = Any

try:
    from _json import encode_basestring_ascii as _quoted
except ImportError:  # an interpreter without the C accelerator
    _quoted = None  # type: ignore[assignment]

HISTOGRAM_ABOVE = 32
HISTOGRAM_BINS = 32
MAX_TEXT = 10_000
MAX_DEPTH = 64
MAX_CONTAINERS = 1_000_000
MAX_LISTED = 10_000
TOO_DEEP = "<nested too deeply>"
RECURSIVE = "<contains itself>"
_WIDE = 1e38  # of the order of the greatest number in 32 bits
INT_LIMIT = 1 << 1023  # beyond it other JSON readers overflow, and Python may refuse to print the digits


def to_json_value(value: object, for_config: bool = False) -> JsonValue:
    """`value` as None, bool, int, float, str, list or dict with text keys; anything unknown as its cut `str()`."""
    kind = type(value)
    if value is None or kind is bool or (kind is float and not for_config):
        return value
    try:
        return _Conversion(for_config).convert(value, 0)
    except RecursionError:  # the caller is itself at the end of the stack
        return TOO_DEEP


def to_key(key: object) -> str:
    """A mapping's key as text: the parts of a tuple are joined by commas, a number is written out."""
    if type(key) is str:
        return clean_text(key)
    if type(key) is tuple:
        return ",".join(map(to_key, key))
    plain = to_json_value(key)
    return text_of(key) if isinstance(plain, (list, dict)) else str(plain)


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


def clean_text(text: str) -> str:
    """The text with lone surrogates replaced, since UTF-8 can't carry them."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(value: object) -> str:
    """`str(value)`, cut at MAX_TEXT characters; the name of its type if that fails."""
    try:
        text = str(value)
    except Exception as error:  # a user's own __str__ or __repr__ may raise anything
        if is_from_signal_handler(error):
            raise
        text = f"<{type(value).__module__}.{type(value).__qualname__} object>"
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 3] + "..."
    return clean_text(str.__str__(text))


class _Conversion:
    """One call of `to_json_value`: the containers that are open now, and how many more may be opened."""

    __slots__ = ("for_config", "left", "open")

    def __init__(self, for_config: bool) -> None:
        self.for_config = for_config
        self.open: Set[int] = set()
        self.left = MAX_CONTAINERS

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
            if is_from_signal_handler(error):
                raise
            return text_of(value)
        finally:
            self.open.discard(place)

    def _convert_object(self, value: Any, depth: int) -> JsonValue:
        enum = sys.modules.get("enum")
        if enum is not None and isinstance(value, enum.Enum):
            return value.name if self.for_config and value.name else self.convert(value.value, depth)
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
            return self._from_array(value, depth)
        if type(value).__module__.startswith("omegaconf."):
            return self.convert(_without_omegaconf(value), depth)
        return self._from_other(value, depth)

    def _from_items(self, items: Iterable[Any], depth: int) -> JsonValue:
        self.left -= 1
        return [self.convert(item, depth) for item in items] if self.left >= 0 else TOO_DEEP

    def _from_mapping(self, value: Any, depth: int) -> JsonValue:
        self.left -= 1
        if self.left < 0:
            return TOO_DEEP
        return {to_key(key): self.convert(item, depth) for key, item in list(value.items())}

    def _from_other(self, value: Any, depth: int) -> JsonValue:
        from collections import abc, deque

        kind = type(value)
        if isinstance(value, abc.Mapping):
            return self._from_mapping(value, depth)
        if isinstance(value, (abc.Set, abc.Sequence, abc.ValuesView, deque)):
            if kind is range and len(value) > MAX_LISTED:
                return text_of(value)
            return self._from_items(_ordered(value) if isinstance(value, abc.Set) else value, depth)
        if isinstance(value, complex):
            return str(complex(value)).strip("()")
        times = sys.modules.get("datetime")
        if times is not None and isinstance(value, (times.date, times.time)):
            return value.isoformat()
        if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
            return clean_text(f"{value.__module__}.{value.__qualname__}")
        if isinstance(value, slice):
            return self.convert({f"slice_{part}": getattr(value, part) for part in ("start", "step", "stop")}, depth)
        fields = attributes_of(value)
        return text_of(value) if fields is None else self._from_mapping(fields, depth)

    def _from_array(self, value: Any, depth: int) -> JsonValue:
        """A scalar, array, tensor or series: its one item, its nested lists, or a histogram if it is large."""
        count = 1
        for length in value.shape:
            count *= int(length)
        host = _on_host(value)
        dtype_kind = getattr(host.dtype, "kind", "")
        if count == 1:
            item = host.item()
            if dtype_kind in ("m", "M") and isinstance(item, int):  # finer than Python's own dates and times
                return str(host.ravel()[0])
            if type(item) is type(host):  # numpy's long double is its own item
                item = complex(item) if dtype_kind == "c" else float(item)
            return self.convert(item, depth)
        if dtype_kind in ("m", "M") and hasattr(host, "astype"):
            host = host.astype(str)
        if count <= HISTOGRAM_ABOVE:
            return self.convert(host.tolist(), depth)
        numpy = sys.modules.get("numpy")
        if self.for_config or numpy is None:
            return text_of(host)
        flat = numpy.asarray(host).ravel()
        if flat.dtype.kind == "V" and flat.dtype.names is None:  # bfloat16 and the other small floats of jax
            flat = flat.astype("float32")
        if flat.dtype.kind in "biuf":
            return _histogram(flat, numpy)
        return self.convert(flat.tolist(), depth) if count <= MAX_LISTED else text_of(host)


def attributes_of(value: Any) -> Dict[Any, Any] | None:
    """The fields of a dataclass instance, a namespace or a pydantic model; None for everything else."""
    kind: Any = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        from dataclasses import fields

        return {field.name: getattr(value, field.name) for field in fields(kind)}
    if (kind.__module__, kind.__name__) in (("argparse", "Namespace"), ("types", "SimpleNamespace")):
        return dict(vars(value))
    if hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
        return dict(value.model_dump())
    return None


def _without_omegaconf(container: Any) -> Any:
    to_container = sys.modules["omegaconf"].OmegaConf.to_container
    try:
        return to_container(container, resolve=True)
    except Exception:  # an interpolation that can't be resolved; its text is better than nothing
        return to_container(container, resolve=False)


def _ordered(items: Any) -> List[Any]:
    """The items of a set in an order that is the same in every process."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, text_of(item)))


def _on_host(value: Any) -> Any:
    """The array in main memory, dense, and of a type that numpy knows."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach()
        if value.layout is not torch.strided:
            value = value.to_dense()
        value = value.cpu()
        known = value.dtype in (torch.float32, torch.float64, torch.float16) or not value.dtype.is_floating_point
        return value.resolve_conj() if value.dtype.is_complex else value if known else value.float()
    if hasattr(value, "tolist"):
        return value
    return value.numpy()  # tensorflow


def _histogram(flat: Any, numpy: Any) -> JsonValue:
    """Counts and edges of the finite items."""
    if flat.dtype.kind == "b":
        flat = flat.astype("uint8")
    elif flat.dtype.kind == "f":
        with numpy.errstate(all="ignore"):  # its warnings would go to the user's stderr
            plain = flat if flat.dtype.itemsize in (4, 8) else flat.astype("float64")
            finite = plain[numpy.isfinite(plain)]
            if not len(finite):
                return f"<{len(flat)} values, none of them finite>"
            if max(abs(float(finite.max())), abs(float(finite.min()))) > _WIDE:
                # The difference of such values may be no finite number any more; that of their halves is.
                counts, edges = numpy.histogram(finite.astype("float64") / 4, bins=HISTOGRAM_BINS)
                return _histogram_value(counts, edges * 4)
            flat = finite
    with numpy.errstate(all="ignore"):
        return _histogram_value(*numpy.histogram(flat, bins=HISTOGRAM_BINS))


def _histogram_value(counts: Any, edges: Any) -> JsonValue:
    return {"_type": "histogram", "values": counts.tolist(), "bins": edges.tolist()}
