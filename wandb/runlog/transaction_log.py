"""The transaction log `run-<id>.wandb` in the public block format: append by its one writer, scan by anybody.

The format is LevelDB's log with a 7-byte file header, blocks of 32 KiB counted from offset 0, and plain CRC-32
over the chunk's type byte and payload. The writer hands each record to one write(2): what was handed over
outlives the process. Nothing here knows what a record means.
"""

from __future__ import annotations

import errno
import os
import re
import struct
from os import write
from zlib import crc32

from wandb.descriptors import LOST, close_if, identity_of, out_of_reach, path_of
from wandb.errors import CorruptLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, Iterator, List, Set, Tuple

FILE_HEADER = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
BLOCK = 32768
HEADER_SIZE = 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_pack_header = struct.Struct("<IHB").pack
_unpack_header = struct.Struct("<IHB").unpack_from
_TYPE_CRC = {kind: crc32(bytes((kind,))) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}
_FULL_CRC = _TYPE_CRC[_FULL]
_READ_SIZE = 1 << 20
# The last byte of the headers that a record may begin with.
_BEGIN = re.compile(rb"[\x01\x02]")
# A reader's bound: no call logs so much at once, and protobuf's own limit is twice that.
MOST_PAYLOAD = 1 << 30
# So many damaged places are described, the others counted.
MOST_PLACES = 100
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def _chunk(kind: int, data: bytes) -> bytes:
    return _pack_header(crc32(data, _TYPE_CRC[kind]), len(data), kind) + data


def frame(payload: bytes, offset: int) -> bytes:
    """The bytes that append `payload` to a log of `offset` bytes."""
    left = BLOCK - offset % BLOCK
    if HEADER_SIZE + len(payload) <= left:
        return _chunk(_FULL, payload)
    parts: List[bytes] = []
    if left < HEADER_SIZE:
        parts.append(bytes(left))
        left = BLOCK
        if HEADER_SIZE + len(payload) <= left:
            return parts[0] + _chunk(_FULL, payload)
    start, kind = 0, _FIRST
    while len(payload) - start > left - HEADER_SIZE:
        end = start + left - HEADER_SIZE
        parts.append(_chunk(kind, payload[start:end]))
        start, kind, left = end, _MIDDLE, BLOCK
    parts.append(_chunk(_LAST, payload[start:]))
    return b"".join(parts)


