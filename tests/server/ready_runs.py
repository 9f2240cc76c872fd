"""Runs that are at the server already, as if a client had sent them: for tests of who reads them."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

from tests.server.received import CONSOLE, EVENTS, HISTORY, SUMMARY, ReceivedRun
from tests.server.server import ENTITY, RecordingServer


def put_run(
    server: RecordingServer,
    run_id: str,
    rows: Sequence[Dict[str, Any]] = (),
    project: str = "p",
    config: Dict[str, Any] | None = None,
    exit_code: int | None = 0,
    files: Dict[str, bytes] | None = None,
    console: Sequence[str] = (),
    events: Sequence[Dict[str, Any]] = (),
    **fields: Any,
) -> ReceivedRun:
    """A run with these rows, which get steps if they have none; `exit_code` None: it goes on."""
    wrapped = {name: {"value": value} for name, value in {"_wandb": {"t": {"1": [1]}}, **(config or {})}.items()}
    server.upsert({"name": run_id, "entityName": ENTITY, "modelName": project, "config": json.dumps(wrapped), **fields})
    run = server.runs[run_id]
    numbered = [{"_step": number, **row} for number, row in enumerate(rows)]
    streams: Dict[str, List[str]] = {
        HISTORY: [json.dumps(row) for row in numbered],
        EVENTS: [json.dumps(event) for event in events],
        SUMMARY: [json.dumps(numbered[-1])] if numbered else [],
        CONSOLE: list(console),
    }
    run.files.update(files or {})
    parts = {name: {"offset": 0, "content": lines} for name, lines in streams.items() if lines}
    run.post({"files": parts})
    if exit_code is not None:
        run.post({"complete": True, "exitcode": exit_code})
    return run
