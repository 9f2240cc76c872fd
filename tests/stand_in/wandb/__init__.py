"""Stand-in for the affected upstream release: two faults of it, and nothing else.

Importing it puts an outdated prompt_toolkit first on `sys.path`. After `init`, every write to stdout or stderr asks
`is_alive()` of a multiprocessing process that only the process which called `init` may ask.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import Any, TextIO

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "outdated"))


def login(**_: Any) -> bool:
    """Accept any key."""
    return True


def init(**_: Any) -> None:
    """Start the helper process and patch both streams; WANDB_CONSOLE is taken to be "wrap"."""
    context = multiprocessing.get_context("fork")
    reading, writing = os.pipe()
    helper = context.Process(target=_wait_for_the_end, args=(reading, writing), daemon=True)
    helper.start()
    for stream in (sys.stdout, sys.stderr):
        _patch(stream, helper)


def _wait_for_the_end(reading: int, writing: int) -> None:
    os.close(writing)
    os.read(reading, 1)


def _patch(stream: TextIO, helper: Any) -> None:
    original = stream.write

    def write(text: str) -> int:
        helper.is_alive()
        return original(text)

    stream.write = write  # type: ignore[method-assign]
