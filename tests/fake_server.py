"""A W&B server on 127.0.0.1 that keeps everything it is sent: what a client uploads is judged by what arrived.

It speaks the part of the public protocol that runs need: GraphQL operations by name, run files, the file stream.
It never refuses anything and never answers late.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Dict, List, Tuple, Type
from urllib.parse import unquote, urlsplit

ENTITY = "somebody"
_VIEWER = {"id": "1", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}", "teams": {"edges": []}}
HISTORY, SUMMARY, CONSOLE, EVENTS = "wandb-history.jsonl", "wandb-summary.json", "output.log", "wandb-events.jsonl"


class ReceivedRun:
    """What arrived of one run."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.fields: Dict[str, Any] = {}  # the variables of UpsertBucket, the last non-null value of each
        self.streams: Dict[str, Dict[int, str]] = {}  # of the file stream: name -> line number -> line
        self.files: Dict[str, bytes] = {}
        self.complete = False
        self.exit_code: int | None = None

    def lines(self, name: str) -> List[str]:
        """The lines of a stream, in order."""
        numbered = self.streams.get(name, {})
        return [numbered[number] for number in sorted(numbered)]

    def rows(self) -> List[Dict[str, Any]]:
        """The rows of the history."""
        return [json.loads(line) for line in self.lines(HISTORY)]

    def summary(self) -> Dict[str, Any]:
        """The summary that was sent last."""
        lines = self.lines(SUMMARY)
        return dict(json.loads(lines[-1])) if lines else {}

    def config(self) -> Dict[str, Any]:
        """The config without its wrapping."""
        wrapped = json.loads(self.fields.get("config") or "{}")
        return {key: value["value"] for key, value in wrapped.items()}

    def console(self) -> List[str]:
        """The console lines without their times; those of stderr keep the mark `ERROR `."""
        return [_without_time(line) for line in self.lines(CONSOLE)]


def _without_time(line: str) -> str:
    mark = "ERROR " if line.startswith("ERROR ") else ""
    return mark + line[len(mark) :].partition(" ")[2]


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that ends resets the connections that it kept open; anything else is worth a traceback."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeServer:
    """Serves from `with` on; `url` is its address."""

    def __init__(self) -> None:
        self.runs: Dict[str, ReceivedRun] = {}
        self.operations: List[Tuple[str, Dict[str, Any]]] = []
        self.unexpected: List[str] = []  # requests that it had no answer for
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> FakeServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, body: bytes) -> Dict[str, Any] | None:
        """The JSON answer to a request; None if there is none."""
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        with self._lock:
            if method == "POST" and parts == ["graphql"]:
                request = json.loads(body)
                return self._graphql(_operation(request), request.get("variables") or {})
            if method == "POST" and parts[0] == "files" and parts[-1] == "file_stream":
                self._stream(self._run(parts[3]), json.loads(body))
                return {"exitcode": None, "limits": {}}
            if method == "PUT" and parts[0] == "storage":
                self._run(parts[1]).files["/".join(parts[2:])] = body
                return {}
            self.unexpected.append(f"{method} {path}")
            return None

    def _run(self, run_id: str) -> ReceivedRun:
        return self.runs.setdefault(run_id, ReceivedRun(run_id))

    def _graphql(self, operation: str, variables: Dict[str, Any]) -> Dict[str, Any]:
        self.operations.append((operation, variables))
        if operation == "Viewer":
            return {"data": {"viewer": _VIEWER}}
        if operation == "UpsertBucket":
            return {"data": {"upsertBucket": self._upsert(variables)}}
        if operation == "RunResumeStatus":
            run = self.runs.get(variables["name"])
            bucket = None if run is None else _resume_status(run)
            return {"data": {"model": {"id": "p", "name": variables["project"], "bucket": bucket}}}
        if operation == "CreateRunFiles":
            return {"data": {"createRunFiles": self._create_files(variables)}}
        if operation in ("ServerFeaturesQuery", "ServerInfo"):
            return {"data": {"serverInfo": {"features": []}}}
        self.unexpected.append(operation)
        return {"errors": [{"message": f"{operation} is not part of this server"}]}

    def _upsert(self, variables: Dict[str, Any]) -> Dict[str, Any]:
        run = self._run(variables["name"])
        inserted = not run.fields
        run.fields.update({key: value for key, value in variables.items() if value is not None})
        entity, project = run.fields.get("entity") or ENTITY, run.fields.get("project") or "uncategorized"
        bucket = {
            "id": f"storage-{run.run_id}",
            "name": run.run_id,
            "displayName": run.fields.get("displayName") or "given-by-the-server",
            "description": run.fields.get("description"),
            "config": run.fields.get("config"),
            "sweepName": run.fields.get("sweep"),
            "historyLineCount": 0,
            "project": {"id": "p", "name": project, "entity": {"id": "e", "name": entity}},
        }
        return {"bucket": bucket, "inserted": inserted}

    def _create_files(self, variables: Dict[str, Any]) -> Dict[str, Any]:
        run_id = variables["run"]
        urls = [{"name": name, "uploadUrl": f"{self.url}/storage/{run_id}/{name}"} for name in variables["files"]]
        return {"runID": f"storage-{run_id}", "uploadHeaders": [], "files": urls}

    def _stream(self, run: ReceivedRun, post: Dict[str, Any]) -> None:
        for name, part in (post.get("files") or {}).items():
            stream = run.streams.setdefault(name, {})
            for number, line in enumerate(part["content"], part["offset"]):
                stream[number] = line
        if post.get("complete"):
            run.complete, run.exit_code = True, post.get("exitcode")


def _resume_status(run: ReceivedRun) -> Dict[str, Any]:
    """What a client must know to go on with a run."""
    counts = {kind: len(run.lines(name)) for kind, name in (("history", HISTORY), ("events", EVENTS), ("log", CONSOLE))}
    own = json.loads(run.fields.get("config") or "{}").get("_wandb", {}).get("value", {})
    return {
        "id": f"storage-{run.run_id}",
        "name": run.run_id,
        "displayName": run.fields.get("displayName") or "given-by-the-server",
        "config": run.fields.get("config"),
        "tags": run.fields.get("tags") or [],
        "notes": run.fields.get("notes"),
        "summaryMetrics": json.dumps(run.summary()),
        "historyTail": json.dumps(run.lines(HISTORY)[-1:]),
        "eventsTail": json.dumps(run.lines(EVENTS)[-1:]),
        "wandbConfig": json.dumps({"t": own["t"]} if "t" in own else {}),
        **{f"{kind}LineCount": count for kind, count in counts.items()},
    }


def _operation(request: Dict[str, Any]) -> str:
    """The name of a GraphQL operation, which is also the second word of its text."""
    return request.get("operationName") or request["query"].split(None, 2)[1].split("(")[0].split("{")[0]


def _handler_of(server: FakeServer) -> Type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self._body()
            answer = server.answer(self.command, self.path, body)
            text = json.dumps(answer if answer is not None else {"error": "no such address"}).encode()
            self.send_response(200 if answer is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _serve

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                body = b"".join(iter(self._chunk, b""))
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

        def _chunk(self) -> bytes:
            size = int(self.rfile.readline().split(b";")[0], 16)
            data = self.rfile.read(size)
            self.rfile.readline()
            return data

        def log_message(self, format: str, *arguments: Any) -> None:
            """Stay silent: the test's own output is what matters."""

    return Handler
