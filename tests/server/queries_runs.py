"""What the server answers about the runs and projects that it has got: lists, rows, files, lines, and changes of them."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import mimetypes
from typing import TYPE_CHECKING, Any, Dict, List
from urllib.parse import quote

from tests.server.queries_filters import chosen, page
from tests.server.received import CONSOLE, EVENTS, HISTORY, ReceivedRun, Refused

if TYPE_CHECKING:
    from tests.server.server import RecordingServer

_BY_NAME = {"name": "run_id", "display_name": "displayName", "displayName": "displayName", "group": "groupName",
            "jobType": "jobType", "tags": "tags", "notes": "notes", "sweep": "sweep"}  # fmt: skip


def state_of(run: ReceivedRun) -> str:
    """As a server derives it from the file stream, unless somebody has set it."""
    if run.fields.get("state"):
        return str(run.fields["state"])
    if not run.complete:
        return "running"
    return "finished" if run.exit_code == 0 else "failed"


def value_of(server: RecordingServer, run: ReceivedRun, name: str) -> Any:
    """What filters and orders know of a run."""
    first, _, rest = name.partition(".")
    if name in ("created_at", "createdAt"):
        return created_at(server, run)
    if name == "state":
        return state_of(run)
    if first == "config":
        value: Any = json.loads(run.fields.get("config") or "{}")
    elif first == "summary_metrics":
        value = run.summary()
    elif name in _BY_NAME:
        return run.run_id if name == "name" else run.fields.get(_BY_NAME[name])
    else:
        raise Refused(f"runs have no {name} to choose by")
    for part in rest.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _created(number: int) -> str:
    """A second for each."""
    return f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}Z"


def created_at(server: RecordingServer, run: ReceivedRun) -> str:
    """In the order in which they came."""
    return _created(list(server.runs_by_key.values()).index(run))


def root_answers(server: RecordingServer) -> Dict[str, Any]:
    """The fields of queries and mutations."""
    return {
        "models": lambda _, entityName=None, after=None, first=None: page(
            [server.project_answer(name, entity) for entity, name in server.projects(entityName)], after, first
        ),
        "users": lambda _, query: page([user for user in [user_answer()] if query in user.values()], None, None),
        "upsertModel": lambda _, input: _make_project(server, input),
        "deleteRun": lambda _, input: _delete_run(server, input),
        "deleteFiles": lambda _, input: _delete_files(server, input),
        "updateRunState": lambda _, input: _set_state(server, input),
        "stopRun": lambda _, input: _stop(server, input),
    }


def user_answer() -> Dict[str, Any]:
    """The one user that there is."""
    return {
        "id": "VXNlcjox", "entity": "somebody", "username": "somebody", "email": "somebody@example.org", "name": "Some Body",
        "admin": False, "deletedAt": None, "flags": "{}", "teams": {"edges": [{"node": {"id": "e", "name": "somebody"}}]},
        "apiKeys": {"edges": []},
    }  # fmt: skip


def project_answers(server: RecordingServer, entity: str, name: str) -> Dict[str, Any]:
    """The fields of a project besides its name."""

    def runs(_: Any, filters: Any = None, order: Any = None, after: Any = None, first: Any = None) -> Any:
        return page([server.run_answer(run) for run in _chosen(server, entity, name, filters, order)], after, first)

    return {
        "id": f"project-{name}", "internalId": "7", "entityName": entity, "createdAt": _created(0),
        "isBenchmark": False, "readOnly": False, "description": None, "access": "PRIVATE", "views": "{}", "user": user_answer(), "runs": runs,
        "runCount": lambda _, filters=None: len(_chosen(server, entity, name, filters, None)),
    }  # fmt: skip


def _chosen(server: RecordingServer, entity: str, project: str, filters: Any, order: Any) -> List[ReceivedRun]:
    of_project = [run for key, run in server.runs_by_key.items() if key[:2] == (entity, project)]
    return chosen(of_project, lambda run, key: value_of(server, run, key), filters, order)


def run_answers(server: RecordingServer, run: ReceivedRun) -> Dict[str, Any]:
    """The fields of a run besides those that its own sending needs."""
    return {
        "internalId": f"internal-{run.run_id}", "projectId": "7", "state": state_of(run),
        "group": run.fields.get("groupName"), "jobType": run.fields.get("jobType"), "commit": run.fields.get("commit"),
        "exitcode": run.exit_code, "shouldStop": run.stopped, "failed": run.exit_code not in (None, 0),
        "running": not run.complete, "readOnly": False, "createdAt": created_at(server, run), "heartbeatAt": created_at(server, run),
        "systemMetrics": lambda _: (run.lines(EVENTS) or ["{}"])[-1], "user": user_answer(),
        "historyKeys": lambda _: _history_keys(run.rows()),
        "sampledHistory": lambda _, specs: [_sampled(run.rows(), json.loads(spec)) for spec in specs],
        "history": lambda _, minStep=0, maxStep=None, samples=None: _history(run, minStep, maxStep, samples),
        "events": lambda _, samples=None: _spread(run.lines(EVENTS), samples),
        "parquetHistory": {"parquetUrls": [server.signed(run, name) for name in run.files if name.endswith(".parquet")], "liveData": None},
        "fileCount": len(run.files),
        "files": lambda _, **choice: _files(server, run, **choice),
        "logLines": lambda _, first=None, last=None, after=None, useImprovedPagination=None: _log_lines(run, first, last, after),
    }  # fmt: skip


def _history_keys(rows: List[Dict[str, Any]]) -> Dict[str, Any]:
    names = sorted({name for row in rows for name in row})
    counts = {name: sum(name in row for row in rows) for name in names}
    keys = {name: {"typeCounts": [{"type": "number", "count": count}]} for name, count in counts.items()}
    return {"lastStep": rows[-1]["_step"] if rows else -1, "sets": [], "keys": keys}


def _sampled(rows: List[Dict[str, Any]], spec: Dict[str, Any]) -> List[Dict[str, Any]]:
    keys = spec.get("keys", [])
    least, most = spec.get("minStep", 0), spec.get("maxStep", rows[-1]["_step"] if rows else 0)
    inside = [row for row in rows if least <= row["_step"] <= most]
    found = [{key: row[key] for key in keys} for row in inside if all(key in row for key in keys)]
    return _spread(found, spec.get("samples"))


def _spread(items: List[Any], samples: int | None) -> List[Any]:
    if not samples or len(items) <= samples:
        return items
    return [items[round(place * (len(items) - 1) / max(samples - 1, 1))] for place in range(samples)]


def _history(run: ReceivedRun, least: int, most: int | None, samples: int | None) -> List[str]:
    found = [
        line for line, row in zip(run.lines(HISTORY), run.rows())
        if row["_step"] >= least and (most is None or row["_step"] < most)
    ]  # fmt: skip
    return _spread(found, samples)


def _files(
    server: RecordingServer,
    run: ReceivedRun,
    names: List[str] | None = None,
    after: str | None = None,
    first: int | None = None,
    pattern: str | None = None,
    upload: bool = False,
) -> Dict[str, Any]:
    found = [name for name in run.files if not names or name in names]
    if pattern:
        found = [name for name in found if fnmatch.fnmatchcase(name, pattern.replace("%", "*"))]
    if upload:
        found = list(names or ())
    return page([_file(server, run, name) for name in sorted(found)], after, first)


def _file(server: RecordingServer, run: ReceivedRun, name: str) -> Dict[str, Any]:
    content = run.files.get(name, b"")
    path = "/".join(quote(part, safe="") for part in (run.entity, run.project, run.run_id))
    return {
        "id": base64.b64encode(f"File:{run.run_id}:{name}".encode()).decode(), "name": name,
        "url": lambda _, upload=False: server.signed(run, name) if upload else f"{server.url}/files/{path}/{quote(name)}",
        "directUrl": server.signed(run, name), "sizeBytes": len(content),
        "mimetype": mimetypes.guess_type(name)[0] or "", "updatedAt": _created(59),
        "md5": base64.b64encode(hashlib.md5(content).digest()).decode(),
    }  # fmt: skip


def _log_lines(run: ReceivedRun, first: int | None, last: int | None, after: str | None) -> Dict[str, Any]:
    nodes = []
    for number, text in enumerate(run.lines(CONSOLE)):
        level = "error" if text.startswith("ERROR ") else "info"
        moment, _, line = (text[6:] if level == "error" else text).partition(" ")
        nodes.append({"number": number, "timestamp": f"{moment}Z", "level": level, "label": None, "line": line})
    return page(nodes[-last:] if last else nodes, after, first)


# ---- changes


def run_by_storage_id(server: RecordingServer, storage_id: str) -> ReceivedRun:
    for run in server.runs_by_key.values():
        if f"storage-{run.run_id}" == storage_id:
            return run
    raise Refused(f"no run {storage_id}")


def _make_project(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    place = (values.get("entityName") or "somebody", values["name"])
    is_new = place not in server.projects(None)
    server.empty_projects.add(place)
    answer = server.project_answer(place[1], place[0])
    return {"model": answer, "project": answer, "inserted": is_new}


def _delete_run(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    run = run_by_storage_id(server, values["id"])
    del server.runs_by_key[(run.entity, run.project, run.run_id)], server.runs[run.run_id]
    return {"clientMutationId": None}


def _delete_files(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    for identifier in values["files"]:
        _, run_id, name = base64.b64decode(identifier).decode().split(":", 2)
        del server.runs[run_id].files[name]
    return {"success": True}


def _set_state(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    run_by_storage_id(server, values["id"]).fields["state"] = values["state"]
    return {"success": True}


def _stop(server: RecordingServer, values: Dict[str, Any]) -> Dict[str, Any]:
    run_by_storage_id(server, values["id"]).stopped = True
    return {"success": True}
