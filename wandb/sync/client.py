"""HTTP to a W&B server: authentication, timeouts, which answers are tried again, and what an error says.

Three sessions, since each kind of request has its own rules: GraphQL, the file stream, and transfers to signed
addresses, without the API key. Waiting is urllib3's, in pieces that `abandon` ends. Source: the table of retries.
"""

from __future__ import annotations

import gzip
import io
import json
import threading
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, Callable, Dict, Mapping, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import requests
from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from wandb.certificates import system_authorities, verification
from wandb.credentials import host_of
from wandb.errors import AuthenticationError, CommError
from wandb.failed_connections import reason_of
from wandb.sync.access_token import AccessTokens
from wandb.sync.answers import broke_off, failure_of, json_of, pace_of, texts_of
from wandb.sync.counted import Counted
from wandb.sync.file_part import FilePart
from wandb.sync.resumable import LEAST_SIZE, ResumablePut, StaleAddress
from wandb.sync.sessions import as_sent, new_session, retries
from wandb.sync.shared import headers_of

if TYPE_CHECKING:
    from wandb.patience import Patience
    from wandb.sync.access import Access

_FATAL = frozenset((400, 401, 403, 404, 410, 413, 422, 501))
_RETRIED = {
    "file_stream": frozenset(range(400, 1000)) - _FATAL - {409},
    "UpsertBucket": frozenset(range(400, 1000)) - _FATAL,
    "graphql": frozenset(range(400, 1000)) - _FATAL - {409},
    "token": frozenset(range(400, 1000)) - _FATAL - {409},
    "put": frozenset((429, 500, 502, 503, 504)),
}
_ONCE = "put once"  # a transfer whose failures somebody else looks at
_PATIENCE = {"UpsertBucket": "graphql", "token": "graphql", _ONCE: "put"}
_LONG = 1 << 20  # bytes that may take their time on a slow line
_WITHOUT_AUTH = ("put", _ONCE, "token")
_COMPRESSION = 6  # as gzip does: text becomes a tenth, at 50 MB/s
_TRIES_OF_STRANGERS = 3  # for who waits for an answer: the address may be wrong; a file stream's is known to be right
_NO_DATA = "no data in its answer; is it a W&B server?"


class Unreachable(CommError):
    """The server could not be reached, or failed, for as long as was tried: another time it may work."""


class Abandoned(Unreachable):
    """Waiting for the server was ended from outside; nothing is known of the request."""


class _StrangerError(requests.ConnectionError):
    """What answers is not who was asked."""


