"""The files of a folder, as artifacts take them."""

from __future__ import annotations

import os

from wandb.errors import ArgumentValueError
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List

MOST_FILES = 10_000_000


def files_below(
    folder: str, most: int = MOST_FILES, follow_links: bool = True, wanted: Callable[[str], Any] = bool
) -> List[str]:
    """The regular files of a folder and of those below it that are wanted, sorted folder by folder.

    What is no file (a pipe, a link to nothing) or can't be looked into is left out with a warning: opening a pipe would
    wait for ever. A link back to where the walk came from, also by way of other links, is not followed. Raises
    UsageError for more than `most`.
    """
    files: List[str] = []
    came_from: Dict[str, List[str]] = {folder: []}  # of folders to look into: those whose links have led there
    for path, folders, names in os.walk(folder, followlinks=follow_links, onerror=_left_out):
        here, before = os.path.realpath(path), came_from.pop(path)
        inner = [os.path.join(path, name) for name in folders]
        above = {link: [*before, here] for link in inner if os.path.islink(link)}
        led_back = {link for link, places in above.items() if _holds_any(os.path.realpath(link), places)}
        came_from.update((child, above.get(child, before)) for child in inner if child not in led_back)
        folders[:] = sorted(os.path.basename(child) for child in inner if child not in led_back)
        for name in sorted(names):
            file = os.path.join(path, name)
            if not wanted(file):
                continue
            if os.path.isfile(file):
                files.append(file)
            else:
                termwarn(f"{file} is no file that can be read, and is left out of the artifact.")
        if len(files) > most:
            raise ArgumentValueError(f"{folder} has more than {most} files; add_reference takes more by `max_objects`.")
    return files


def _left_out(error: OSError) -> None:
    termwarn(f"{error.filename} is left out of the artifact: {error.strerror}")


def _holds_any(folder: str, places: List[str]) -> bool:
    start = folder.rstrip(os.sep) + os.sep
    return any(place == folder or place.startswith(start) for place in places)
