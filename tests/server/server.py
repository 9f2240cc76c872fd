"""A W&B server on 127.0.0.1 that keeps what it is sent, is strict about its form, and fails when told to.

It speaks the part of the public protocol that runs need. Upstream's released client completes runs against it, so it
asks for nothing that a real server would not get. What it can't answer is in `unexpected`, which a test finds empty.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import ssl
import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple, Type
from urllib.parse import parse_qs, quote, unquote, urlsplit

from graphql import ExecutionResult, GraphQLError, execute_sync, parse, validate
from graphql.language import OperationDefinitionNode

from tests.server.faults import Fault, Faults
from tests.server.http import handler_of, serve_quietly
from tests.server.queries_artifacts import artifact_answers, artifacts_of_project, artifacts_of_run
from tests.server.queries_runs import project_answers, root_answers, run_answers, run_by_storage_id, user_answer
from tests.server.queries_sweeps import Sweeps, create_agent, sweep_answers, sweeps_of_project, upsert_sweep
from tests.server.received import CONSOLE, EVENTS, HISTORY, ReceivedRun, Refused, RunKey
from tests.server.schema import SCHEMA
from tests.server.signed_store import SignedStore

ENTITY = "somebody"
KEY = "local-" + "0123456789abcdef" * 3
OTHER_KEY = "b2" * 20  # nobody's
UPLOAD_HEADERS = ["X-Storage-Class:test", "malformed"]


class Asked(NamedTuple):
    """One request: its path (the whole address, if it was asked as a proxy), the API key, what it is, its headers."""

    path: str
    key: str
    kind: str
    headers: Dict[str, str]


class Answer:
    """Status and body: JSON, or bytes as they are."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()


