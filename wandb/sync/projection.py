"""What the follower drives: each projection turns entries into one thing that a person or a server reads.

A projection is fed every entry once, in order, and may be thrown away and fed again from the start: the same
entries give the same result.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb.runlog.tail import Entry


class Projection:
    """Base of all projections."""

    def apply(self, entry: Entry) -> None:
        """Take in one entry."""
        raise NotImplementedError

    def flush(self) -> None:
        """Bring what is on disk up to date. Raises OSError, after which a later call does the rest."""
        raise NotImplementedError


def replace_file(path: str, text: str) -> None:
    """Write a file so that a reader finds the old or the new one, never a part."""
    temporary = f"{path}.part"
    with open(temporary, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    os.replace(temporary, path)
