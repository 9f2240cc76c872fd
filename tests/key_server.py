"""A server on 127.0.0.1 that knows API keys, and can be told to answer oddly, to say nothing, to speak TLS, to be a proxy.

What it was asked is kept in `asked`: the path (the whole address, if it was asked as a proxy), the key, the headers.
"""

from __future__ import annotations

import base64
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Dict, List, NamedTuple, Tuple, Type

KEY = "a1" * 20
OTHER_KEY = "b2" * 20
USER = "somebody"


class Asked(NamedTuple):
    """One request."""

    path: str
    key: str
    operation: str
    headers: Dict[str, str]


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has waited long enough, or that does not like the certificate, hangs up."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


class KeyServer:
    """Serves from `with` on; accepts `KEY` and no other, unless `answer` (status, text) is given."""

    def __init__(
        self,
        answer: Tuple[int, str] | None = None,
        headers: Dict[str, str] | None = None,
        context: ssl.SSLContext | None = None,
        prefix: str = "",
        silent: bool = False,
        clock_ahead: float = 0.0,
    ) -> None:
        self.answer = answer
        self.headers = headers or {}
        self.prefix = prefix
        self.asked: List[Asked] = []
        self.let_go = threading.Event()  # ends the silence of requests that are still open
        self.silent = silent
        self.clock_ahead = clock_ahead  # seconds
        self._scheme = "https" if context else "http"
        self._http = _Http(("127.0.0.1", 0), _handler_of(self))
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def host(self) -> str:
        """As it stands in the netrc file."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.host}{self.prefix}"

    def __enter__(self) -> KeyServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def reply(self, request: Asked) -> Tuple[int, str]:
        """Status and text for a request."""
        self.asked.append(request)
        if self.silent:
            self.let_go.wait()
        if self.answer:
            return self.answer
        if not request.path.endswith(f"{self.prefix}/graphql"):
            return 404, "not here"
        if request.key != KEY:
            return 401, json.dumps({"error": "unknown key"})
        viewer = {"id": "1", "entity": USER, "username": USER, "email": "", "flags": "{}", "teams": {"edges": []}}
        return 200, json.dumps({"data": {"viewer": viewer}})


def _handler_of(server: KeyServer) -> Type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kind, _, secret = (self.headers.get("Authorization") or "").partition(" ")
            assert not secret or kind == "Basic"
            user, _, key = base64.b64decode(secret).decode().partition(":")
            assert not secret or user == "api"
            status, text = server.reply(Asked(self.path, key, body["operationName"], dict(self.headers)))
            self._send(status, text)

        def do_CONNECT(self) -> None:
            server.asked.append(Asked(self.path, "", "CONNECT", dict(self.headers)))
            self._send(502, "")

        def _send(self, status: int, text: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text.encode())), **server.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + server.clock_ahead)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Stay silent: the test's own output is what matters."""

    return Handler