class TransactionLog:
    """The writing end. One process has it, and calls it from one thread at a time.

    A write that the disk refuses raises OSError and leaves the log as if it had not been tried.
    """

    def __init__(self, path: str, flags: int, end: int) -> None:
        self._path = path
        self._descriptor = out_of_reach(os.open(path, flags | os.O_WRONLY | os.O_APPEND | _CLOEXEC, 0o666))
        self._identity = identity_of(self._descriptor)
        self.end = end
        self._uncounted = 0  # bytes that are on their way, or whose write was cut short

    @classmethod
    def create(cls, path: str) -> TransactionLog:
        """A new log; raises FileExistsError if there is one."""
        log = cls(path, os.O_CREAT | os.O_EXCL, 0)
        try:
            log._write(FILE_HEADER)
        except BaseException:
            log.close()
            raise
        return log

    @classmethod
    def reopen(cls, path: str, end: int) -> TransactionLog:
        """Go on behind `end`, the end of the last whole record of a log that nobody writes any more.

        What is torn behind it is cut off at the first append.
        """
        log = cls(path, 0, end)
        log._uncounted = -1
        if not end:
            log._settle()
            log._write(FILE_HEADER)
        return log

    def append(self, payload: bytes) -> None:
        """Hand one record to the operating system, whole."""
        if self._uncounted:
            self._settle()  # before the frame is laid out: its place in the block depends on `end`
        size = len(payload) + HEADER_SIZE
        if self.end % BLOCK + size > BLOCK:
            self._write(frame(payload, self.end))
            return
        # What `frame` and `_write` do, for a record within its block, straight on: it is paid for with each of them.
        data = _pack_header(crc32(payload, _FULL_CRC), size - HEADER_SIZE, _FULL) + payload
        self._uncounted = size
        try:
            written = write(self._descriptor, data)
        except OSError as error:
            written = self._write_again(error, data)
        if written == size:
            self.end += size
            self._uncounted = 0
        else:
            self._write_rest(data, written)

    def _settle(self) -> None:
        """A write was cut short, or an exception of a signal handler came between it and the count of it."""
        try:
            size = os.fstat(self._descriptor).st_size
        except OSError as error:
            self._open_again(error)
            size = os.fstat(self._descriptor).st_size
        if size == self.end + self._uncounted:
            self.end += self._uncounted
        else:
            os.ftruncate(self._descriptor, self.end)
        self._uncounted = 0

    def _write(self, data: bytes) -> None:
        self._uncounted = len(data)
        try:
            written = write(self._descriptor, data)
        except OSError as error:
            written = self._write_again(error, data)
        self._write_rest(data, written)

    def _write_again(self, error: OSError, data: bytes) -> int:
        self._open_again(error)
        return write(self._descriptor, data)

    def _write_rest(self, data: bytes, written: int) -> None:
        while written < len(data):  # the disk is nearly full: the rest, or the error that explains it
            written += write(self._descriptor, data[written:])
        self.end += written
        self._uncounted = 0

    def _open_again(self, error: OSError) -> None:
        """Where the program has closed our descriptor, with all that it did not know, or a file server forgot it."""
        if error.errno not in LOST:
            raise error
        descriptor = out_of_reach(os.open(self._path, os.O_WRONLY | os.O_APPEND | _CLOEXEC))
        if identity_of(descriptor) != self._identity:
            os.close(descriptor)
            raise OSError(errno.ESTALE, "another file is in the place of the log")
        close_if(self._descriptor, self._identity)
        self._descriptor = descriptor

    def find(self) -> str:
        """The path of the file now, if it has been moved and the system tells; "" if it has been removed."""
        path = path_of(self._descriptor, self._path)
        self._path = path or self._path
        return path

    def sync(self) -> None:
        """Bring what was appended to the device (fsync)."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            close_if(descriptor, self._identity)


class LogReader:
    """The reading end: yields whole records from `offset` on, now and as the file grows.

    `damage` lists (offset, reason) of what was skipped, the first MOST_PLACES of `damage_count`. A record that is cut
    by the end of the file is not damage: it may still be growing, and the next call tries again.
    """

    def __init__(self, path: str, search: int = 1 << 62) -> None:
        """`search`: how many bytes behind a damaged place are searched for the next record."""
        self.path = path
        self.offset = 0
        self.damage: List[Tuple[int, str]] = []
        self._search = search
        self.damage_count = 0
        # Blocks that a broken record goes through: another one that leads there breaks at the same place.
        self._trail: List[int] = []
        self._broken: Set[int] = set()

    def records(self) -> Iterator[bytes]:
        """The payloads of the complete records behind `offset`; raises CorruptLog if this is no run file."""
        with open(self.path, "rb", buffering=_READ_SIZE) as file:
            if self.offset == 0:
                head = file.read(len(FILE_HEADER))
                if len(head) < len(FILE_HEADER):
                    return
                if head != FILE_HEADER:
                    raise CorruptLog(f"{self.path} does not begin like a run file (or needs a newer client)")
                self.offset = len(FILE_HEADER)
            file.seek(self.offset)
            while True:
                result, reason = self._try_next(file)
                if result is None:
                    place = self._next_place(file)
                    if place < 0:
                        return  # nothing follows: the end may still be growing, and is tried again
                    # It may have grown meanwhile, and what follows with it: look once more.
                    file.seek(self.offset)
                    result, reason = self._try_next(file)
                if result is None:
                    self.note_damage(self.offset, reason)
                    self._broken.update(self._trail)
                    self.offset = place
                    file.seek(place)
                    continue
                payload, self.offset = result
                yield payload

    def note_damage(self, offset: int, reason: str) -> None:
        """Something at this place was skipped."""
        self.damage_count += 1
        if len(self.damage) < MOST_PLACES:
            self.damage.append((offset, reason))

    def _try_next(self, file: BinaryIO) -> Tuple[Tuple[bytes, int] | None, str]:
        try:
            return self._next(file), "a record without its end"
        except CorruptLog as error:
            return None, str(error)

    def _next(self, file: BinaryIO) -> Tuple[bytes, int] | None:
        """(payload, next offset) of the record at the file's position; None if it is not whole yet."""
        offset = file.tell()
        parts: List[bytes] = []
        left_bytes = MOST_PAYLOAD
        self._trail = []
        while True:
            left = BLOCK - offset % BLOCK
            if left < HEADER_SIZE:
                file.read(left)
                offset += left
            if parts and offset % BLOCK == 0:
                self._trail.append(offset)
                if offset in self._broken:
                    raise CorruptLog("a record that leads into a broken one")
            header = file.read(HEADER_SIZE)
            if len(header) < HEADER_SIZE:
                return None
            crc, size, kind = _unpack_header(header)
            if kind not in _TYPE_CRC or offset % BLOCK + HEADER_SIZE + size > BLOCK:
                raise CorruptLog("a chunk header that can't be")
            data = file.read(size)
            if len(data) < size:
                return None
            if crc32(data, _TYPE_CRC[kind]) != crc:
                raise CorruptLog("a wrong checksum")
            if (kind in (_FULL, _FIRST)) != (not parts):
                raise CorruptLog("a chunk out of its order")
            offset += HEADER_SIZE + size
            left_bytes -= size
            if left_bytes < 0:
                raise CorruptLog("a record that is too large")
            if kind == _FULL:
                return data, offset
            parts.append(data)
            if kind == _LAST:
                return b"".join(parts), offset

    def _next_place(self, file: BinaryIO) -> int:
        """Where the next record begins behind the one at `offset`; -1 if there is none (yet).

        A place counts only if its checksum is right: chunks have no mark, and any bytes might look like a header.
        """
        start = self.offset
        file.seek(start - start % BLOCK)
        begin = start % BLOCK + 1
        while True:
            base = file.tell()
            block = file.read(BLOCK)
            for found in _BEGIN.finditer(block, begin + HEADER_SIZE - 1):
                place = found.end() - HEADER_SIZE
                crc, size, kind = _unpack_header(block, place)
                end = place + HEADER_SIZE + size
                if end <= len(block) and crc32(block[place + HEADER_SIZE : end], _TYPE_CRC[kind]) == crc:
                    return base + place
            if len(block) < BLOCK or base + BLOCK - start > self._search:
                return -1
            begin = 0
