"""What stores do with a PUT to a signed address: take whole files, or keep what came of one until the rest comes."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Dict, Mapping, NamedTuple

from tests.server.received import Refused

_KEPT = 1 << 18  # a store keeps whole blocks of what came before a connection broke


class Stored(NamedTuple):
    """The answer to a PUT; `content` is the file, if that is whole now."""

    status: int
    headers: Dict[str, str]
    content: bytes | None


class SignedStore:
    """Of one server. Addresses are known by their tokens."""

    def __init__(self) -> None:
        self.resumes = False  # each address is a session
        self.questions = 0
        self._sessions: Dict[str, bytearray] = {}
        self._sizes: Dict[str, int] = {}

    def put(self, token: str, headers: Mapping[str, str], body: bytes) -> Stored:
        """A request that came whole."""
        self.questions += "*" in headers.get("Content-Range", "")
        if not self.resumes:
            digest = headers.get("Content-MD5")
            if digest is not None and digest != base64.b64encode(hashlib.md5(body).digest()).decode():
                return Stored(400, {}, None)
            return Stored(200, {"ETag": _tag(body)}, body)  # whatever Content-Range says: they don't look at it
        if "*" in headers.get("Content-Range", ""):
            return self._told(token, headers["Content-Range"], body)
        self._add(token, headers, body, len(body))
        content = bytes(self._sessions[token])
        return Stored(200, {"ETag": _tag(content)}, content)

    def cut(self, token: str, headers: Mapping[str, str], body: bytes) -> None:
        """The beginning of a request whose rest did not come."""
        if self.resumes:
            self._add(token, headers, body, int(headers["Content-Length"]))

    def _told(self, token: str, asked: str, body: bytes) -> Stored:
        part = self._sessions.get(token, bytearray())
        if body or asked != f"bytes */{self._sizes.get(token)}":
            raise Refused(f"a question with a body, or of another file: {asked} of {self._sizes.get(token)}")
        if len(part) == self._sizes[token]:
            return Stored(200, {"ETag": _tag(bytes(part))}, None)
        return Stored(308, {"Range": f"bytes=0-{len(part) - 1}"} if part else {}, None)

    def _add(self, token: str, headers: Mapping[str, str], body: bytes, told: int) -> None:
        if "Content-Range" not in headers:
            self._sessions.pop(token, None)  # the whole file: it is begun anew
        part = self._sessions.setdefault(token, bytearray())
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("Content-Range", f"bytes 0-{told - 1}/{told}"))
        if found is None:
            raise Refused(f"no range: {headers['Content-Range']}")
        first, last, size = map(int, found.groups())
        if first != len(part) or last != size - 1 or told != size - first or self._sizes.get(token, size) != size:
            raise Refused(f"{found.group()} with {told} bytes, behind {len(part)} of {self._sizes.get(token)}")
        self._sizes[token] = size
        part += body
        if len(part) < size:
            del part[len(part) // _KEPT * _KEPT :]


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'
