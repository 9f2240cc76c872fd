"""Puts another file in place of the descriptors 1 and 2 of this process, and gives back what was there.

All that is written to them then goes there: by Python, by C libraries, by programs that are started from now on.
What becomes of it is the caller's affair. Only the process that installed may restore: a forked child has these
descriptors for itself, and keeps them.
"""

from __future__ import annotations

import os
import sys

from wandb.descriptors import identity_of
from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Tuple

STDOUT, STDERR = 1, 2


class DescriptorCapture:
    """One descriptor, or both where both lead to one file."""

    def __init__(self, numbers: Tuple[int, ...], original: int, writing_end: int) -> None:
        """`original` stays the caller's; `writing_end` is closed here."""
        self._numbers = numbers
        self._original = original
        self._writing_end = writing_end
        self._identity = identity_of(writing_end)
        self._identity_of_original = identity_of(original)

    def install(self) -> None:
        """Begin. What Python has buffered so far still goes to where it was meant for."""
        flush_streams()
        for number in self._numbers:
            os.dup2(self._writing_end, number)
        self.close()

    def close(self) -> None:
        """Let go of the writing end; a second call does nothing."""
        writing_end, self._writing_end = self._writing_end, -1
        if writing_end >= 0:
            os.close(writing_end)

    def restore(self) -> bool:
        """End, where it is still ours; whether it was everywhere. What is buffered goes the captured way."""
        flush_streams()
        self.close()  # still open only where `install` was interrupted
        if identity_of(self._original) != self._identity_of_original:
            return False  # the program has closed it, with all that it did not know
        ours = [number for number in self._numbers if identity_of(number) == self._identity]
        for number in ours:
            os.dup2(self._original, number)
        return len(ours) == len(self._numbers)


def leads_to(stream: Any, numbers: Tuple[int, ...] = (STDOUT, STDERR)) -> bool:
    """Whether a Python stream writes to one of these descriptors."""
    try:
        return stream.fileno() in numbers
    except (AttributeError, OSError, ValueError, TypeError):
        return False  # closed, no file behind it, or an object with `write` only


def flush_streams() -> None:
    """Write out what Python's streams hold back, also those that the program has replaced, and the C library's."""
    streams: Tuple[Any, ...] = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    for stream in streams:
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # None, closed, or its reader is gone: nothing can be written there
    _flush_c_streams()


def _flush_c_streams() -> None:
    """Those two only: to flush all of them would wait for a thread that reads from one."""
    try:
        with loading():
            import ctypes

        library = ctypes.CDLL(None)
        for name in ("stdout", "stderr"):
            library.fflush(ctypes.c_void_p.in_dll(library, name))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # a C library that names them otherwise: what C code has buffered there comes when it likes
