"""A large file on its way to a signed address: what the store has of it after a failure is not sent again.

It is the public protocol of resumable uploads: an empty PUT with `Content-Range: bytes */N` is a question, 308 with
`Range: bytes=0-K` says what is there, and a PUT with `Content-Range: bytes K+1-(N-1)/N` brings the rest. Source:
https://cloud.google.com/storage/docs/performing-resumable-uploads

Any other answer comes from a store that takes whole files only. Such a one would take the question for an empty file,
so the question has a digest that no empty file has (Content-MD5), which stores check before they keep anything.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Mapping, Union

import requests
from urllib3.exceptions import MaxRetryError

from wandb.errors import CommError

if TYPE_CHECKING:
    from urllib3.util.retry import Retry

    from wandb.sync.client import Client
    from wandb.sync.file_part import FilePart

# Bytes. A smaller file is sent again in a few seconds even over a slow line (10 Mbit/s), and is not worth a question.
LEAST_SIZE = 8 << 20
_INCOMPLETE = 308
_WITHOUT_SESSION = (404, 410)
_RANGE = re.compile(r"bytes=0-(\d+)")

Tried = Union[requests.Response, requests.RequestException]


class StaleAddress(CommError):
    """What was begun at this address can't go on there; at a new one it may begin again."""


class ResumablePut:
    """One file to one address."""

    def __init__(self, client: Client, url: str, headers: Mapping[str, str], part: FilePart) -> None:
        self._client = client
        self._url = url
        self._headers = headers
        self._part = part
        self._policy: Retry = client.retries("put")
        self._stored = 0  # bytes that the store has said to have
        self._has_failed = False

    def send(self) -> Mapping[str, str]:
        """The headers of the answer. Raises CommError, and OSError if the file can't be read."""
        tried = self._send_from(0)
        while True:
            if isinstance(tried, requests.Response) and not self._may_heal(tried):
                if tried.status_code < 300:
                    return tried.headers
                raise self._client.refused(self._url, tried.status_code, self._has_failed)
            self._wait(tried)
            if not self._part.tell():
                tried = self._send_from(0)  # nothing has gone out yet, so nothing is there
                continue
            tried = self._ask()
            if isinstance(tried, requests.Response):
                if tried.status_code == _INCOMPLETE:
                    tried = self._send_from(self._start_of_rest(tried))
                elif not self._may_heal(tried):
                    if tried.status_code in _WITHOUT_SESSION:
                        raise StaleAddress("the store does not know of what was begun")
                    return tried.headers if self._is_whole(tried) else self._send_whole()

    def _send_whole(self) -> Mapping[str, str]:
        self._part.seek(0)
        return self._client.put_whole(self._url, self._headers, self._part, has_failed=True)

    def _may_heal(self, answer: requests.Response) -> bool:
        return answer.status_code == _INCOMPLETE or self._policy.is_retry("PUT", answer.status_code)

    def _send_from(self, start: int) -> Tried:
        """Try to send what is behind `start`, where the part stands already unless that is its beginning."""
        size, more = len(self._part), {}
        if start:
            more["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        else:
            self._part.seek(0)
        try:
            return self._client.put_once(self._url, {**self._headers, **more}, self._part)
        except requests.RequestException as error:
            return error

    def _ask(self) -> Tried:
        digest = b64encode(self._part.digest()).decode("ascii")
        headers = {"Content-MD5": digest, **self._headers, "Content-Range": f"bytes */{len(self._part)}"}
        try:
            return self._client.put_once(self._url, headers, b"")
        except requests.RequestException as error:
            return error

    def _start_of_rest(self, answer: requests.Response) -> int:
        """How much of the file the store has, from which it is to be sent on."""
        found = _RANGE.fullmatch(answer.headers.get("Range", ""))
        stored = int(found.group(1)) + 1 if found else 0
        if stored > self._part.tell() or stored == len(self._part):
            raise StaleAddress("the store has more than it was sent")
        if not self._part.go_on_at(stored):
            raise StaleAddress("the file has changed while it was sent")
        if stored > self._stored:
            self._stored, self._policy = stored, self._client.retries("put")  # it gets on: patience begins again
        return stored

    def _is_whole(self, answer: requests.Response) -> bool:
        """Whether the store has proven that only its answer to the file was lost."""
        tag = answer.headers.get("ETag", "").strip('"')
        return answer.status_code < 300 and tag == self._part.digest().hex() and self._part.tell() == len(self._part)

    def _wait(self, tried: Tried) -> None:
        self._has_failed = True
        raw, error = (None, tried) if isinstance(tried, requests.RequestException) else (tried.raw, None)
        try:
            self._policy = self._policy.increment("PUT", "", raw, error)
        except MaxRetryError:
            raise self._client.unreachable(tried) from None
        self._policy.sleep(raw)
