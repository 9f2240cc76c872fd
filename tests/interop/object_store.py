"""The part of an S3 store that references need, on loopback: objects with tags, one by one and in lists."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Dict, Type
from urllib.parse import parse_qs, unquote, urlsplit


class ObjectStore:
    """Serves from `with` on; `objects` by their key in the bucket `bucket`."""

    def __init__(self, objects: Dict[str, bytes]) -> None:
        self.objects = objects
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def environment(self) -> Dict[str, str]:
        """Where the tools of the store look for it."""
        url = f"http://127.0.0.1:{self._http.server_address[1]}"
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        return {**keys, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def __enter__(self) -> ObjectStore:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def listing(self, prefix: str, delimiter: str) -> str:
        """The XML of the objects below a prefix, and of the folders in it."""
        below = [key for key in sorted(self.objects) if key.startswith(prefix)]
        files = [key for key in below if not delimiter or delimiter not in key[len(prefix) :]]
        folders = sorted({prefix + key[len(prefix) :].split("/")[0] + "/" for key in below if key not in files})
        contents = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{self.tag(key)}</ETag>"
            f"<Size>{len(self.objects[key])}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key in files
        )
        common = "".join(f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in folders)
        head = f"<Name>bucket</Name><Prefix>{prefix}</Prefix><KeyCount>{len(files)}</KeyCount><MaxKeys>1000</MaxKeys>"
        start = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        return f"{start}{head}<IsTruncated>false</IsTruncated>{contents}{common}</ListBucketResult>"

    def tag(self, key: str) -> str:
        return f'"tag-of-{len(self.objects[key])}"'


def _handler_of(store: ObjectStore) -> Type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            _, _, key = unquote(url.path).strip("/").partition("/")
            headers = {"Content-Type": "application/xml"}
            status, body = 404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"
            if not key:
                status, body = 200, store.listing(asked.get("prefix", ""), asked.get("delimiter", "")).encode()
            elif key in store.objects:
                headers = {"ETag": store.tag(key), "Content-Type": "binary/octet-stream"}
                headers["Last-Modified"] = "Thu, 01 Jan 2026 00:00:00 GMT"
                status, body = 200, store.objects[key]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = _serve

        def log_message(self, format: str, *arguments: object) -> None:
            """Stay silent: the test's own output is what matters."""

    return Handler
