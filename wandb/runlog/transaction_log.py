"""The transaction log `run-<id>.wandb` in the public block format: append by its one writer.

The format is LevelDB's log with a 7-byte file header, blocks of 32 KiB counted from offset 0, and plain CRC-32
over the chunk's type byte and payload. The writer hands each record to one write(2): what was handed over
outlives the process. Nothing here knows what a record means; `log_reader.py` reads it.
"""

from __future__ import annotations

import errno
import os
import struct
from os import write
from zlib import crc32

from wandb.descriptors import LOST, close_if, identity_of, out_of_reach, path_of
from wandb.runlog.quick_write import quick_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List

    from wandb.runlog.quick_write import Write

FILE_HEADER = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
BLOCK = 32768
HEADER_SIZE = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
_pack_header = struct.Struct("<IHB").pack
unpack_header = struct.Struct("<IHB").unpack_from
TYPE_CRC = {kind: crc32(bytes((kind,))) for kind in (FULL, FIRST, MIDDLE, LAST)}
FULL_CRC = TYPE_CRC[FULL]
# A reader's bound, here and in a spool: no call logs so much at once, and protobuf's own limit is twice that.
MOST_PAYLOAD = 1 << 30
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def _chunk(kind: int, data: bytes) -> bytes:
    return _pack_header(crc32(data, TYPE_CRC[kind]), len(data), kind) + data


def frame(payload: bytes, offset: int) -> bytes:
    """The bytes that append `payload` to a log of `offset` bytes."""
    left = BLOCK - offset % BLOCK
    if HEADER_SIZE + len(payload) <= left:
        return _chunk(FULL, payload)
    parts: List[bytes] = []
    if left < HEADER_SIZE:
        parts.append(bytes(left))
        left = BLOCK
        if HEADER_SIZE + len(payload) <= left:
            return parts[0] + _chunk(FULL, payload)
    start, kind = 0, FIRST
    while len(payload) - start > left - HEADER_SIZE:
        end = start + left - HEADER_SIZE
        parts.append(_chunk(kind, payload[start:end]))
        start, kind, left = end, MIDDLE, BLOCK
    parts.append(_chunk(LAST, payload[start:]))
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

    def append(self, payload: bytes, write: Write = write) -> None:
        """Hand one record to the operating system, whole; `write` is used for one that lies within its block."""
        if self._uncounted:
            self._settle()  # before the frame is laid out: its place in the block depends on `end`
        size = len(payload) + HEADER_SIZE
        if self.end % BLOCK + size > BLOCK:
            self._write(frame(payload, self.end))
            return
        # What `frame` and `_write` do, for a record within its block, straight on: it is paid for with each of them.
        data = _pack_header(crc32(payload, FULL_CRC), size - HEADER_SIZE, FULL) + payload
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

    def quick_write(self) -> Write:
        """What may be given to `append` in the main thread."""
        return quick_write(self._identity[0]) if self._identity else os.write

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
