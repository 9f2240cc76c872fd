"""What `Run.status` returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class RunStatus:
    """How far the synchronisation of a run is; what is logged is on the disk at once, so nothing is ever pending."""

    sync_items_total: int = 0
    sync_items_pending: int = 0
    sync_time: datetime | None = None
