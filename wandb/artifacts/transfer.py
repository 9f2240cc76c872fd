"""Files by HTTP, most from signed addresses: tried again with growing waits, and from where the last try ended.

A key is sent only to the servers that it was given for: whoever holds a signed address needs no other proof.
"""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from urllib.parse import urlsplit

from wandb.certificates import adapter, system_authorities, verification
from wandb.errors import CommError
from wandb.failed_connections import reason_of
from wandb.foreign_answers import whole_number
from wandb.loading import loading
from wandb.patience import MOST_ASKED, Patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping

_TRIED_AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504))
_CONNECT_SECONDS, _SILENCE_SECONDS = 30.0, 60.0
_PIECE = 1 << 16  # bytes; of a piece that is not whole when the line breaks, nothing is kept
_PARTIAL, _NOT_SATISFIABLE = 206, 416
PATIENCE = Patience(20, 2.0, 60.0, 300.0)


class Refused(CommError):
    """The address is not valid, or not any more; `status` is what the server answered."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Transfers:
    """Gets files, from any thread; made anew for each download, so that no forked child shares its connections."""

    def __init__(
        self, patience: Patience = PATIENCE, insecure: bool = False, keys: Mapping[str, str] | None = None
    ) -> None:
        """`insecure`: any certificate is taken; `keys`: the API key of a server, by its address."""
        self._keys = dict(keys or {})
        self._patience = patience
        self._insecure = insecure
        self._given_up = threading.Event()
        self._of_thread = threading.local()  # sessions of requests are not to be shared
        self._authorities = lru_cache(maxsize=None)(system_authorities)  # but these are, once somebody needs them

    def give_up(self) -> None:
        """Let all files that are on their way fail at once, with a CommError: nobody wants them any more."""
        self._given_up.set()

    def fetch(self, url: str, path: str) -> Dict[str, str]:
        """Write what is at `url` to the file, behind what is there of it already; the headers of the last answer.

        Raises Refused for an address that is not valid, CommError if the server can't be reached for as long as tried.
        """
        with loading():
            import requests

        tries = 0
        while True:
            before = _size(path)
            try:
                return self._fetch_once(url, path, before)
            except (requests.RequestException, _Again) as error:
                cause: Exception = error
            tries = 1 if _size(path) > before else tries + 1  # who gets on is not at the end of the patience
            if tries > self._patience.retries:
                raise CommError(f"A file can't be got from {urlsplit(url).netloc}: {reason_of(cause)}", cause) from None
            wait = getattr(cause, "wait", None)
            self._given_up.wait(self._patience.wait(tries) if wait is None else wait)
            self._check_wanted()

    def _check_wanted(self) -> None:
        if self._given_up.is_set():
            raise CommError("The download was given up.")

    def _session(self) -> Any:
        with loading():
            import requests

        if not hasattr(self._of_thread, "session"):
            session = self._of_thread.session = requests.Session()
            session.auth = _without_auth  # or else requests takes a key from the netrc file
            session.mount("https://", adapter(None if self._insecure else self._authorities()))
        return self._of_thread.session

    def _fetch_once(self, url: str, path: str, begun: int) -> Dict[str, str]:
        # Encoded by the server, a file would be decoded here, and a range of it be one of the encoded bytes.
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={begun}-"} if begun else {})}
        timeouts = (_CONNECT_SECONDS, _SILENCE_SECONDS)
        # The library takes it off again where it is sent on to another host.
        auth = next((("api", key) for base, key in self._keys.items() if url.startswith(f"{base}/")), None)
        more = {"headers": headers, "timeout": timeouts, "auth": auth, "verify": verification(self._insecure)}
        with self._session().get(url, stream=True, **more) as answer:
            status = answer.status_code
            if status == _NOT_SATISFIABLE and begun:
                os.truncate(path, 0)  # it is longer than what is there now; removed, it would not be locked any more
                raise _Again("the file is another one now", 0.0)
            if status in _TRIED_AGAIN:
                after = whole_number(answer.headers.get("Retry-After", ""))
                raise _Again(f"status {status}", None if after is None else min(float(after), MOST_ASKED))
            if status >= 300:
                raise Refused(f"{urlsplit(url).netloc} refuses a file with status {status}.", status)
            length = whole_number(answer.headers.get("Content-Length", ""))
            with open(path, "ab" if status == _PARTIAL else "wb") as file:
                start = file.tell()
                for piece in answer.iter_content(_PIECE):
                    file.write(piece)
                    self._check_wanted()
                got = file.tell() - start
            if length is not None and got < length:
                raise _Again("the connection ended early")
            return dict(answer.headers)


class _Again(Exception):
    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def _without_auth(request: Any) -> Any:
    return request


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0
