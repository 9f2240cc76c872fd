"""Files that the follower makes anew as the run goes on. It is their only writer, under the run's lease.

What stands in their place is never written to, only replaced: it may be a link to a file of the user's (`run.save`).
"""

from __future__ import annotations

import os
from contextlib import suppress


def rewrite(path: str, text: str, durable: bool = False) -> None:
    """Replace the file so that a reader finds the old or the new text, never a part. Raises OSError.

    Brought to the device only if `durable`: after a power loss most files are made again from the logs.
    """
    temporary = fresh(f"{path}.part")
    with open(temporary, "x", encoding="utf-8", errors="replace") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(temporary, path)


def copy(source: str, path: str) -> None:
    """Replace the file by a copy of another one, in the same way. Raises OSError."""
    import shutil  # which loads what reads archives: most runs copy nothing

    temporary = fresh(f"{path}.part")
    shutil.copyfile(source, temporary)
    os.replace(temporary, path)


def fresh(path: str) -> str:
    """The path, where nothing stands any more: it is a name of ours, and what a killed follower has left there."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    return path
