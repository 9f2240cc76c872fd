"""The small decoder held against the protobuf library and against any bytes."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wandb.errors import CorruptLog
from wandb.wire.decode import decode, message_class
from wandb.wire.encode import body, encode, numbered
from wandb.wire.plain import decode_plain, kind_and_body
from wandb.wire.schema import FIELDS

VALUES = {
    "string": st.text(min_size=1, alphabet=st.characters(blacklist_categories=("Cs",))),
    "varint": st.just(1),  # a truth value, too
    "zigzag": st.integers(-(2**62), 2**62).filter(bool),
    "double": st.floats(allow_nan=False).filter(bool),
}


# Of these a message has one at most; `number` stands for them.
ONE_OF = {"none", "boolean", "integer", "text", "json"}


def message(name: str, depth: int = 2) -> st.SearchStrategy[Dict[str, Any]]:
    """Any message of the table; every field that is there has another value than its default."""
    fields = {}
    for field, (_, kind, repeated, target) in FIELDS[name].items():
        if (kind == "message" and not depth) or (name == "HistoryItem" and field in ONE_OF):
            continue
        value = message(target, depth - 1) if kind == "message" else VALUES[kind]
        fields[field] = st.lists(value, min_size=1, max_size=2) if repeated else value
    return st.fixed_dictionaries({}, optional=fields)


@pytest.mark.parametrize("name", ["RunRecord", "HistoryRecord", "MetricRecord", "SummaryRecord", "ConfigRecord"])
@settings(max_examples=30)
@given(st.data())
def test_decode_plain__any_message__is_what_was_encoded_and_what_protobuf_reads(name: str, data: st.DataObject) -> None:
    """A second reader of the format must not have a mind of its own."""
    fields = data.draw(message(name))
    encoded = encode(name, fields)
    assert decode_plain(name, encoded) == fields
    again = message_class(name).FromString(encoded).SerializeToString(deterministic=True)
    assert decode_plain(name, again) == fields


@given(st.sampled_from(sorted(FIELDS)), st.binary(max_size=200))
def test_decode_plain__any_bytes__are_a_dict_or_a_corrupt_log(name: str, data: bytes) -> None:
    """Old folders hold whatever a disk has made of them."""
    for read in (lambda: decode_plain(name, data), lambda: kind_and_body(data)):
        try:
            read()
        except CorruptLog:
            continue


def test_kind_and_body__of_records__names_what_they_carry() -> None:
    """Console text, most of many logs, is not decoded for that."""
    record = numbered(7, body("exit", encode("RunExitRecord", {"exit_code": 3})))
    assert decode(record).exit.exit_code == 3
    assert kind_and_body(record) == ("exit", b"\x08\x03")
    assert kind_and_body(b"") == ("", b"")
