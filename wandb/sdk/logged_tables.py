"""The artifact of a table that is logged: what the pages for people show the table from, with types and media."""

from __future__ import annotations

import time

from wandb.artifacts.artifact import Artifact
from wandb.artifacts.names import own_name
from wandb.media.content import cut_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Tuple


# Of a part of an entry's path; what is put before it and behind it needs room, too.
_MOST_BYTES = 220


def table_artifact(table: Any, key: str, run_id: str) -> Tuple[Artifact, str]:
    """The artifact for a table that run `run_id` logs under `key`, and the path of the table in it."""
    entry = _entry_name(key, _MOST_BYTES - len(table.with_suffix("")))
    if getattr(table, "log_mode", "") != "INCREMENTAL":
        artifact = Artifact(own_name(f"run-{run_id}-{key}"), "run_table")
        return artifact, artifact.add(table, entry).path
    artifact = Artifact.of_reserved_type(own_name(f"run-{run_id}-incr-{key}"), "wandb-run-incremental-table")
    artifact._incremental = True
    number = len(table._increments) or None
    return artifact, artifact.add(table, f"{number}-{int(time.time() * 1000)}.{entry}").path


def _entry_name(key: str, most: int) -> str:
    """The key as a path of parts that file systems take."""
    parts = [cut_name(part, most) for part in key.split("/") if part]
    return "/".join(parts) or key
