"""Asks a server whom an API key belongs to, and whether it takes it at all; never for longer than it is told.

The commands call `ask`. In a training process `wandb.login` runs `main` as a process of its own instead, so that no
HTTP library, no thread and no name server that hangs is left behind there.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Sequence

from wandb.settings import Settings
from wandb.version import __version__

if TYPE_CHECKING:
    import requests

_QUERY = "query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }"
_REFUSED = (401, 403)
_MOST_TEXT = 200


class Answer(NamedTuple):
    """What came of asking; `accepted` is None if the server could not be asked, and `problem` says why."""

    accepted: bool | None
    problem: str = ""
    user: str = ""
    server_time: str = ""  # the `Date` header: how far the two clocks are apart


def ask(settings: Settings, key: str, seconds: float) -> Answer:
    """Send the Viewer query with this key. Never raises; an answer that takes longer than `seconds` is none."""
    try:
        import requests  # noqa: F401  (loading it takes time that is not the server's)
    except ImportError as error:
        return Answer(None, f"the library for it can't be loaded ({error})")
    answers: List[Answer] = []
    # A thread, since nothing else puts a limit on looking a name up or on a body that comes byte by byte.
    asking = threading.Thread(target=lambda: answers.append(_ask(settings, key, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return answers[0] if answers else Answer(None, f"no answer within {seconds:g} seconds")


def _ask(settings: Settings, key: str, seconds: float) -> Answer:
    try:
        response = _post(settings, key, seconds)
        return _judge(response)
    except Exception as error:
        # Whatever the network, a proxy, a certificate or the HTTP library comes up with: the key is not checked then.
        return Answer(None, _reason(error))


def _post(settings: Settings, key: str, seconds: float) -> requests.Response:
    import requests
    import urllib3

    if settings.insecure_disable_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # it was asked for
    headers = {
        "User-Agent": f"wandb/{__version__}",
        "X-WANDB-USERNAME": settings.username or "",
        "X-WANDB-USER-EMAIL": settings.email or "",
        **(settings.x_extra_http_headers or {}),
    }
    body = {"query": _QUERY, "variables": {}, "operationName": "Viewer"}
    with requests.Session() as session:
        return session.post(
            settings.base_url + "/graphql",
            json=body,
            headers=headers,
            auth=("api", key),
            timeout=2 * seconds,  # `ask` stops waiting before that
            allow_redirects=False,  # a POST that is sent elsewhere becomes a GET, and the key is not for others
            proxies=_proxies(settings),
            verify=_certificates(settings),
        )


def _proxies(settings: Settings) -> Dict[str, str]:
    """Those of the settings; the library adds what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say of the others."""
    named = {"http": settings.http_proxy, "https": settings.https_proxy, **(settings.x_proxies or {})}
    return {scheme: str(address) for scheme, address in named.items() if address}


def _certificates(settings: Settings) -> Any:
    """What the server's certificate is checked against: True means REQUESTS_CA_BUNDLE, or else the usual ones."""
    if settings.insecure_disable_ssl:
        return False
    if os.environ.get("REQUESTS_CA_BUNDLE"):
        return True
    return os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True


def _judge(response: requests.Response) -> Answer:
    status, server_time = response.status_code, response.headers.get("Date", "")
    if status in _REFUSED:
        return Answer(False, f"it answers {status}", server_time=server_time)
    if 300 <= status < 400:
        target = response.headers.get("Location", "").partition("/graphql")[0]
        return Answer(None, f"it redirects to {target}, which may be the right address", server_time=server_time)
    if status == 429 or status >= 500:
        return Answer(None, f"it answers {status}, which may pass", server_time=server_time)
    body = _json(response)
    data, messages = body.get("data"), _messages(body)
    if status == 200 and isinstance(data, dict) and "viewer" in data and not messages:
        viewer = data["viewer"] or {}
        user = str(viewer.get("entity") or viewer.get("username") or "")
        return Answer(bool(viewer), "" if viewer else "it knows no account for it", user, server_time)
    problem = f"it answers {status}: {messages}" if messages else f"what answers there ({status}) is no W&B server"
    return Answer(None, problem, server_time=server_time)


def _json(response: requests.Response) -> Dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}  # a page of a proxy or of another server
    return body if isinstance(body, dict) else {}


def _messages(body: Dict[str, Any]) -> str:
    """What the errors of an answer say, in one line."""
    errors = body.get("errors") or body.get("error") or []
    parts = [error.get("message") if isinstance(error, dict) else error for error in _list(errors)]
    return " ".join("; ".join(str(part) for part in parts).split())[:_MOST_TEXT]


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]


def _reason(error: BaseException) -> str:
    """The innermost cause in plain words: what the layers above it add is about themselves."""
    by_proxy = False
    while True:
        by_proxy = by_proxy or type(error).__name__ == "ProxyError"
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    text = str(getattr(error, "strerror", None) or error or type(error).__name__)
    if getattr(error, "verify_message", ""):  # of ssl.SSLCertVerificationError
        told = str(error.verify_message)  # type: ignore[attr-defined]
        text = f"its certificate is not trusted ({told}); REQUESTS_CA_BUNDLE or SSL_CERT_FILE can name a CA of your own"
    elif getattr(error, "reason", "") == "WRONG_VERSION_NUMBER":
        text = "it does not speak TLS; with http:// it may be the right address"
    return f"by the proxy: {text}" if by_proxy else text


def main(arguments: Sequence[str]) -> int:
    """Read settings, key and seconds as JSON from stdin, print the answer as JSON; the process's exit status."""
    request = json.load(sys.stdin)
    print(json.dumps(ask(Settings(**request["settings"]), request["key"], request["seconds"])._asdict()))
    return 0
