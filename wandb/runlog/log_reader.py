"""Reads the transaction log `run-<id>.wandb`: by anybody, at any time. `transaction_log.py` says its format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

from wandb.errors import CorruptLog
from wandb.runlog.transaction_log import (
    BLOCK,
    FILE_HEADER,
    FIRST,
    FULL,
    FULL_CRC,
    HEADER_SIZE,
    LAST,
    MOST_PAYLOAD,
    TYPE_CRC,
    unpack_header,
)

if TYPE_CHECKING:
    from typing import BinaryIO, Iterator, List, Set, Tuple

_READ_SIZE = 1 << 20
# The last byte of the headers that a record may begin with.
_BEGIN = re.compile(rb"[\x01\x02]")
# So many damaged places are described, the others counted.
MOST_PLACES = 100


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
            while True:
                file.seek(self.offset)
                block = file.read(BLOCK - self.offset % BLOCK)
                yield from self._full_chunks(block)
                file.seek(self.offset)
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
                    continue
                payload, self.offset = result
                yield payload

    def _full_chunks(self, block: bytes) -> Iterator[bytes]:
        """The payloads of the block's records, up to the first that is not one whole chunk: nearly all, quickly."""
        place, end = 0, len(block)
        while place + HEADER_SIZE <= end:
            crc, size, kind = unpack_header(block, place)
            payload = block[place + HEADER_SIZE : place + HEADER_SIZE + size]
            if kind != FULL or len(payload) != size or crc32(payload, FULL_CRC) != crc:
                return
            place += HEADER_SIZE + size
            self.offset += HEADER_SIZE + size
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
            crc, size, kind = unpack_header(header)
            if kind not in TYPE_CRC or offset % BLOCK + HEADER_SIZE + size > BLOCK:
                raise CorruptLog("a chunk header that can't be")
            data = file.read(size)
            if len(data) < size:
                return None
            if crc32(data, TYPE_CRC[kind]) != crc:
                raise CorruptLog("a wrong checksum")
            if (kind in (FULL, FIRST)) != (not parts):
                raise CorruptLog("a chunk out of its order")
            offset += HEADER_SIZE + size
            left_bytes -= size
            if left_bytes < 0:
                raise CorruptLog("a record that is too large")
            if kind == FULL:
                return data, offset
            parts.append(data)
            if kind == LAST:
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
                crc, size, kind = unpack_header(block, place)
                end = place + HEADER_SIZE + size
                if end <= len(block) and crc32(block[place + HEADER_SIZE : end], TYPE_CRC[kind]) == crc:
                    return base + place
            if len(block) < BLOCK or base + BLOCK - start > self._search:
                return -1
            begin = 0
