"""Sessions of the HTTP library, each with its own retries: whose certificates they trust, and who they say they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util.ssl_ import create_urllib3_context

from wandb.version import __version__

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3.util.retry import Retry

    from wandb.sync.access import Access


def system_context() -> SSLContext:
    """With the system's authorities, or those of SSL_CERT_FILE and SSL_CERT_DIR."""
    context = create_urllib3_context()  # the standard library's own refuses addresses in older urllib3
    context.load_default_certs()
    return context


def new_session(access: Access, context: SSLContext, policy: Retry) -> requests.Session:
    """A session without authentication."""
    session = requests.Session()
    if access.insecure:
        disable_warnings(InsecureRequestWarning)  # it was asked for
    adapter = HTTPAdapter(max_retries=policy) if access.insecure else _Trusting(context, max_retries=policy)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.headers.update({"User-Agent": f"wandb-python/{__version__}", **access.headers})
    session.auth = _without_auth  # or else requests takes a key from the netrc file
    return session


class _Trusting(HTTPAdapter):
    """Trusts the authorities of a context besides the library's own.

    The library takes REQUESTS_CA_BUNDLE in the place of its own; other programs of a company's machine do without it.
    """

    def __init__(self, context: SSLContext, **more: Any) -> None:
        self._context = context
        super().__init__(**more)

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, **more, ssl_context=self._context)


def _without_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
