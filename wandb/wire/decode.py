"""Bytes to `Record` messages, with the protobuf library; for the service, the tools and the tests.

The classes are built at first use from wandb_internal.desc in a descriptor pool of our own: there is no
generated code that could complain about a protobuf version (3.20 to 7.x give the same classes), and no clash
with another package that registers the same names. Unknown fields survive a round trip.
"""

from __future__ import annotations

import functools
import threading
from pkgutil import get_data
from typing import TYPE_CHECKING, Any, Dict, Tuple

from wandb.errors import CorruptLog
from wandb.loading import loading

if TYPE_CHECKING:
    from google.protobuf.message import Message

_PACKAGE = "wandb_internal"
_END_OF_TIME = 2.0**35  # in the year 3058


@functools.lru_cache(maxsize=None)
def _pool() -> Any:
    with loading():
        from google.protobuf import descriptor_pb2, descriptor_pool

    data = get_data("wandb.wire", "wandb_internal.desc")  # by the loader: the package may lie in an archive
    if data is None:
        raise FileNotFoundError("wandb_internal.desc, a part of the package, is missing")
    files = descriptor_pb2.FileDescriptorSet.FromString(data)
    pool = descriptor_pool.DescriptorPool()
    for description in files.file:
        pool.AddSerializedFile(description.SerializeToString())
    return pool


_classes: Dict[str, Any] = {}
_lock = threading.Lock()


def message_class(name: str) -> Any:
    """The class of a message of wandb_internal.proto, such as "Record", or of another package by its full name.

    It is the same one in all threads.
    """
    found = _classes.get(name)
    if found is None:
        with _lock:  # two threads that built them at once would have classes that do not take each other's messages
            found = _classes[name] = _classes.get(name) or _build_class(name)
    return found


def _build_class(name: str) -> Any:
    with loading():
        from google.protobuf import message_factory

    descriptor = _pool().FindMessageTypeByName(name if "." in name else f"{_PACKAGE}.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    older: Any = message_factory  # protobuf 3.20 to 4.21
    return older.MessageFactory(_pool()).GetPrototype(descriptor)


@functools.lru_cache(maxsize=None)
def _record_from_string() -> Tuple[Any, Any]:
    with loading():
        from google.protobuf.message import DecodeError

    return message_class("Record").FromString, DecodeError


def decode(payload: bytes) -> Any:
    """A `Record` from its bytes; raises CorruptLog if they are no such message."""
    from_string, decode_error = _record_from_string()
    try:
        return from_string(payload)
    except decode_error as error:
        raise CorruptLog(f"not a record: {error}") from error


def record_kind(record: Message) -> str:
    """Which payload a Record carries, by field name; "" for one that this build does not know."""
    return record.WhichOneof("record_type") or ""


def writer_of(uuid: str) -> Tuple[str, int]:
    """(writer, sequence) from `Record.uuid`; the creator's records have none and give ("", 0)."""
    writer, _, sequence = uuid.rpartition("#")
    # Counted in 64 bits by whoever writes: a longer number, or digits of another script, are none of ours.
    is_number = len(sequence) < 20 and sequence.isascii() and sequence.isdigit()
    return (writer, int(sequence)) if writer and is_number else ("", 0)


def item_path(item: Any) -> Tuple[str, ...]:
    """The key path of a history, summary or config item, whichever of its two forms it uses."""
    key = item.key  # looked at first: it is cheaper, and the usual one
    return (key,) if key else tuple(item.nested_key) or (key,)


def moment_of(timestamp: Any) -> float:
    """A Timestamp as seconds since the epoch; see `within_time`."""
    return within_time(timestamp.seconds + timestamp.nanos / 1e9)


def within_time(seconds: float) -> float:
    """The seconds since the epoch, or 0.0 if no clock shows them: readers compare and subtract them."""
    return seconds if 0.0 <= seconds < _END_OF_TIME else 0.0
