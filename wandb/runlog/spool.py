"""The spool `run-<id>.<host>.spool`: a log with many writers, each frame appended by one write, no locks.

Frame: mark (4 bytes), kind (1), payload length (4, little endian), CRC-32 of kind, length and payload (4),
payload. The mark begins with a byte that no UTF-8 text holds. A frame torn by a full disk or a power loss stays
where it is, since no writer may cut off what another could have appended behind; a reader steps over it to the
next mark whose frame is whole.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib

from wandb.descriptors import LOST, close_if, identity_of, out_of_reach
from wandb.process import ProcessIdentity
from wandb.runlog.transaction_log import MOST_PAYLOAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, Iterator, Tuple

MARK = b"\xf5WBs"
_HEAD = struct.Struct("<BI")
_CRC = struct.Struct("<I")
FRAME_OVERHEAD = len(MARK) + _HEAD.size + _CRC.size

# What a frame holds. Each payload is a Record with the writer's identity in `uuid`.
RECORD = 1  # a record like those of the transaction log
OPEN_ROW = 2  # a part of a row that is not committed: kept only if no committed row of the writer follows
FINISH = 3  # the creator's last word, its exit record: fold, and write this last
# The writer's name in frames of the creator; its rows themselves lie in the transaction log, without a name.
CREATOR = "creator"
# The mark behind a writer's name in the record that commits a row which it left open.
LEFT_OPEN = "/open"
JOINED = 4  # a process that belongs to the run from now on; the name of the writer says which
# A TBRecord: an event file whose rows the follower takes. Never folded: other clients take such a record for an order.
EVENT_FILE = 5
# How the names of writers begin that are such files.
EVENTS_WRITER = "events-"
_KINDS = (RECORD, OPEN_ROW, FINISH, JOINED, EVENT_FILE)

# Marks in garbage, or in payloads, may be followed by any lengths. What the checksums of the larger ones may cost in
# all; then only frames of the usual size are looked for.
_MOST_IN_VAIN, _SMALL = 1 << 30, 1 << 16
_SEARCH_SIZE, _READ_SIZE = 4096, 1 << 20


def writer_name(process: ProcessIdentity) -> str:
    """A name for a process as a writer, by which readers on its host can tell whether it still lives."""
    return f"{process.pid}/{process.start_time}/{os.urandom(6).hex()}"


def process_of(writer: str, host: str) -> ProcessIdentity | None:
    """The process that a writer of a spool of `host` is; None for the creator, the relay and the service."""
    parts = writer.split("/")
    if len(parts) < 3 or not (len(parts[0]) < 10 and parts[0].isascii() and parts[0].isdigit()):
        return None  # a pid is a number of 32 bits
    return ProcessIdentity(host, int(parts[0]), parts[1])


def frame(kind: int, payload: bytes) -> bytes:
    """The bytes of one frame."""
    head = _HEAD.pack(kind, len(payload))
    return b"".join((MARK, head, _CRC.pack(zlib.crc32(payload, zlib.crc32(head))), payload))


class Spool:
    """One process's appending end; it is called from one thread at a time and never shared through fork."""

    def __init__(self, path: str, of_root: Spool | None = None) -> None:
        """`of_root` is the end of a process before it, from whose time as root this one may have an open file."""
        self._path = path
        self._of_root = of_root
        self._descriptor = -1
        self._identity: Tuple[int, int, int] | None = None
        self._open()

    def _open(self) -> None:
        self.close()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(self._path, flags, 0o666)
        except PermissionError:
            if self._of_root is None:
                raise
            descriptor = self._of_root._duplicate()
        self._descriptor = out_of_reach(descriptor)
        self._identity = identity_of(self._descriptor)

    def _duplicate(self) -> int:
        """One more descriptor of the open file. Raises OSError if it is closed, or has no name any more."""
        if identity_of(self._descriptor) != self._identity or not self._has_a_name():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self._path)
        return os.dup(self._descriptor)

    def append(self, kind: int, payload: bytes) -> None:
        """Append one frame by one write; after a short write the whole frame is written again behind it.

        Raises OSError if the disk takes nothing more.
        """
        self.append_frames(frame(kind, payload))

    def append_frames(self, data: bytes) -> None:
        """Append whole frames as they are."""
        opened_again = False
        while True:
            try:
                while os.write(self._descriptor, data) < len(data):
                    continue  # a full disk answers the next write with its error, which ends this loop
            except OSError as error:
                if error.errno not in LOST or opened_again:
                    raise
                opened_again = True
                self.close()
            else:
                if self._has_a_name():
                    return
            self._open()  # the fold has taken the file away: it may have read this frame, or not; again is harmless

    def _has_a_name(self) -> bool:
        try:
            return os.fstat(self._descriptor).st_nlink > 0
        except OSError as error:
            if error.errno is None:
                raise  # the program's own: a time limit
            return True  # the disk does not say; the frame is written, and must not come again under another number

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            close_if(descriptor, self._identity)


