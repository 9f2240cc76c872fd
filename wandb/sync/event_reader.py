"""The events in a file of TensorBoard's format, while it grows and to its end; damage is stepped over, and named.

An event: its length (8 bytes), a checksum of that, the event, a checksum of the event. What is found depends on the
bytes only, however often and at whatever size the file is looked at. A file server may show bytes late, as zeros: so
nothing counts as damage before it was seen twice with some seconds between, or the file is read to its end.
"""

from __future__ import annotations

import os
import re
import struct
from time import monotonic
from typing import TYPE_CHECKING, Dict, List

if TYPE_CHECKING:
    from typing import BinaryIO, Iterator

_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")
_HEAD = _LENGTH.size + _CHECKSUM.size
# A head that claims more for one event is none.
_MOST_EVENT = 1 << 30
# What a head may look like: a length above 0 and below 2^32.
_LIKE_A_HEAD = re.compile(rb"(?s)(?!\0{4})(?=.{4}\0{4})")
_SEARCH_SIZE = 1 << 20
_DOUBT_SECONDS = 5.0
_POLYNOMIAL = 0x82F63B78  # Castagnoli's, with its bits reversed
_MOST_PLACES = 100


def _remainders() -> List[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _remainders()


def checksum(data: bytes) -> int:
    """CRC-32C of the data, rotated and moved as in the format."""
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


class EventReader:
    """Yields each event once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._offset = 0
        self._damage: Dict[int, str] = {}
        self._doubt = 0.0  # since when what stands at the offset looks like damage; 0: it does not

    def damage(self) -> List[str]:
        """What was stepped over so far, one sentence a place."""
        return [f"{self.path}, offset {offset}: {what}" for offset, what in self._damage.items()]

    def events(self, to_the_end: bool = False) -> Iterator[bytes]:
        """The events that are whole now; `to_the_end`: what is torn will not become one any more. Raises OSError."""
        size = os.path.getsize(self.path) if os.path.isfile(self.path) else 0
        if size <= self._offset:
            return
        with open(self.path, "rb") as file:
            while True:
                payload = _event_at(file, self._offset, size)
                if payload:
                    self._offset += _HEAD + len(payload) + _CHECKSUM.size
                    self._doubt = 0.0
                    yield payload
                elif not self._step_over(file, size, to_the_end, is_cut=payload is None):
                    return

    def _step_over(self, file: BinaryIO, size: int, to_the_end: bool, is_cut: bool) -> bool:
        """Go on behind what stands at the offset; whether that can be said now."""
        if not to_the_end:
            begun, self._doubt = self._doubt, 0.0 if is_cut else self._doubt or monotonic()
            if not begun or is_cut or monotonic() < begun + _DOUBT_SECONDS:
                return False
            self._doubt = monotonic()
        place = _next_event(file, self._offset + 1, size, to_the_end)
        if place is None and (is_cut or not to_the_end):
            return False  # an end that is torn is no damage: so a program that is killed leaves it
        if len(self._damage) < _MOST_PLACES:
            self._damage[self._offset] = f"{(size if place is None else place) - self._offset} damaged bytes"
        self._offset = self._offset if place is None else place
        return place is not None


def _event_at(file: BinaryIO, place: int, size: int) -> bytes | None:
    """The event at a place; b"" if there is none, None if what there is of it may still become one."""
    if size - place < _HEAD:
        return None
    file.seek(place)
    length = _length_of(file.read(_HEAD))
    if not length:
        return b""
    if place + _HEAD + length + _CHECKSUM.size > size:
        return None
    payload, (expected,) = file.read(length), _CHECKSUM.unpack(file.read(_CHECKSUM.size))
    return payload if checksum(payload) == expected else b""


def _length_of(head: bytes) -> int:
    """How long the event behind this head is; 0 if it is no head."""
    (length,), (expected,) = _LENGTH.unpack_from(head), _CHECKSUM.unpack_from(head, _LENGTH.size)
    return int(length) if length <= _MOST_EVENT and checksum(head[: _LENGTH.size]) == expected else 0


def _next_event(file: BinaryIO, place: int, size: int, to_the_end: bool) -> int | None:
    """Where the next whole event begins; None if there is none, or one that may still become whole comes before."""
    while place + _HEAD <= size:
        file.seek(place)
        block = file.read(_SEARCH_SIZE)
        for found in _LIKE_A_HEAD.finditer(block):
            begin = place + found.start()
            head = block[found.start() : found.start() + _HEAD]
            if len(head) < _HEAD or not _length_of(head):
                continue
            payload = _event_at(file, begin, size)
            if payload:
                return begin
            if payload is None and not to_the_end:
                return None
        place += max(len(block) - _HEAD, 1)
    return None
