"""Hand-written encoders held against the protobuf library."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb.sdk.lib.json_values import dumps
from wandb.wire.decode import decode, item_path, message_class, writer_of
from wandb.wire.encode import (
    MOMENT_BITS,
    body,
    encode,
    history_body,
    moment_field,
    named,
    numbered,
    output_body,
    output_record,
    utf8,
    varint,
)
from wandb.wire.schema import FIELDS

NUMBERS = st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text())


@given(st.dictionaries(st.text(min_size=1), NUMBERS), st.integers(0, 2**40), st.integers(1, 2**40))
def test_history_body__any_row__is_what_protobuf_reads(row: dict, step: int, num: int) -> None:
    """The fast path of `log` must be the format itself, for every key, number and text."""
    record = decode(numbered(num, history_body(row, step, dumps)))
    assert record.num == num
    assert record.history.step.num == step
    read = {item.key: item.value_json for item in record.history.item}
    assert set(read) == {key.encode("utf-8", "replace").decode() for key in row}
    for key, value in row.items():
        got = json.loads(read[key.encode("utf-8", "replace").decode()])
        if isinstance(value, float) and math.isnan(value):
            assert math.isnan(got)
        elif not isinstance(value, str):
            assert got == value and type(got) is type(value)


def test_history_body__path_keys__are_nested_keys() -> None:
    """Nested dicts must arrive as paths, as upstream's own files have them."""
    record = decode(numbered(1, history_body({("a", "b"): 1.5, "c": 2}, None, dumps)))
    assert [item_path(item) for item in record.history.item] == [("a", "b"), ("c",)]
    assert not record.history.HasField("step")


@given(
    st.integers(1, 2**40),
    st.booleans(),
    st.integers(0, 2**62),
    st.one_of(st.text(), st.text(min_size=90, max_size=140), st.text(st.just("x"), min_size=90, max_size=140)),
)
def test_output_record__any_text__is_what_protobuf_reads(num: int, is_stdout: bool, time_ns: int, text: str) -> None:
    """The straight path of `print` must be the format itself, and the same as the way in two steps."""
    moment, data = moment_field(time_ns >> MOMENT_BITS), utf8(text)
    record = output_record(num, is_stdout, moment, data)
    assert record == numbered(num, output_body(is_stdout, moment, data))
    raw = decode(record)
    assert raw.num == num
    assert raw.output_raw.output_type == int(is_stdout)
    told = raw.output_raw.timestamp.seconds * 10**9 + raw.output_raw.timestamp.nanos
    assert told == time_ns >> MOMENT_BITS << MOMENT_BITS
    assert raw.output_raw.line == text.encode("utf-8", "replace").decode()
    assert writer_of(decode(named("w#7", output_body(is_stdout, moment, data))).uuid) == ("w", 7)


@given(st.integers(-(2**63), 2**63 - 1))
def test_varint__any_64_bit_number__is_two_s_complement(number: int) -> None:
    """Negative numbers take ten bytes in protobuf's encoding."""
    record = decode(b"\x08" + varint(number))
    assert record.num == number


def test_encode__each_message_of_the_table__is_what_protobuf_reads() -> None:
    """The generic path must agree with the .proto for every field that the training process may write."""
    for name, fields in FIELDS.items():
        if name == "Timestamp":
            continue
        for field, (_, kind, repeated, target) in fields.items():
            value: object = {"string": "text", "varint": 1, "zigzag": -3, "double": 2.5, "message": {}}[kind]
            encoded = encode(name, {field: [value] if repeated else value})
            message = message_class(name).FromString(encoded)
            got = getattr(message, field)
            if kind == "message":
                assert len(got) == 1 if repeated else message.HasField(field), (name, field, target)
            else:
                assert (list(got) if repeated else got) == ([value] if repeated else value), (name, field)


def test_encode__default_values__are_left_out() -> None:
    """proto3 keeps zero, empty and False off the wire; upstream's files do too."""
    assert encode("RunExitRecord", {"exit_code": 0, "runtime": 0}) == b""
    assert encode("RunRecord", {"run_id": "", "tags": []}) == b""


def test_encode__unknown_field__is_an_error() -> None:
    """A typing error in a field name must not silently drop a value."""
    with pytest.raises(KeyError):
        encode("RunRecord", {"no_such_field": 1})


def test_body__surrogate_in_text__becomes_readable() -> None:
    """Text from undecodable bytes must not make a record that readers refuse."""
    record = decode(numbered(1, body("run", encode("RunRecord", {"display_name": "a\udc80b"}))))
    assert record.run.display_name == "a?b"


def test_history_body__empty_key__is_a_path_of_one() -> None:
    """An empty `key` is left off the wire: readers, upstream's too, would take the item for one without any."""
    record = decode(numbered(1, history_body({"": 1}, None, dumps)))
    assert list(record.history.item[0].nested_key) == [""]
    assert item_path(record.history.item[0]) == ("",)
