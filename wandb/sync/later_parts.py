"""Whether a run has gone on at a server behind a part of it, of which not everything was sent.

A part that was killed with its helper may have lines that the server never got. The numbers behind those that it has
are the next part's from the moment that one is registered: what is left of the earlier part would be written over them.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Dict, List, Sequence, Tuple

from wandb.errors import LogError
from wandb.runlog.layout import RunLayout
from wandb.runlog.part import Part, first_record, moments
from wandb.sync.checkpoint import Checkpoint


def later_parts(layout: RunLayout, target: Tuple[str, ...]) -> List[RunLayout]:
    """The parts of a run that began later, are in the same folder, and have been registered there. Raises OSError."""
    folder, name = os.path.split(layout.run_dir)
    others = [other for other in os.listdir(folder) if f"-{layout.run_id}" in other and other != name]
    layouts = [layout, *(RunLayout(os.path.join(folder, other), layout.run_id) for other in others)]
    began = beginnings(layouts)
    own = began.get(layout.transaction_log)
    later = [one for one in layouts if own and began.get(one.transaction_log, own) > own]
    return [one for one in later if os.path.exists(one.checkpoint) and not Checkpoint(one.checkpoint, target).is_new]


def beginnings(layouts: Sequence[RunLayout]) -> Dict[str, Tuple[float, int]]:
    """What parts are sorted by, by their logs; not of those that can't be read."""
    found: List[Part] = []
    for layout in layouts:
        with suppress(LogError, OSError):  # whoever sends it says so
            part = first_record(layout)
            found += [part] if part is not None else []
    return moments(found)
