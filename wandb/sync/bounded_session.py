"""Sessions whose answers have an end: what answers may be no W&B server, but a stream of events, or of anything.

requests reads an answer to its end, whatever comes, and its timeouts count from one byte to the next.
"""

from __future__ import annotations

from time import monotonic
from typing import Any, Iterator, Tuple

import requests

_PIECE = 4096
_LEAST_PACE = 1024  # bytes a second, beside the time that a server has for its answer to begin


class BoundedSession(requests.Session):
    """A session that takes no answer of more than `most` bytes, and none that comes byte by byte."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Like requests', with the answer read. Raises requests.ConnectionError for one beyond the bounds."""
        response = super().send(request, **{**options, "stream": True})
        response.raw = _Body(response.raw, self._most, _seconds_of(options.get("timeout")))
        try:
            response.content  # noqa: B018 - it is read when it is looked at
        except BaseException:
            response.close()  # the rest of it would be the next answer's beginning
            raise
        return response


def _seconds_of(timeout: float | Tuple[float, float] | None) -> float:
    """How long nothing may come, of requests' ways to say it."""
    seconds = timeout[1] if isinstance(timeout, tuple) else timeout
    return float("inf") if seconds is None else seconds


class _Body:
    """urllib3's response, of which requests asks for one piece after the other."""

    def __init__(self, raw: Any, most: int, seconds: float) -> None:
        self._raw = raw
        self._most = most
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, _: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """The pieces, decoded."""
        size, began = 0, monotonic()
        for piece in self._raw.stream(_PIECE, decode_content=decode_content):
            size += len(piece)
            if size > self._most:
                raise requests.ConnectionError(f"its answer has more than {self._most} bytes")
            if monotonic() - began > self._seconds + size / _LEAST_PACE:
                raise requests.ConnectionError("its answer comes too slowly")
            yield piece
