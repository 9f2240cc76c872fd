"""Storage behind signed addresses, on loopback: takes and gives files, in ranges too, and fails when it is told to."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Dict, List, Tuple, Type
from urllib.parse import unquote, urlsplit


class Storage:
    """Serves from `with` on. `files` by path; `requests` are (method, path, headers) as they came."""

    def __init__(self) -> None:
        self.files: Dict[str, bytes] = {}
        self.requests: List[Tuple[str, str, Dict[str, str]]] = []
        self.statuses: Dict[str, List[int]] = {}  # path -> how the next requests fail
        self.cuts: Dict[str, List[int]] = {}  # path -> after how many bytes the next answers end
        self.knows_ranges = True
        self.tags: Dict[str, str] = {}  # path -> ETag
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Storage:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def got(self, path: str) -> List[Dict[str, str]]:
        """The headers of the GET requests for a path."""
        return [headers for method, asked, headers in self.requests if method == "GET" and asked == path]

    def headers_of(self, path: str) -> Dict[str, str]:
        """What is told of a file besides its content."""
        return {"ETag": self.tags[path]} if path in self.tags else {}

    def page(self, path: str, query: str) -> bytes | None:
        """What is at a path where no file is."""
        return None

    def begin(self, method: str, path: str, headers: Dict[str, str]) -> Tuple[int, int]:
        """(status, bytes to send) of a request, 0 and -1 for one that goes well."""
        with self._lock:
            self.requests.append((method, path, headers))
            status = self.statuses[path].pop(0) if self.statuses.get(path) else 0
            return status, self.cuts[path].pop(0) if self.cuts.get(path) else -1


def _handler_of(storage: Storage) -> Type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _path(self) -> str:
            return unquote(urlsplit(self.path).path)

        def do_PUT(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return  # the client has broken off: there is no such file
            status, _ = storage.begin("PUT", self._path(), dict(self.headers))
            if not status:
                storage.files[self._path()] = body
            self._send(status or 200, b"", {"ETag": '"part"'})

        def do_GET(self) -> None:
            path = self._path()
            status, cut = storage.begin("GET", path, dict(self.headers))
            body = storage.files.get(path)
            if status or body is None:
                page = None if status else storage.page(path, urlsplit(self.path).query)
                self._send(status or (404 if page is None else 200), b"no" if page is None else page, {})
                return
            headers = storage.headers_of(path)
            wanted = self.headers.get("Range") if storage.knows_ranges else None
            if wanted:
                begin, _, end = wanted[len("bytes=") :].partition("-")
                first, last = int(begin), min(int(end or len(body)), len(body) - 1)
                if first >= len(body):
                    self._send(416, b"", {})
                    return
                headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
                body = body[first : last + 1]
            self._send(206 if wanted else 200, body, headers, cut)

        do_HEAD = do_GET

        def _send(self, status: int, body: bytes, headers: Dict[str, str], cut: int = -1) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if cut < 0 else body[:cut])
            if cut >= 0:
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            """Stay silent: the test's own output is what matters."""

    return Handler