class RecordingServer:
    """Serves between `with` and its end; `url` is its address. What it knows survives `stop` and `start`."""

    def __init__(
        self,
        path: str = "",
        features: Tuple[str, ...] = (),
        fault: Fault | None = None,
        tls: ssl.SSLContext | None = None,
        clock_ahead: float = 0.0,
    ) -> None:
        """`path` is a prefix of all addresses, as behind a company's proxy; `features` are those it has.

        `fault` is that of every request, `clock_ahead` the seconds by which its clock is wrong.
        """
        self.path = path
        self.tls = tls
        self.clock_ahead = clock_ahead
        self.asked: List[Asked] = []
        self.features = features
        self.keys = {KEY}
        self.runs: Dict[str, ReceivedRun] = {}
        self.operations: List[Tuple[str, Dict[str, Any]]] = []
        self.requests: List[str] = []  # the kind of each
        self.compressed = 0  # requests
        self.seconds_per_mib = 0.0  # that it takes to read a large body
        self.identity_token = "head.body.signature"
        self.access_tokens: List[str] = []  # given for it, and good until a test takes them away
        self.token_seconds = 3600
        self.unexpected: List[str] = []
        self.store = SignedStore()
        self.faults = Faults()
        self.faults.chaos = lambda kind: fault
        self.headers: Dict[str, str] = {}  # of every answer, besides its own
        self.runs_by_key: Dict[RunKey, ReceivedRun] = {}
        self.empty_projects: set[Tuple[str, str]] = set()
        self.sweeps = Sweeps()
        self._tokens: Dict[str, Tuple[ReceivedRun, str]] = {}  # of signed addresses
        self._lock = threading.RLock()
        self._port = 0
        self._writer = ""  # who asks, of a shared run
        self._http: ThreadingHTTPServer | None = None
        self._held_port: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}{self.path}"

    def __enter__(self) -> RecordingServer:
        self.start()
        return self

    def __exit__(
        self, kind: Type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.clear()
        self.stop()
        self._release_port()

    def start(self) -> None:
        """Listen, after a `stop` on the same port as before."""
        self._release_port()
        self._http = serve_quietly(handler_of(self), self._port, self.tls)
        self._port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections from now on; those that are open are not cut."""
        if self._http is not None and self._thread is not None:
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()
            self._http = None
            # Bound, but nobody listens: another test's server must not come in its place.
            self._held_port = socket.socket()
            self._held_port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._held_port.bind(("127.0.0.1", self._port))

    def _release_port(self) -> None:
        if self._held_port is not None:
            self._held_port.close()
            self._held_port = None

    def environment(self, **more: str) -> Dict[str, str]:
        """What makes a program send its runs here; retries come fast."""
        fast = {
            f"WANDB_X_{kind}_RETRY_WAIT_{which}_SECONDS": seconds
            for kind in ("FILE_STREAM", "GRAPHQL", "FILE_TRANSFER")
            for which, seconds in (("MIN", "0.05"), ("MAX", "0.2"))
        }
        address = {"WANDB_MODE": "online", "WANDB_BASE_URL": self.url, "WANDB_API_KEY": KEY}
        return {**fast, **address, "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "0.2", **more}

    @property
    def run(self) -> ReceivedRun:
        """The one run that arrived."""
        assert len(self.runs) == 1, list(self.runs)
        return next(iter(self.runs.values()))

    # ---- requests, called by the HTTP handler

    def kinds_of(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> List[str]:
        """What a request is, the most telling name first."""
        path = urlsplit(target).path
        if path.endswith("/graphql"):
            return [_operation_name(body), "graphql"]
        if path.endswith("/file_stream"):
            return ["file_stream"]
        if method == "PUT" and "*" in headers.get("Content-Range", ""):
            return ["question"]
        return ["put", f"put {unquote(path.rpartition('/')[2])}"] if method == "PUT" else ["other"]

    def fault_for(self, target: str, headers: Mapping[str, str], kinds: List[str]) -> Fault | None:
        """Note the request; how it shall fail, if it shall."""
        with self._lock:
            self.requests.append(kinds[0])
            self.asked.append(Asked(target, _key_of(headers), kinds[0], dict(headers)))
        return self.faults.take(kinds)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Carry out a request."""
        url = urlsplit(target)
        try:
            with self._lock:
                return self._route(method, url.path, parse_qs(url.query), headers, body)
        except Refused as error:
            self.unexpected.append(f"{method} {url.path}: {error}")
            return Answer(400, {"error": str(error)})
        except ValueError as error:
            self.unexpected.append(f"{method} {url.path}: {error!r}")
            return Answer(400, {"error": "malformed JSON"})

    def _route(
        self, method: str, path: str, query: Dict[str, List[str]], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if method == "PUT" and path.startswith("/storage/"):
            return self._store(query, headers, body)
        if method == "GET" and path.startswith("/storage/"):
            return self._fetch(query, headers)
        if not path.startswith(self.path + "/"):
            raise Refused(f"not below {self.path}")
        parts = [unquote(part) for part in path[len(self.path) + 1 :].split("/")]
        if method == "POST" and parts == ["oidc", "token"]:
            return self._exchange(headers, parse_qs(body.decode()))
        if not self._is_authorized(headers):
            return Answer(401, {"errors": [{"message": "user is not logged in"}]})
        if method == "POST" and headers.get("Content-Type", "").partition(";")[0] != "application/json":
            raise Refused(f"content type {headers.get('Content-Type')}")
        if headers.get("Content-Encoding") == "gzip":
            if parts[-1] != "file_stream" or "FILESTREAM_GZIP" not in self.features:
                raise Refused("a compressed request that this server has not asked for")
            self.compressed += 1
        self._writer = headers.get("X-WANDB-CLIENT-ID", "")
        if method == "POST" and parts == ["graphql"]:
            return self._graphql(json.loads(body))
        if method == "POST" and len(parts) == 5 and parts[0] == "files" and parts[4] == "file_stream":
            run = self.runs_by_key.get((parts[1], parts[2], parts[3]))
            return self._post(run, json.loads(body), headers)
        if method == "GET" and len(parts) >= 5 and parts[0] == "files":
            run = self.runs_by_key.get((parts[1], parts[2], parts[3]))
            return Answer(404, {"error": "run not found"}) if run is None else _content(run, "/".join(parts[4:]))
        self.unexpected.append(f"{method} {path}")
        return Answer(404, {"error": "no such address"})

    def _post(self, run: ReceivedRun | None, body: Any, headers: Mapping[str, str]) -> Answer:
        if run is None:
            return Answer(404, {"error": "run not found"})
        writer = headers.get("X-WANDB-ASYNC-CLIENT-ID", "")
        if bool(writer) != ("X-WANDB-USE-ASYNC-FILESTREAM" in headers):
            raise Refused("a writer of a shared run has a name")
        return Answer(200, run.post(body, writer))

    def _exchange(self, headers: Mapping[str, str], form: Dict[str, List[str]]) -> Answer:
        """An identity token for an access token."""
        if headers.get("Content-Type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            raise Refused("a token is asked for by a form")
        if form.pop("grant_type", None) != ["urn:ietf:params:oauth:grant-type:jwt-bearer"] or set(form) != {"assertion"}:
            raise Refused(f"a grant that is none: {sorted(form)}")
        if form["assertion"] != [self.identity_token]:
            return Answer(401, {"error": "invalid_grant"})
        self.access_tokens.append(secrets.token_hex(16))
        return Answer(200, {"access_token": self.access_tokens[-1], "expires_in": self.token_seconds})

    def _is_authorized(self, headers: Mapping[str, str]) -> bool:
        scheme, _, value = headers.get("Authorization", "").partition(" ")
        return value in self.access_tokens if scheme == "Bearer" else _key_of(headers) in self.keys

    def _fetch(self, query: Dict[str, List[str]], headers: Mapping[str, str]) -> Answer:
        run, name = self._tokens.get((query.get("token") or [""])[0], (None, ""))
        if run is None or "Authorization" in headers:
            raise Refused("a signed address must be whole, and not be sent the API key")
        return _content(run, name)

    def _store(self, query: Dict[str, List[str]], headers: Mapping[str, str], body: bytes) -> Answer:
        run, name = self._tokens.get((query.get("token") or [""])[0], (None, ""))
        if run is None:
            raise Refused("an address without a signature")
        if "Authorization" in headers:
            raise Refused("a signed address must not be sent the API key")
        if headers.get("X-Storage-Class") != "test" or "malformed" in headers:
            raise Refused("the upload headers are missing")
        stored = self.store.put(query["token"][0], headers, body)
        if stored.content is not None:
            run.files[name] = stored.content
            run.puts.append(name)
        return Answer(stored.status, {}, stored.headers)

    def cut(self, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take the beginning of a file whose rest does not come."""
        try:
            with self._lock:
                self.store.cut(parse_qs(urlsplit(target).query)["token"][0], headers, body)
        except Refused as error:
            self.unexpected.append(f"PUT {target}: {error}")

    # ---- GraphQL

    def _graphql(self, request: Any) -> Answer:
        if not isinstance(request, dict) or set(request) - {"query", "variables", "operationName"}:
            raise Refused("a GraphQL request has query, variables and operationName")
        try:
            document = parse(request["query"])
        except GraphQLError as error:
            raise Refused(error.message) from error
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        variables = request.get("variables") or {}
        name = operation.name.value if operation.name else ""
        self.operations.append((name, variables))
        declared = {variable.variable.name.value for variable in operation.variable_definitions or ()}
        undeclared = set(variables) - declared - _UNDECLARED.get(name, set())
        if undeclared:
            raise Refused(f"{name} declares no variables {sorted(undeclared)}")
        refusal = self.refusal(name, variables)
        if refusal:
            return Answer(200, {"data": None, "errors": [{"message": refusal}]})
        more = self.beyond(name, variables)
        if more is not None:
            return Answer(200, {"data": more})
        errors = validate(SCHEMA, document)
        if errors:
            if name not in _KNOWN_GAPS:
                self.unexpected.append(f"{name}: {'; '.join(error.message for error in errors)}")
            return Answer(200, {"errors": [{"message": error.message} for error in errors]})
        result = execute_sync(SCHEMA, document, self._roots(), variable_values=variables)
        assert isinstance(result, ExecutionResult)
        for error in result.errors or ():
            self.unexpected.append(f"{name}: {error.message}")
        return Answer(200, result.formatted)

    def beyond(self, name: str, variables: Dict[str, Any]) -> Dict[str, Any] | None:
        """The data of an operation that a larger server knows besides; None for those of this one."""
        return None

    def refusal(self, name: str, variables: Dict[str, Any]) -> str:
        """Why an operation is refused, which is told with status 200 as GraphQL does; "" for those that are not."""
        return ""

    def _roots(self) -> Dict[str, Any]:
        return {
            **root_answers(self),
            **sweep_answers(self),
            **artifact_answers(self),
            "viewer": user_answer(),
            "serverInfo": {
                "features": [{"name": name, "isEnabled": True} for name in self.features],
                "cliVersionInfo": json.dumps({"max_cli_version": "0.31.0"}),
            },
            "model": lambda _, name=None, entityName=None: self.project_answer(name, entityName),
            "project": lambda _, name=None, entityName=None: self.project_answer(name, entityName),
            "entity": lambda _, name=None: {"id": "e", "name": name or ENTITY},
            "upsertBucket": lambda _, input: self.upsert(input),
            "createRunFiles": lambda _, input: self._create_files(input),
            "notifyScriptableRunAlert": lambda _, input: self._alert(input),
            "rewindRun": lambda _, input: self._rewind(input),
        }

    def project_answer(self, name: str | None, entity: str | None) -> Dict[str, Any]:
        entity, name = entity or ENTITY, name or "uncategorized"

        def run_of(_: Any, **arguments: Any) -> Any:
            run = self.runs_by_key.get((entity, name, arguments["name"]))
            return None if run is None else self.run_answer(run)

        own = {"name": name, "entity": {"id": "e", "name": entity}, "bucket": run_of, "run": run_of}
        of_project = (project_answers, sweeps_of_project, artifacts_of_project)
        for answers in of_project:
            own.update(answers(self, entity, name))
        return own

    def run_answer(self, run: ReceivedRun) -> Dict[str, Any]:
        def wandb_config(_: Any, keys: List[str] | None = None) -> str:
            own = run.config().get("_wandb") or {}
            return json.dumps({key: value for key, value in own.items() if keys is None or key in keys})

        return {
            "id": f"storage-{run.run_id}",
            "name": run.run_id,
            "displayName": run.fields.get("displayName") or "given-by-the-server",
            "description": run.fields.get("description"),
            "notes": run.fields.get("notes"),
            "tags": run.fields.get("tags") or [],
            "config": run.fields.get("config"),
            "wandbConfig": wandb_config,
            "sweepName": run.fields.get("sweep"),
            "summaryMetrics": (run.lines("wandb-summary.json") or ["{}"])[-1],
            "historyTail": run.tail(HISTORY),
            "eventsTail": run.tail(EVENTS),
            "historyLineCount": len(run.of_writer(self._writer).lines(HISTORY)),
            "eventsLineCount": len(run.lines(EVENTS)),
            "logLineCount": len(run.lines(CONSOLE)),
            "stopped": run.stopped,
            "project": lambda _: self.project_answer(run.project, run.entity),
            **run_answers(self, run),
            **artifacts_of_run(self, run),
        }

    def upsert(self, values: Dict[str, Any]) -> Dict[str, Any]:
        run_id, project = values.get("name"), values.get("modelName") or "uncategorized"
        if values.get("id") and not run_id:
            known = run_by_storage_id(self, values["id"])
            known.upsert(values)
            return {"bucket": self.run_answer(known), "inserted": False}
        if not run_id:
            raise Refused("UpsertBucket without the run's id as `name`")
        key = (values.get("entityName") or ENTITY, project, run_id)
        run, inserted = self.runs_by_key.get(key), False
        if run is None:
            run, inserted = ReceivedRun(run_id, key[0], key[1]), True
            self.runs_by_key[key] = self.runs[run_id] = run
        run.upsert(values)
        return {"bucket": self.run_answer(run), "inserted": inserted}

    def _run_of(self, values: Dict[str, Any]) -> ReceivedRun:
        run = self.runs_by_key.get((values["entityName"], values["projectName"], values["runName"]))
        if run is None:
            raise Refused("a run that was never made")
        return run

    def _create_files(self, values: Dict[str, Any]) -> Dict[str, Any]:
        run, files = self._run_of(values), []
        for name in values["files"]:
            if name.startswith("/") or "\\" in name or ".." in name.split("/"):
                raise Refused(f"a name that is no slash path below files/: {name}")
            files.append({"name": name, "uploadUrl": self.signed(run, name)})
        return {"runID": f"storage-{run.run_id}", "uploadHeaders": UPLOAD_HEADERS, "files": files}

    def _rewind(self, values: Dict[str, Any]) -> Dict[str, Any]:
        if values["metricName"] != "_step":
            raise Refused("a run is rewound by its steps")
        run = self._run_of({**values, "entityName": values.get("entityName") or ENTITY})
        run.rewind(values["metricValue"])
        return {"rewoundRun": self.run_answer(run)}

    def signed(self, run: ReceivedRun, name: str) -> str:
        """An address of a file that needs no key."""
        token = secrets.token_hex(8)
        self._tokens[token] = (run, name)
        return f"{'https' if self.tls else 'http'}://{self.host}/storage/{quote(name)}?token={token}"

    def projects(self, entity: str | None) -> List[Tuple[str, str]]:
        """(entity, project) of all that there are, or of one owner."""
        found = sorted({key[:2] for key in self.runs_by_key} | self.empty_projects)
        return [place for place in found if entity is None or place[0] == entity]

    def make_sweep(self, values: Dict[str, Any]) -> str:
        """A sweep as a client makes one; its id."""
        return str(upsert_sweep(self, values)["sweep"]["name"])

    def make_agent(self, values: Dict[str, Any]) -> str:
        """An agent of a sweep as a client makes one; its identifier."""
        return str(create_agent(self, values)["agent"]["id"])

    def _alert(self, values: Dict[str, Any]) -> Dict[str, Any]:
        self._run_of(values).alerts.append(values)
        return {"success": True}


# Variables that upstream's client sends without declaring them, which servers let pass.
_UNDECLARED = {
    "DeleteRun": {"deleteArtifacts"}, "GetSweeps": {"filters"}, "UpsertBucket": {"entity", "name", "project"},
    "UseArtifact": {"usedAs"},
}  # fmt: skip
# Asked by upstream's client and of no use to runs: a server without it answers an error.
_KNOWN_GAPS = ("OrganizationCoreWeaveOrganizationID",)


def _key_of(headers: Mapping[str, str]) -> str:
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    user, _, key = base64.b64decode(value).decode().partition(":") if scheme == "Basic" else ("", "", "")
    return key if user == "api" else ""


def _content(run: ReceivedRun, name: str) -> Answer:
    found = run.files.get(name)
    return Answer(404, {"error": f"no file {name}"}) if found is None else Answer(200, found)


def _operation_name(body: bytes) -> str:
    """The name of a GraphQL operation, which is also the second word of its text."""
    try:
        request = json.loads(body)
        return str(request.get("operationName") or request["query"].split(None, 2)[1].split("(")[0].split("{")[0])
    except (ValueError, KeyError, IndexError, AttributeError):
        return "malformed"
