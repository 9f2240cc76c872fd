"""Sessions of the HTTP library, each with its own retries: whose certificates they trust, who they say they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, Mapping

import requests
from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning, InvalidHeader
from urllib3.util.retry import Retry

from wandb.certificates import adapter
from wandb.patience import MOST_ASKED
from wandb.sync.bounded_session import BoundedSession
from wandb.version import __version__

if TYPE_CHECKING:
    from ssl import SSLContext

    from wandb.patience import Patience
    from wandb.sync.access import Access


def new_session(access: Access, context: SSLContext | None, policy: Retry) -> requests.Session:
    """A session without authentication."""
    session = BoundedSession(access.most_answer)
    if access.insecure:
        disable_warnings(InsecureRequestWarning)  # it was asked for
    trusting = adapter(None if access.insecure else context, max_retries=policy)
    session.mount("http://", trusting)
    session.mount("https://", trusting)
    session.headers.update({"User-Agent": f"wandb-python/{__version__}", **as_sent(access.headers)})
    session.auth = _without_auth  # or else requests takes a key from the netrc file
    return session


def _without_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def as_sent(headers: Mapping[str, str]) -> Dict[str, bytes]:
    """Headers in UTF-8: names of people and teams have any characters, and the library's own encoding has few."""
    return {name: value.encode("utf-8", "replace") for name, value in headers.items()}


def retries(
    patience: Patience, statuses: Collection[int], fails: Callable[[Any], None], pause: Callable[[float, bool], None]
) -> Retry:
    """urllib3's Retry with the waits of the protocol. `fails` hears of each failure, a status or an exception.

    `pause` waits for so many seconds, which the server has asked for if the second argument says so.
    """

    class Patient(Retry):
        def increment(self, *arguments: Any, **more: Any) -> Any:
            after = super().increment(*arguments, **more)
            fails(after.history[-1].status or after.history[-1].error)
            return after

        def get_retry_after(self, response: Any) -> float | None:
            try:
                asked = super().get_retry_after(response)
            except (InvalidHeader, OverflowError, TypeError, ValueError):
                return None  # no number of seconds and no date
            return None if asked is None else min(asked, MOST_ASKED)

        def sleep(self, response: Any = None) -> None:
            asked = self.get_retry_after(response) if response is not None else None
            pause(patience.wait(len(self.history)) if asked is None else asked, asked is not None)

    return Patient(
        total=patience.retries, status_forcelist=statuses, allowed_methods=None, raise_on_status=False, redirect=0
    )
