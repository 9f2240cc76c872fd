"""Records to bytes without protobuf: the training process writes with this, and loads no library for it.

`encode` is the generic path over the table in schema.py; `history_body` and `output_body` are the fast
paths of `log` and `print`. Their tests hold all three against the protobuf library.
"""

from __future__ import annotations

import struct

from wandb.wire.schema import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Mapping, Tuple

# A step, or the number of a record, travels as a signed number of 64 bits; the fold counts on from the highest.
MOST_STEP = 2**62
_VARINT, _FIXED64, _LENGTH = 0, 1, 2
_BYTE = tuple(bytes((n,)) for n in range(128))
_MORE = tuple(bytes((n | 128,)) for n in range(128))  # ... where more follows
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

# Tags (number << 3 | wire type) of the fast paths.
_NUM, _HISTORY, _OUTPUT_RAW, _UUID = b"\x08", b"\x12", b"\x6a", b"\x9a\x01"
_SHORT = 100  # bytes of a text: with all around it, less than 128
_OF_STDOUT, _LINE = b"\x08\x01", b"\x1a"
_INFO, _TRACELOG_ID = b"\xc2\x0c", b"\xa2\x06"
_ITEM, _KEY, _NESTED_KEY, _VALUE_JSON = b"\x0a", b"\x0a", b"\x12", b"\x82\x01"
_STEP_ZERO = b"\x12\x00"
_STEP_OF_SIZE = tuple(b"\x12" + bytes((size + 1,)) + b"\x08" for size in range(11))  # by the size of the number in it


def varint(value: int) -> bytes:
    """Base-128 encoding; a negative number takes ten bytes, as two's complement of 64 bits."""
    if 0 <= value < 2097152:
        if value < 16384:
            return _BYTE[value] if value < 128 else _MORE[value & 127] + _BYTE[value >> 7]
        return bytes((value & 127 | 128, value >> 7 & 127 | 128, value >> 14))
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def utf8(text: str) -> bytes:
    """UTF-8; a lone surrogate, which protobuf's readers refuse, becomes `?`."""
    return text.encode("utf-8", "replace")


def encode(message: str, fields: Mapping[str, Any]) -> bytes:
    """A message of schema.py from field values; proto3 defaults (0, "", False, None) are left out.

    Nested messages are mappings, repeated fields are lists. An unknown field is a KeyError.
    """
    table = FIELDS[message]
    out: List[bytes] = []
    for name, value in fields.items():
        number, kind, repeated, target = table[name]
        if repeated:
            for item in value:
                _append(out, number, kind, target, item)
        elif value is not None and (value or kind == "message"):
            _append(out, number, kind, target, value)
    return b"".join(out)


def _append(out: List[bytes], number: int, kind: str, target: str, value: Any) -> None:
    if kind == "string" or kind == "message":
        data = utf8(value) if kind == "string" else encode(target, value)
        out += (varint(number << 3 | _LENGTH), varint(len(data)), data)
    elif kind == "double":
        out += (varint(number << 3 | _FIXED64), struct.pack("<d", value))
    else:
        number_value = int(value)
        if kind == "zigzag":
            number_value = number_value << 1 ^ number_value >> 63
        out += (varint(number << 3 | _VARINT), varint(number_value))


def _field(tag: bytes, data: bytes) -> bytes:
    size = len(data)
    return tag + (_BYTE[size] if size < 128 else varint(size)) + data


def body(kind: str, payload: bytes) -> bytes:
    """The part of a Record that holds an encoded payload; `kind` is the name of its field."""
    return _field(varint(FIELDS["Record"][kind][0] << 3 | _LENGTH), payload)


_num_end = (0, b"\x00")  # the number without its last seven bits, and what it is encoded to


def numbered(num: int, record_body: bytes) -> bytes:
    """A Record of the creator: its number, then the body."""
    if num < 128:
        return _NUM + _BYTE[num] + record_body
    high, end = _num_end
    return _NUM + _MORE[num & 127] + (end if num >> 7 == high else _new_num_end(num >> 7)) + record_body


def _new_num_end(high: int) -> bytes:
    global _num_end
    end = varint(high)
    _num_end = high, end
    return end


def named(uuid: str, record_body: bytes) -> bytes:
    """A Record of any other process: the body, then the writer and its sequence number."""
    return record_body + _field(_UUID, uuid.encode("ascii"))


# What stands in front of a value, by its key and by the size of the value; as text of single bytes (latin-1), as all in
# `history_body` until its end: pieces of text are joined more quickly than bytes.
_heads: Dict[object, Dict[int, str]] = {}
_MOST_KEYS = 20_000  # with the four to six sizes that numbers have: 12 MB
_MOST_SIZE = 24  # of a number


