"""What hypothesis makes of files that somebody else wrote: any bytes, damaged copies, and whole records that lie."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, List

from hypothesis import strategies as st

from wandb.runlog.spool import FINISH, JOINED, OPEN_ROW, RECORD
from wandb.wire.decode import message_class

# How many files each reader gets: few every day, FAULTS_EXAMPLES of them in the tox environment `faults`.
EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES") or 12)

DEPTHS = (90, 110, 200, 320, 480, 900, 5000)
DEEP = [text for depth in DEPTHS for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth)]
TEXTS = (
    *("", " ", "\0", "x" * 300, "²", "_timestamp", "\u202e", "../../x", "/etc/passwd", "a.b", "*", "_*", "_step", "_wandb", "_type"),
    *("\x1b[999999999C", "\x1b[999999999;999999999H", "\x1b]0;", "\r\n", "'; --", "%s%n{0}", "1e999", "nan", "{", "(("),
)
# Texts where JSON is expected.
JSON_TEXTS = (
    *("", "null", "true", "0", "-1", "1e999", "NaN", "-Infinity", "1" * 5000, "1." + "0" * 5000, '"\\ud800"', '"x', "{}", "[]"),
    *('["(("]', '["a{99999999999}"]', '{"pid": "x", "host": []}', '{"pid": 1e99, "host": "", "start_time": ""}', '["\\ud800"]', '["\\u0000"]'),
    *('{"a": {"b": []}}', '{"": 1}', '{"_type": 3}', "[[[]]]", "2020-01-01", "{'a': 1}", "1 2", " 1 ", "\0", *DEEP),
)
# Settings that readers of a run believe.
SETTINGS = (
    *("_creator", "_resumed_from", "console", "console_include", "console_exclude", "console_prefix", "console_colors", "_rank", "_args"),
    *("_program", "_cwd", "_executable", "host", "email", "username", "docker", "x_stats_sampling_interval", "x_label"),
    *("x_stats_disk_paths", "x_stats_pid", "x_disable_stats", "git_root", "git_commit", "git_remote", "fsync_seconds"),
)
UUIDS = ("", "#", "w#1", "w#2", "w#²", "w#-1", "w#" + "9" * 30, "w#" + "9" * 5000, "creator#1", "1/2/x#1", "9" * 30 + "/a/b#3", "a#b#4")


def texts() -> st.SearchStrategy[str]:
    """Texts that a protobuf string can hold, the troublesome ones often."""
    return st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))


def json_texts() -> st.SearchStrategy[str]:
    """What stands where JSON is expected."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    return st.one_of(st.sampled_from(JSON_TEXTS), values.map(json.dumps), st.text(max_size=20))


def _values(field: Any, depth: int) -> st.SearchStrategy[Any]:
    kind = field.cpp_type
    if kind == field.CPPTYPE_MESSAGE:
        return _messages(field.message_type, depth - 1)
    if kind == field.CPPTYPE_STRING:
        if field.type == field.TYPE_BYTES:
            return st.binary(max_size=20)
        if field.name == "value_json":
            return json_texts()
        if field.name == "uuid":
            return st.sampled_from(UUIDS)
        if field.name == "key":
            return st.sampled_from(SETTINGS) | texts()
        return texts()
    if kind == field.CPPTYPE_BOOL:
        return st.booleans()
    if kind in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT):
        return st.floats(width=64 if kind == field.CPPTYPE_DOUBLE else 32)
    bits = 32 if kind in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32, field.CPPTYPE_ENUM) else 64
    low = 0 if kind in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64) else -(2 ** (bits - 1))
    high = 2**bits - 1 if not low else 2 ** (bits - 1) - 1
    return st.sampled_from((low, high, 0, 1)) | st.integers(low, high)


@st.composite
def _messages(draw: Any, descriptor: Any, depth: int) -> Any:
    message = message_class(descriptor.full_name.replace("wandb_internal.", "", 1))()
    fields = [field for field in descriptor.fields if field.cpp_type != field.CPPTYPE_MESSAGE or (depth and _is_ours(field))]
    if not fields:
        return message
    for field in draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda field: field.name)):
        _set(draw, message, field, depth)
    return message


def _is_ours(field: Any) -> bool:
    return bool(field.message_type.file.package == "wandb_internal")


def _set(draw: Any, message: Any, field: Any, depth: int) -> None:
    if not isinstance(field.default_value, list) and field.cpp_type != field.CPPTYPE_MESSAGE:
        setattr(message, field.name, draw(_values(field, depth)))
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        return  # maps are made by our own code only
    elif field.name == "nested_key":
        getattr(message, field.name).extend(draw(texts()) for _ in range(draw(st.sampled_from((1, 2, 2, 3, *DEPTHS[:-1])))))
    elif isinstance(field.default_value, list):
        getattr(message, field.name).extend(draw(st.lists(_values(field, depth), max_size=3)))
    else:
        getattr(message, field.name).CopyFrom(draw(_values(field, depth)))


@st.composite
def lying_records(draw: Any) -> bytes:
    """A whole Record, of any kind, whose fields hold what they can't."""
    record = message_class("Record")()
    descriptor = record.DESCRIPTOR
    often = [descriptor.fields_by_name[name] for name in ("run", "history", "summary", "config", "metric", "output_raw", "environment", "exit")]
    every = [field for field in descriptor.oneofs_by_name["record_type"].fields if _is_ours(field)]
    _set(draw, record, draw(st.sampled_from(often) | st.sampled_from(every)), 3)
    for name in draw(st.lists(st.sampled_from(("uuid", "num")), unique=True)):
        _set(draw, record, descriptor.fields_by_name[name], 0)
    return bytes(record.SerializeToString())


@st.composite
def lying_settings(draw: Any) -> bytes:
    """A run record whose settings, which readers go by, are of any type."""
    record = message_class("Record")()
    _set(draw, record, record.DESCRIPTOR.fields_by_name["run"], 1)
    for name in draw(st.lists(st.sampled_from(SETTINGS), min_size=1, max_size=8)):
        record.run.settings.item.add(key=name, value_json=draw(json_texts()))
    return bytes(record.SerializeToString())


FRAME_KINDS = st.sampled_from((RECORD, OPEN_ROW, FINISH, JOINED))
LENGTHS = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", struct.pack("<I", 2**31))


@st.composite
def damaged(draw: Any, whole: bytes) -> bytes:
    """A copy of a valid file: bits flipped, pieces cut out, doubled, put in, lengths that claim gigabytes."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        size = draw(st.integers(1, 60))
        change = draw(st.sampled_from(("flip", "cut", "double", "insert", "length", "end")))
        if change == "flip" and place < len(data):
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del data[place : place + size]
        elif change == "double":
            data[place:place] = data[place : place + size]
        elif change == "insert":
            data[place:place] = draw(st.binary(min_size=1, max_size=60))
        elif change == "length":
            data[place : place + 4] = draw(st.sampled_from(LENGTHS))
        else:
            del data[place:]
    return bytes(data)


def any_bytes(whole: bytes) -> st.SearchStrategy[bytes]:
    """Damaged copies of a valid file, and bytes that have nothing to do with it."""
    return st.one_of(damaged(whole), st.binary(max_size=300), st.binary(max_size=60).map(lambda head: head + whole))


def payload_lists() -> st.SearchStrategy[List[bytes]]:
    """Payloads of frames: lying records, and bytes that are no record."""
    payloads = st.one_of(lying_records(), lying_settings(), lying_records(), st.binary(max_size=40))
    return st.lists(payloads, min_size=1, max_size=6)
