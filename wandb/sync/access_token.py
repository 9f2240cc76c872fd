"""Access tokens: what an identity token (a JWT in a file, as clusters give it) is exchanged for at the server.

They are good for about an hour and are kept, for all programs of this user and for upstream's client, in the
credentials file: `{"credentials": {BASE_URL: {"access_token", "expires_at": "YYYY-MM-DD HH:MM:SS" in UTC}}}`.
Whatever else stands there is kept, and a file that holds something else is not written.
"""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict

from wandb.errors import AuthenticationError, CommError
from wandb.settings_files import read_small_file, replace_file

_log = logging.getLogger(__name__)

_SECTION = "credentials"
_FORM = "%Y-%m-%d %H:%M:%S"
_EARLY = timedelta(minutes=5)  # so long before its end a token is not begun with any more
_MOST_SECONDS = 10 * 365 * 86400.0


class AccessTokens:
    """Of one server, from any thread."""

    def __init__(self, base_url: str, identity_path: str, kept_path: str, exchange: Callable[[str], Any]) -> None:
        """`exchange` has the server give its JSON answer for an identity token. Nothing is read before `current`."""
        self._base_url = base_url
        self._identity_path = identity_path
        self._kept_path = kept_path
        self._exchange = exchange
        self._lock = threading.Lock()
        self._refused: str | None = None
        self._known: Dict[str, Any] = {}

    def current(self) -> str:
        """One that is good for some minutes. Raises AuthenticationError, and CommError if the server can't be asked."""
        with self._lock:
            for known in (self._known, self._kept().get(self._base_url)):
                if self._is_good(known):
                    self._known = dict(known or {})
                    return str(self._known["access_token"])
            self._known = self._new()
            self._keep()
            return str(self._known["access_token"])

    def refuse(self) -> bool:
        """The server does not take the current one: get another. False if that has been tried before."""
        with self._lock:
            again = self._known.get("access_token") == self._refused or not self._known
            self._refused = self._known.get("access_token")
            return not again

    def _is_good(self, known: Any) -> bool:
        try:
            ends = datetime.strptime(known["expires_at"], _FORM).replace(tzinfo=timezone.utc)
            token = known["access_token"]
        except (KeyError, TypeError, ValueError):
            return False
        return type(token) is str and token != self._refused and datetime.now(timezone.utc) + _EARLY < ends

    def _new(self) -> Dict[str, Any]:
        try:
            identity = read_small_file(self._identity_path).decode("ascii", "replace").strip()
        except OSError as error:
            text = f"The identity token in {self._identity_path} can't be read: {error.strerror}."
            raise AuthenticationError(text) from None
        answer = self._exchange(identity)
        try:
            token, seconds = answer["access_token"], min(float(answer["expires_in"]), _MOST_SECONDS)
            ends = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise CommError(f"{self._base_url} gives no access token for the identity token.") from None
        return {"access_token": str(token), "expires_at": ends.strftime(_FORM)}

    def _file(self) -> Dict[str, Any] | None:
        """What the credentials file holds, {} if there is none; None if that has another form."""
        try:
            content = read_small_file(self._kept_path)
            found = json.loads(content) if content.strip() else {}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, RecursionError):
            return None
        is_ours = isinstance(found, dict) and isinstance(found.get(_SECTION, {}), dict)
        return found if is_ours else None

    def _kept(self) -> Dict[str, Any]:
        return dict((self._file() or {}).get(_SECTION, {}))

    def _keep(self) -> None:
        found = self._file()
        if found is None:
            # This process has its token; what somebody keeps in that file may be nowhere else.
            _log.warning("%s is no credentials file and stays as it is: access tokens are not kept.", self._kept_path)
            return
        kept = {**found.get(_SECTION, {}), self._base_url: self._known}
        text = json.dumps({**found, _SECTION: kept}, indent=2)
        try:
            replace_file(self._kept_path, text.encode(), private=True)
        except OSError:
            return  # a home that nobody may write to: this process has its token, others ask for theirs