class Client:
    """One server, for one run, from any thread."""

    def __init__(self, access: Access, report: Callable[[str], None] = lambda problem: None) -> None:
        """`report` is told each time a request has failed and will be tried again, and "" once it has worked."""
        self.access = access
        self._report = report
        self._thread = threading.local()  # `host`, of its last request
        self._asked = 0.0  # when the request that is under way was made; of several, the last one
        self.sent_bytes = 0  # of files and long posts, also of those that are on their way
        self._woken, self._is_abandoned = threading.Event(), False
        self.status, self.server_time = 0, ""  # of the last answer; its `Date`
        self.writer = ""  # of a run that has several
        self.compresses = False  # the file stream's posts, for a server that can read them
        self.least_interval = 0.0  # seconds between two posts to the file stream, as the server wishes
        self._tokens: AccessTokens | None = None
        if access.identity_token_file:
            places = (access.base_url, access.identity_token_file, access.credentials_file)
            self._tokens = AccessTokens(*places, self._exchange)
        self._context = system_authorities()
        self._sessions = {kind: self._session(kind, self.retries(kind)) for kind in _RETRIED}
        self._sessions[_ONCE] = self._session(_ONCE, Retry(0, read=False))

    def _session(self, kind: str, policy: Retry) -> requests.Session:
        session = new_session(self.access, self._context, policy)
        if kind not in _WITHOUT_AUTH:
            session.auth = self._with_token if self._tokens is not None else ("api", self.access.api_key)
        return session

    def retries(self, kind: str) -> Retry:
        """urllib3's Retry with the waits of the protocol, which report and can be abandoned."""
        return retries(self._patience(kind), _RETRIED[kind], self._note_failure, self._pause)

    def _note_failure(self, cause: object) -> None:
        self._asked = 0.0
        self._report(self._trouble(cause))

    def _patience(self, kind: str) -> Patience:
        return self.access.patience(_PATIENCE.get(kind, kind))

    def _trouble(self, cause: object) -> str:
        """What to say of this thread's request, which may be to a store."""
        host = getattr(self._thread, "host", self.access.host)
        if isinstance(cause, int):
            return f"{host} answers with status {cause}"
        return f"{host} can't be reached ({reason_of(cause)})"

    def _pause(self, seconds: float, is_asked: bool = False) -> None:
        """Wait; a wait that the server has asked for is cut short by nothing but `abandon`."""
        deadline = monotonic() + seconds
        while not self._is_abandoned:
            left = deadline - monotonic()
            if left <= 0:
                return
            if self._woken.wait(left) and not self._is_abandoned:
                self._woken.clear()
                if not is_asked:
                    return
        raise Abandoned(f"{self.access.host} was not waited for any longer.")

    def silent_seconds(self) -> float:
        """How long the server has owed an answer."""
        asked = self._asked
        return monotonic() - asked if asked else 0.0

    def hurry(self) -> None:
        """Try again now what waits to be tried again."""
        self._woken.set()

    def abandon(self) -> None:
        """Wait for nothing any more: requests that have to be tried again raise Abandoned."""
        self._is_abandoned = True
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Wait, unless it is abandoned."""
        self._pause(seconds)

    # ---- requests

    def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
        """The `data` of an operation; CommError with the server's messages if it has any."""
        body = {"query": query, "variables": variables, "operationName": operation}
        kind = operation if operation in _RETRIED else "graphql"
        headers = {"X-WANDB-USERNAME": self.access.username, "X-WANDB-USER-EMAIL": self.access.email}
        response = self._post(kind, f"{self.access.base_url}/graphql", body, headers)
        answer = json_of(response)
        if not isinstance(answer, dict) or answer.get("errors") or not isinstance(answer.get("data"), dict):
            raise CommError(f"{self.access.host} refuses {operation}: {texts_of(answer) or _NO_DATA}")
        return dict(answer["data"])

    def file_stream(self, entity: str, project: str, run_id: str, body: Mapping[str, Any]) -> Dict[str, Any]:
        """Post to a run's file stream; the answer."""
        path = "/".join(quote(part, safe="") for part in (entity, project, run_id))
        response = self._post("file_stream", f"{self.access.base_url}/files/{path}/file_stream", body, {})
        self.least_interval = pace_of(response.headers)
        return dict(json_of(response))

    def put(self, url: str, headers: Mapping[str, str], data: IO[bytes] | FilePart | bytes) -> Mapping[str, str]:
        """Send a file to a signed address, a large one's rest after a failure; the headers of the answer."""
        if isinstance(data, FilePart) and len(data) >= LEAST_SIZE:
            return ResumablePut(self, url, headers, data).send()
        return self.put_whole(url, headers, data)

    def put_whole(self, url: str, headers: Mapping[str, str], data: Any, has_failed: bool = False) -> Mapping[str, str]:
        """The same, and all of it again after a failure; `has_failed`: there was one already."""
        response = self._request("put", "PUT", url, dict(headers), data)
        if response.status_code >= 300:
            tries = response.raw.retries
            raise self.refused(url, response.status_code, has_failed or bool(tries and tries.history))
        return response.headers

    def put_once(self, url: str, headers: Mapping[str, str], data: FilePart | bytes) -> requests.Response:
        """One try, whatever comes of it. Raises requests.RequestException, and OSError if the file can't be read."""
        response = self._try(_ONCE, "PUT", url, dict(headers), data)
        if response.status_code not in _RETRIED["put"]:
            self._asked = 0.0
            self._report("")
        return response

    def refused(self, url: str, status: int, has_failed: bool) -> CommError:
        """What to say of a store that does not take a file; not its whole address, as the signature is a secret."""
        kind = StaleAddress if has_failed else CommError  # an address is good for an hour, and tries may take longer
        return kind(f"{urlsplit(url).netloc} refuses a file with status {status}.")

    def unreachable(self, cause: requests.Response | Exception) -> Unreachable:
        """What to say when there are no tries left."""
        if isinstance(cause, requests.Response):
            return Unreachable(f"{self._trouble(cause.status_code)}: {texts_of(json_of(cause)) or cause.reason}")
        return Unreachable(self._trouble(cause) + ".", cause)

    def _note_sent(self, size: int) -> None:
        self.sent_bytes += size
        self._asked = monotonic()  # an answer is owed from the last byte on

    def _post(self, kind: str, url: str, body: Any, headers: Dict[str, str]) -> requests.Response:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        if self.compresses and kind == "file_stream":
            data, headers = gzip.compress(data, _COMPRESSION), {**headers, "Content-Encoding": "gzip"}
        body = io.BytesIO(data) if len(data) > _LONG else data
        response = self._request(kind, "POST", url, {"Content-Type": "application/json", **headers}, body)
        if response.status_code >= 300:
            self._refuse(response)
        return response

    def _request(self, kind: str, method: str, url: str, headers: Dict[str, str], data: Any) -> requests.Response:
        patience = self._patience(kind)
        tries = 0
        while True:
            try:
                response = self._try(kind, method, url, headers, data)
                if response.status_code == 401 and self._may_renew(kind):
                    continue  # it may have ended while the request was tried for hours
                break
            except requests.RequestException as error:
                tries += 1
                # urllib3 has done with its own tries, or what came is no answer, which it leaves to its callers.
                is_soon_over = isinstance(error, _StrangerError) and kind != "file_stream"
                most = min(patience.retries, _TRIES_OF_STRANGERS) if is_soon_over else patience.retries
                if tries > most or isinstance((error.args or (None,))[0], MaxRetryError):
                    self._asked = 0.0
                    raise self.unreachable(error) from None
                self._note_failure(error)
                self._pause(patience.wait(tries))
                if hasattr(data, "seek"):
                    data.seek(0)
        if response.status_code in _RETRIED[kind]:
            raise self.unreachable(response)
        self._asked = 0.0
        self.status, self.server_time = response.status_code, response.headers.get("Date", "")
        self._report("")
        return response

    def _try(self, session: str, method: str, url: str, headers: Dict[str, str], data: Any) -> requests.Response:
        is_put, timeout = session in ("put", _ONCE), self._patience(session).timeout
        self._asked, self._thread.host = monotonic(), host_of(url)
        try:
            response = self._sessions[session].request(
                method,
                url,
                data=Counted(data, self._note_sent) if hasattr(data, "read") else data,
                headers=as_sent({**headers, **headers_of(self.writer, session)}),
                timeout=(min(timeout, 30.0), timeout),
                allow_redirects=False,
                # With the request, as variables would win over what the session says.
                proxies=dict(self.access.proxies),
                verify=verification(self.access.insecure),
            )
        except (OSError, ValueError) as error:
            of_library = isinstance(error, requests.RequestException)
            if not of_library and is_put and isinstance(error, OSError):
                raise  # the file that is sent can't be read
            if not of_library or isinstance(error, ValueError):  # no certificates, no header, no host's name
                raise CommError(f"No request can be made to {self.access.host}: {error}", error) from None
            raise
        if broke_off(response):
            raise requests.ConnectionError("its answer broke off")
        failure = failure_of(response, session)
        if failure:
            raise _StrangerError(failure)
        return response

    def _with_token(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._tokens is not None:
            request.headers["Authorization"] = f"Bearer {self._tokens.current()}"
        return request

    def _may_renew(self, kind: str) -> bool:
        return self._tokens is not None and kind not in _WITHOUT_AUTH and self._tokens.refuse()

    def _exchange(self, identity: str) -> Any:
        """The server's answer to an identity token."""
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": identity}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = self._request("token", "POST", f"{self.access.base_url}/oidc/token", headers, urlencode(form))
        if response.status_code >= 300:
            text = f"status {response.status_code}: {texts_of(json_of(response)) or response.reason}"
            path = self.access.identity_token_file
            raise AuthenticationError(f"{self.access.host} refuses the identity token in {path} ({text}).")
        return json_of(response)

    def _refuse(self, response: requests.Response) -> NoReturn:
        status, text = response.status_code, texts_of(json_of(response)) or response.reason
        if status == 401:
            what, remedy = "API key", "`wandb login --relogin` changes it"
            if self._tokens is not None:
                what, remedy = "access token", f"it is for the identity in {self.access.identity_token_file}"
            raise AuthenticationError(
                f"{self.access.host} refuses the {what} (status {status}: {text}). {remedy[0].upper()}{remedy[1:]}."
            )
        if 300 <= status < 400:
            text = f"it sends us to {response.headers.get('Location')}; is the base URL right?"
        kind = AuthenticationError if status == 403 else CommError  # the key is taken, and may not do that
        raise kind(f"{self.access.host} answers with status {status}: {text}")