def spool_of_root(path: str) -> Spool | None:
    """The end that root opens for itself and for those that it forks: they may become somebody else.

    None for all others, who stay who they are, and if the disk refuses.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    try:
        return Spool(path)
    except OSError as error:
        if error.errno is None:
            raise  # the program's own: a time limit
        return None  # it is opened when it is needed, which says so


class SpoolReader:
    """Yields whole frames from `offset` on, now and as the file grows; counts the bytes that it had to skip.

    A length claims nothing: memory is taken for bytes that are in the file, and a false length costs its checksum.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.offset = 0
        self.skipped_bytes = 0
        self._patience = _MOST_IN_VAIN

    def frames(self) -> Iterator[Tuple[int, bytes]]:
        """(kind, payload) of each whole frame behind `offset` that is there now.

        A frame whose end is not there may be on its way, or torn: a whole one behind its head wins over it.
        Raises OSError if the disk refuses: call it again.
        """
        try:
            with open(self.path, "rb", buffering=_READ_SIZE) as file:
                size, place = os.fstat(file.fileno()).st_size, self.offset
                while True:
                    begin = _next_mark(file, place, size)
                    if begin < 0:
                        return
                    found = self._frame_at(file, begin, size)
                    if found is None:
                        place = begin + 1
                        continue
                    self.skipped_bytes += begin - self.offset
                    self.offset = place = begin + FRAME_OVERHEAD + len(found[1])
                    yield found
        except FileNotFoundError:
            return

    def _frame_at(self, file: BinaryIO, begin: int, size: int) -> Tuple[int, bytes] | None:
        file.seek(begin + len(MARK))
        head = file.read(_HEAD.size + _CRC.size)
        if len(head) < _HEAD.size + _CRC.size:
            return None
        kind, length = _HEAD.unpack_from(head)
        is_believed = kind in _KINDS and length <= min(size - begin - FRAME_OVERHEAD, MOST_PAYLOAD)
        if not is_believed or (length > _SMALL and self._patience < length):
            return None
        payload = file.read(length)
        (crc,) = _CRC.unpack_from(head, _HEAD.size)
        if len(payload) == length and zlib.crc32(payload, zlib.crc32(head[: _HEAD.size])) == crc:
            return kind, payload
        if length > _SMALL:
            self._patience -= length
        return None


def _next_mark(file: BinaryIO, place: int, size: int) -> int:
    """Where the first mark at or behind `place` begins; -1 if there is none up to `size`."""
    file.seek(place)
    tail, wanted = b"", len(MARK)  # it usually stands right here
    while place < size:
        piece = tail + file.read(min(wanted, size - place))
        found = piece.find(MARK)
        if found >= 0:
            return place - len(tail) + found
        place += len(piece) - len(tail)
        tail = piece[1 - len(MARK) :]
        if len(piece) < len(MARK):
            return -1
        wanted = min(max(wanted * 2, _SEARCH_SIZE), _READ_SIZE)
    return -1
