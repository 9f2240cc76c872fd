"""How far the bytes of a channel have got: numbers in a file in memory that all processes of a run share.

One process at a time changes them (the one that holds the channel's lock); killed at any moment, its successor goes
on from them. Positions are bytes since the beginning of the stream.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Tuple

SIZE = _PAGE = 4096
_FARTHEST = 2**62
_SHOWN, _FRAMED, _FRAME_END, _GAP_START, _GAP_END, _MISSING, _FREED, _BROKEN, _MUTED, _DONE = range(10)


class _Words:
    """Numbers of 8 bytes, each read and written by one call.

    Not mapped: Python's `mmap` keeps a descriptor of its own, at a number that a program may close and use again.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __getitem__(self, index: int) -> int:
        # The program may have written to it: a number that is no position stays one that can be counted with.
        return min(int.from_bytes(os.pread(self._descriptor, 8, 8 * index), sys.byteorder), _FARTHEST)

    def __setitem__(self, index: int, value: int) -> None:
        os.pwrite(self._descriptor, value.to_bytes(8, sys.byteorder), 8 * index)


class Positions:
    """The numbers of one channel."""

    def __init__(self, descriptor: int) -> None:
        """From the descriptor of a file in memory with SIZE bytes, zeros in the beginning; it stays the caller's."""
        self._words = _Words(descriptor)

    # ---- the original stream

    @property
    def shown(self) -> int:
        """How far the original stream has them."""
        return self._words[_SHOWN]

    def show(self, count: int) -> None:
        """The original stream has taken so many more."""
        self._words[_SHOWN] += count

    @property
    def is_broken(self) -> bool:
        """Whether the original stream takes nothing any more."""
        return bool(self._words[_BROKEN])

    def break_off(self) -> None:
        """Nobody reads the original stream: what comes is only recorded from now on."""
        self._words[_BROKEN] = 1

    # ---- the record

    @property
    def framed(self) -> int:
        """How far the record has them."""
        return self._words[_FRAMED]

    @property
    def missing(self) -> int:
        """How many bytes in front of the next frame were not kept."""
        return self._words[_MISSING]

    def begin_frame(self, length: int) -> Tuple[int, int]:
        """(start, end) of the next frame: the one that a predecessor was killed at, or else one of this length."""
        start, end = self._words[_FRAMED], self._words[_FRAME_END]
        if end <= start:
            end = self._words[_FRAME_END] = start + length
        return start, end

    def begun_frame(self) -> int:
        """The length of the frame that was begun and not ended; 0 if there is none."""
        return max(0, self._words[_FRAME_END] - self._words[_FRAMED])

    def end_frame(self) -> None:
        """The frame that was begun is in the record."""
        self._words[_MISSING] = 0
        self._words[_FRAMED] = self._words[_FRAME_END]

    def record_end(self, size: int) -> int:
        """How far the record can go now, of `size` bytes that have come; passes over what was not kept.

        Every step may be the last one of this process, and be done again by its successor.
        """
        words = self._words
        if words[_GAP_END] and words[_FRAMED] >= words[_GAP_START]:
            if words[_FRAMED] < words[_GAP_END]:
                words[_MISSING] = words[_GAP_END] - words[_FRAMED]
                words[_FRAME_END] = words[_GAP_END]
                words[_FRAMED] = words[_GAP_END]
            words[_GAP_END] = 0
        end = words[_GAP_START] if words[_GAP_END] else size
        return min(end, words[_MUTED] - 1) if words[_MUTED] else end

    def leave_out(self, size: int, most: int) -> Tuple[int, int]:
        """The disk takes nothing: of the bytes that have come, the oldest `most` are kept for the record, no others.

        (start, end) of what can be forgotten.
        """
        words = self._words
        if size - words[_FRAMED] <= most:
            return 0, 0
        if not words[_GAP_END]:
            words[_GAP_START] = max(words[_FRAMED] + most, words[_FRAME_END])
        start = max(words[_GAP_START], words[_GAP_END])
        words[_GAP_END] = max(size, start)
        return start, max(start, min(size, self.shown))

    def mute(self, start: int) -> None:
        """Nothing from `start` on goes to the record; a later call changes nothing."""
        self._words[_MUTED] = self._words[_MUTED] or start + 1

    @property
    def is_muted(self) -> bool:
        """Whether the record has all that it is to have."""
        return bool(self._words[_MUTED]) and self.framed >= self._words[_MUTED] - 1

    def skip_to(self, end: int) -> None:
        """The record does without what comes before `end`."""
        self._words[_FRAME_END] = self._words[_FRAMED] = end

    # ---- both

    def to_free(self, least: int) -> Tuple[int, int]:
        """(start, end) of what everybody has, if that is at least so much since the last time, in whole pages."""
        used, freed = min(self._words[_SHOWN], self._words[_FRAMED]), self._words[_FREED]
        if used - freed < least:
            return 0, 0
        self._words[_FREED] = used - used % _PAGE
        return freed, self._words[_FREED]

    def finish(self) -> None:
        """All is where it belongs, and nobody can write any more."""
        self._words[_DONE] = 1

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do, and nothing more will come."""
        return bool(self._words[_DONE])


def create() -> int:
    """The descriptor of new numbers. Raises OSError."""
    from wandb.relay.kernel import memory_file

    descriptor = memory_file("console-positions")
    os.ftruncate(descriptor, SIZE)
    return descriptor
