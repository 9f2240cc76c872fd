"""Runs of mode="shared", which several programs write at once: who is who at the server, and what each of them sends.

The server numbers the lines of each writer by themselves, and puts them together; without that, each would write over
the lines of the others. Source: requests of upstream's client, in shared mode.
"""

from __future__ import annotations

import uuid
from typing import Any, Dict, Mapping, Tuple

# Files that say how the run as a whole is: the primary writer's.
_OF_THE_PRIMARY = ("config.yaml", "requirements.txt", "wandb-metadata.json", "wandb-summary.json")
_HEADERS = {
    "file_stream": "X-WANDB-ASYNC-CLIENT-ID",
    "UpsertBucket": "X-WANDB-CLIENT-ID",
    "graphql": "X-WANDB-CLIENT-ID",
}


def writer_of(run: Any, settings: Mapping[str, Any]) -> str:
    """A name for whoever writes this record; "" if nobody else writes the run.

    It is the same for the same record, whoever sends that: a helper, the next one, or a command on another machine.
    """
    if settings.get("mode") != "shared":
        return ""
    facts = (run.run_id, run.start_time.ToJsonString(), settings.get("x_label"), settings.get("_creator"))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr(facts)))


def headers_of(writer: str, kind: str) -> Dict[str, str]:
    """What a request of this kind says of its writer; one to a store says nothing."""
    name = _HEADERS.get(kind)
    return {"X-WANDB-USE-ASYNC-FILESTREAM": "true", name: writer} if writer and name else {}


def files_of(settings: Mapping[str, Any]) -> Tuple[Dict[str, str], Tuple[str, ...]]:
    """How files are called at the server, where it is otherwise than here; and those that another writer sends."""
    if settings.get("mode") != "shared":
        return {}, ()
    label = str(settings.get("x_label") or "").replace("/", "_")
    return {"output.log": f"output_{label}.log"}, () if settings.get("x_primary", True) else _OF_THE_PRIMARY
