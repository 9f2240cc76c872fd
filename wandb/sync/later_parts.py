"""Whether a run has gone on at a server behind a part of it, of which not everything was sent.

A part that was killed with its helper may have lines that the server never got. The numbers behind those that it has
are the next part's from the moment that one is registered: what is left of the earlier part would be written over them.
"""

from __future__ import annotations

import os
from typing import List, Tuple

from wandb.errors import LogError
from wandb.runlog.layout import RunLayout
from wandb.runlog.part import first_record
from wandb.sync.checkpoint import Checkpoint


def later_parts(layout: RunLayout, target: Tuple[str, ...]) -> List[RunLayout]:
    """The parts of a run that began later, are in the same folder, and have been registered there. Raises OSError."""
    own, (folder, name) = _beginning(layout), os.path.split(layout.run_dir)
    others = [other for other in os.listdir(folder) if f"-{layout.run_id}" in other and other != name]
    parts = [RunLayout(os.path.join(folder, other), layout.run_id) for other in others if own]
    later = [part for part in parts if os.path.exists(part.checkpoint) and _beginning(part) > own]
    return [part for part in later if not Checkpoint(part.checkpoint, target).is_new]


def _beginning(layout: RunLayout) -> float:
    """When a part began; 0 if it can't be read."""
    try:
        part = first_record(layout)
    except (LogError, OSError):
        return 0.0
    return part.start_time if part is not None else 0.0
