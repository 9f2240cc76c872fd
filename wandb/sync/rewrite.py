"""Files that the follower makes anew as the run goes on. It is their only writer, under the run's lease."""

from __future__ import annotations

import os


def rewrite(path: str, text: str) -> None:
    """Replace the file so that a reader finds the old or the new text, never a part. Raises OSError.

    Not brought to the device each time: after a power loss the file is made again from the logs.
    """
    temporary = f"{path}.part"
    with open(temporary, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    os.replace(temporary, path)
