"""Finds run folders on this disk, by paths and patterns."""

from __future__ import annotations

import glob
import os
import re
from typing import Callable, List, Sequence

from wandb.runlog.layout import RunLayout
from wandb.sync.synced_mark import needs_sending

_PREFIX = re.compile(r"(offline-)?run-")


class Found:
    """The runs to send, and what was wrong with the paths."""

    def __init__(self) -> None:
        self.runs: List[RunLayout] = []
        self.missing: List[str] = []
        self.left_out = 0  # synced already


def expanded(path: str) -> List[str]:
    """What a path that a person gave means: what has this name, or else what it matches as a pattern, in order."""
    return [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))


def find_runs(
    paths: Sequence[str],
    include_synced: bool,
    wanted: Callable[[str, RunLayout], bool],
    follows_links: bool = True,
    but_for: Sequence[str] = (),
) -> Found:
    """The runs at these paths: run folders, `.wandb` files, folders of either.

    `wanted(folder name, run)` decides about what a folder of runs holds; a run that is named itself is always wanted.
    A run counts as synced if no more than `but_for` was left out. Of a link to a run folder, the run has the path that
    it leads to, or if `follows_links` is false, the link's.
    """
    found, seen = Found(), set()
    for path in paths:
        layouts = RunLayout.find_all(path) or _runs_inside(path, wanted)
        if not layouts:
            found.missing.append(path)
        for layout in layouts:
            if follows_links:
                layout.move_to(os.path.realpath(layout.run_dir))
            if layout.transaction_log in seen:
                continue
            seen.add(layout.transaction_log)
            if not include_synced and not needs_sending(layout, but_for):
                found.left_out += 1
            else:
                found.runs.append(layout)
    return found


def _runs_inside(folder: str, wanted: Callable[[str, RunLayout], bool]) -> List[RunLayout]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    inside = [(name, RunLayout.find_all(os.path.join(folder, name))) for name in names if _PREFIX.match(name)]
    return [layout for name, layouts in inside for layout in layouts if wanted(name, layout)]