def _head(key: object, size: int) -> str:
    """An item up to its value of `size` bytes: a str is its `key`, a tuple (a path into dicts) its `nested_key`."""
    known = key
    if key == "":
        key = ("",)  # on the wire an empty `key` is none, and upstream's reader drops the item
    if type(key) is tuple:
        encoded = b"".join(_field(_NESTED_KEY, utf8(part)) for part in key)
    else:
        encoded = _field(_KEY, utf8(key))  # type: ignore[arg-type]
    encoded += _VALUE_JSON + varint(size)
    head = (_ITEM + varint(len(encoded) + size) + encoded).decode("latin-1")
    if size <= _MOST_SIZE and (known in _heads or len(_heads) < _MOST_KEYS):
        _heads.setdefault(known, {})[size] = head
    return head


def history_body(row: Mapping[Any, object], step: int | None, dumps: Callable[[object], str]) -> bytes:
    """The body of a Record with one row: keys are str or path tuples; values go through `dumps`, plain numbers do not.

    `step` is written as HistoryStep only; the row carries its own `_step` item.
    """
    parts: List[str] = []
    add = parts.append
    for key, value in row.items():
        kind = type(value)
        if kind is float:
            text = repr(value)
            if text[-1] > "9":
                text = _NOT_FINITE[text]
        elif kind is int:
            text = str(value)
        else:
            text = utf8(dumps(value)).decode("latin-1")
        try:
            add(_heads[key][len(text)])
        except KeyError:
            add(_head(key, len(text)))
        add(text)
    data = "".join(parts).encode("latin-1")
    if step:
        number = varint(step)
        data += _STEP_OF_SIZE[len(number)] + number
    elif step is not None:
        data += _STEP_ZERO
    size = len(data)
    return _HISTORY + (_MORE[size & 127] + _BYTE[size >> 7] if 127 < size < 16384 else varint(size)) + data


MOMENT_BITS = 13  # in nanoseconds: 8 us, less than what one process needs to tell another that it has written


def moment_field(moment: int) -> bytes:
    """The time of a text, in units of 2**MOMENT_BITS nanoseconds since the epoch; texts in a row share it."""
    seconds, nanos = divmod(moment << MOMENT_BITS, 1_000_000_000)
    return _field(b"\x12", b"\x08" + varint(seconds) + (b"\x10" + varint(nanos) if nanos else b""))


def output_body(is_stdout: bool, moment: bytes, data: bytes, source: bytes = b"") -> bytes:
    """The body of a Record with the raw text of one write call, in UTF-8.

    `moment` is `moment_field` of when it was written, `source` is `info_field` of who wrote it.
    """
    size = len(data)
    line = _BYTE[size] if size < 128 else varint(size)
    kind = _OF_STDOUT if is_stdout else b""
    size += len(moment) + len(line) + len(source) + len(kind) + 1
    return b"".join((_OUTPUT_RAW, _BYTE[size] if size < 128 else varint(size), kind, moment, _LINE, line, data, source))


def is_output(record_body: bytes) -> bool:
    """Whether it is one of `output_body`."""
    return record_body[:1] == _OUTPUT_RAW


def output_record(num: int, is_stdout: bool, moment: bytes, data: bytes) -> bytes:
    """`numbered(num, output_body(...))` of the usual text, in one step; for a text that is longer the same in two."""
    size = len(data)
    if size > _SHORT or num < 128:
        return numbered(num, output_body(is_stdout, moment, data))
    high, end = _num_end
    return b"".join(
        (
            _NUM,
            _MORE[num & 127],
            end if num >> 7 == high else _new_num_end(num >> 7),
            _OUTPUT_RAW,
            _BYTE[size + len(moment) + (4 if is_stdout else 2)],
            _OF_STDOUT if is_stdout else b"",
            moment,
            _LINE,
            _BYTE[size],
            data,
        )
    )


def info_field(text: str) -> bytes:
    """Who wrote a text, as the end of `output_body`, or the label of a row, behind its body.

    Upstream's readers pass over the field.
    """
    return _field(_INFO, _field(_TRACELOG_ID, utf8(text))) if text else b""


def path_items(
    items: Iterable[Tuple[Tuple[str, ...], object]], dumps: Callable[[object], str]
) -> List[Dict[str, object]]:
    """Config or summary items for `encode`, from (key path, value) pairs."""
    return [
        {**({"key": path[0]} if len(path) == 1 else {"nested_key": list(path)}), "value_json": dumps(value)}
        for path, value in items
    ]


def flatten_into(row: Dict[Any, Any], path: Tuple[str, ...], value: Mapping[str, Any]) -> None:
    """Put the leaves of nested dicts, which are below `path`, into a row, under tuples of names."""
    for key, inner in value.items():
        if type(inner) is dict and inner:
            flatten_into(row, (*path, key), inner)
        else:
            row[(*path, key)] = inner
