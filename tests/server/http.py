"""HTTP for the recording server: whole requests in, answers out, and the ways in which a connection can fail."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Type

from tests.server.faults import CLOSE, CUT, DRIP, ENDLESS, GARBAGE, HANG, RESET, SLOW, STATUS, Fault

if TYPE_CHECKING:
    from tests.server.server import Answer, RecordingServer

_PIECES = 4


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients reset connections when they end, or when they don't like the certificate; the rest is worth a traceback."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, ssl.SSLError)):
            super().handle_error(request, client_address)


def serve_quietly(
    handler: Type[BaseHTTPRequestHandler], port: int, tls: ssl.SSLContext | None = None
) -> ThreadingHTTPServer:
    """A server that listens on 127.0.0.1; port 0 is any free one."""
    http = _Http(("127.0.0.1", port), handler)
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    return http


def handler_of(server: RecordingServer) -> Type[BaseHTTPRequestHandler]:
    """A class whose objects each serve one connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are written apart: the second would wait for an answer

        def _serve(self) -> None:
            is_put = self.command == "PUT"  # what it is, its body does not say
            body = b"" if is_put else self._body()
            kinds = server.kinds_of(self.command, self.path, self.headers, body)
            fault = server.fault_for(self.path, self.headers, kinds)
            if fault is not None and fault.kind == CUT:
                self._cut(fault)
                return
            body = self._body() if is_put else body
            if fault is not None and not fault.applies and fault.kind != SLOW:
                self._fail(fault, None)
                return
            answer = server.answer(self.command, self.path, self.headers, body)
            if fault is not None:
                self._fail(fault, answer)
            else:
                self._send(answer.status, {**server.headers, **answer.headers}, answer.body)

        do_GET = do_POST = do_PUT = _serve

        def do_CONNECT(self) -> None:
            """A proxy that leads nowhere."""
            server.fault_for(self.path, self.headers, ["CONNECT"])
            self._send(502, {}, b"")

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + server.clock_ahead)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                body = b"".join(iter(self._chunk, b""))
            else:
                size = int(self.headers.get("Content-Length") or 0)
                slow = size > 1 << 20 and server.seconds_per_mib > 0
                body = self._slowly(size) if slow else self.rfile.read(size)
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

        def _slowly(self, size: int) -> bytes:
            """As over a narrow line."""
            pieces = []
            while size > 0:
                server.faults.release.wait(server.seconds_per_mib)
                pieces.append(self.rfile.read(min(size, 1 << 20)))
                size -= len(pieces[-1]) or size
            return b"".join(pieces)

        def _chunk(self) -> bytes:
            size = int(self.rfile.readline().split(b";")[0], 16)
            data = self.rfile.read(size)
            self.rfile.readline()
            return data

        def _cut(self, fault: Fault) -> None:
            size = int(self.headers["Content-Length"])
            body = self.rfile.read(min(fault.after, size))
            server.cut(self.path, self.headers, body)
            if fault.status:
                self.rfile.read(size - len(body))
                self._send(fault.status, {}, fault.text.encode())
            else:
                self._reset()

        def _reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def _head(self, status: int, headers: dict[str, str], size: int) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(size)}.items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self._head(status, headers, len(body))
            self.wfile.write(body)

        def _fail(self, fault: Fault, answer: Answer | None) -> None:
            body = answer.body if answer is not None else fault.text.encode()
            if fault.kind == STATUS:
                self._send(fault.status, fault.headers, fault.text.encode())
            elif fault.kind == SLOW and answer is not None:
                self._head(answer.status, {}, len(body))
                for start in range(0, len(body), max(len(body) // _PIECES, 1)):
                    server.faults.release.wait(fault.seconds / _PIECES)
                    self.wfile.write(body[start : start + max(len(body) // _PIECES, 1)])
                    self.wfile.flush()
            elif fault.kind == HANG:
                server.faults.release.wait(fault.seconds)
                self.close_connection = True
            elif fault.kind == RESET:
                self._head(200, {}, len(body) + 100)
                self.wfile.write(body[:5])
                self.wfile.flush()
                self._reset()
            elif fault.kind == CLOSE:
                self.close_connection = True
            elif fault.kind == GARBAGE:
                self.close_connection = True
                self.wfile.write(bytes(range(256)) * 4)
            elif fault.kind in (ENDLESS, DRIP):
                self._go_on(0.0 if fault.kind == ENDLESS else 0.05, b" " * (1 << 20 if fault.kind == ENDLESS else 1))

        def _go_on(self, pause: float, piece: bytes) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.close_connection = True
            while not server.faults.release.wait(pause):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

        def log_message(self, format: str, *arguments: Any) -> None:
            """Stay silent: the test's own output is what matters."""

    return Handler
