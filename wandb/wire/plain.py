"""Records to plain dicts without protobuf, over the table in schema.py: for the training process.

Only `init` of a resumed run reads records there, and only those that the table knows; everything else uses decode.py.
Any bytes give a dict or CorruptLog.
"""

from __future__ import annotations

import functools
import struct

from wandb.errors import CorruptLog
from wandb.wire.schema import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, Tuple

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_PLAIN_SIZES = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10
_UUID, _INFO, _TRACELOG_ID = 19, 200, 100


def kind_and_body(payload: bytes) -> Tuple[str, bytes]:
    """What a Record carries and its bytes, not decoded; "" for a kind beyond the table. Raises CorruptLog."""
    kind, found, names = "", b"", _by_number("Record")
    for number, value in fields(payload):
        if number in names and names[number][1] == "message" and isinstance(value, bytes):
            kind, found = names[number][0], value
    return kind, found


def origin_of(payload: bytes) -> Tuple[str, str]:
    """Of a Record: its `uuid`, and the label of a row; "" for what it has not. Raises CorruptLog."""
    uuid = label = ""
    for number, value in fields(payload):
        if number == _UUID and isinstance(value, bytes):
            uuid = value.decode("utf-8", "replace")
        elif number == _INFO and isinstance(value, bytes):
            labels = [text for part, text in fields(value) if part == _TRACELOG_ID and isinstance(text, bytes)]
            label = labels[-1].decode("utf-8", "replace") if labels else ""
    return uuid, label


def decode_plain(message: str, data: bytes) -> Dict[str, Any]:
    """The fields of a message that are on the wire; nested ones as dicts, repeated ones as lists. Raises CorruptLog."""
    names = _by_number(message)
    found: Dict[str, Any] = {}
    for number, value in fields(data):
        name, kind, repeated, target = names.get(number, ("", "", False, ""))
        if not name or isinstance(value, bytes) != (kind in ("string", "message", "double")):
            continue
        if kind == "message":
            value = decode_plain(target, value)
        elif kind == "string":
            value = value.decode("utf-8", "replace")
        elif kind == "double":
            (value,) = struct.unpack("<d", value) if len(value) == 8 else (0.0,)
        elif kind == "zigzag":
            value = value >> 1 ^ -(value & 1)
        if repeated:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


@functools.lru_cache(maxsize=None)
def _by_number(message: str) -> Dict[int, Tuple[str, str, bool, str]]:
    return {number: (name, *rest) for name, (number, *rest) in FIELDS[message].items()}  # type: ignore[misc]


def fields(data: bytes) -> Iterator[Tuple[int, Any]]:
    """(field number, value) of a message: an int for a varint, else its bytes."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _varint(data, position)
        wire_type = tag & 7
        if wire_type == _VARINT:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        if wire_type == _LENGTH:
            size, position = _varint(data, position)
        elif wire_type in _PLAIN_SIZES:
            size = _PLAIN_SIZES[wire_type]
        else:
            raise CorruptLog(f"a field of wire type {wire_type}")
        if size > end - position:
            raise CorruptLog("a field longer than its message")
        yield tag >> 3, data[position : position + size]
        position += size


def _varint(data: bytes, position: int) -> Tuple[int, int]:
    value = shift = 0
    for byte in data[position : position + _LONGEST_VARINT]:
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise CorruptLog("a number without its end")
