"""Numbers of descriptors: a file of ours never gets one that a program takes for its standard streams.

Where 0, 1 or 2 is closed (a daemon, `>&-`), the next file that is opened gets that number, and what a C library then
prints would go into it.
"""

from __future__ import annotations

import os

FIRST_FREE = 3


def lifted(descriptor: int, least: int = FIRST_FREE) -> int:
    """The same open file under a number of at least `least`, not inherited by programs that are started."""
    if descriptor >= least:
        return descriptor
    try:
        import fcntl

        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, least)
    finally:
        os.close(descriptor)
