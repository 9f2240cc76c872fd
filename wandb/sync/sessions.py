"""Sessions of the HTTP library, each with its own retries: whose certificates they trust, who they say they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning

from wandb.certificates import adapter
from wandb.version import __version__

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3.util.retry import Retry

    from wandb.sync.access import Access


def new_session(access: Access, context: SSLContext | None, policy: Retry) -> requests.Session:
    """A session without authentication."""
    session = requests.Session()
    if access.insecure:
        disable_warnings(InsecureRequestWarning)  # it was asked for
    trusting = adapter(None if access.insecure else context, max_retries=policy)
    session.mount("http://", trusting)
    session.mount("https://", trusting)
    session.headers.update({"User-Agent": f"wandb-python/{__version__}", **access.headers})
    session.auth = _without_auth  # or else requests takes a key from the netrc file
    return session


def _without_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
