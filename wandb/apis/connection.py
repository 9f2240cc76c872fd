"""The way to one server, for all objects of an `Api`: GraphQL, files, and the artifacts behind it.

Can be pickled and used in forked processes: each process makes a client of its own, and one that unpickles it finds the
API key itself.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Dict, List, Mapping
from urllib.parse import quote

from wandb.artifacts.server import ArtifactServer
from wandb.artifacts.transfer import Transfers
from wandb.credentials import check_key, find_key
from wandb.errors import AuthenticationError, CommError
from wandb.foreign_answers import NotUnderstood, understood
from wandb.process import PerProcess
from wandb.sdk.lib.terminal import say_trying_again
from wandb.settings_fields import SECRETS
from wandb.sync.access import Access
from wandb.sync.queries import SERVER_FEATURES, VIEWER

if TYPE_CHECKING:
    from wandb.settings import Settings

_MOST_ANSWER = 1 << 30  # bytes: a page of long rows is one


class Connection:
    """Made from settings; nothing is asked until something is needed."""

    def __init__(self, settings: Settings, api_key: str | None = None) -> None:
        """Raises AuthenticationError without a key, and for one that can be none."""
        self.settings = settings
        if api_key:
            check_key(api_key)
        found = (api_key, "") if api_key else find_key(settings, os.environ)
        if found is None:
            raise AuthenticationError(f"There is no API key for {settings.base_url}: call `wandb login` first.")
        self.access = Access(settings.to_dict(), str(found[0]))
        self.access.most_answer = _MOST_ANSWER
        self.app_url = str(settings.app_url or self.access.base_url)
        self._clients = PerProcess(self._connect)
        self._default_entity = str(settings.entity or "")

    def _connect(self) -> Any:
        from wandb.sync.client import Client

        return Client(self.access, say_trying_again)

    def __reduce__(self) -> Any:
        settings = self.settings.copy()
        for name in SECRETS:
            setattr(settings, name, None)
        return Connection, (settings,)

    def graphql(self, operation: str, query: str, variables: Mapping[str, Any]) -> Dict[str, Any]:
        """The data of the answer. Raises CommError."""
        data: Dict[str, Any] = self._clients.get().graphql(operation, query, variables)
        return data

    def ask(self, operation: str, query: str, way: str, /, **variables: Any) -> Any:
        """What is at `way` (names with dots) in the answer; None where there is nothing. Raises CommError."""
        found: Any = self.graphql(operation, query, variables)
        with understood(operation):
            for name in way.split("."):
                found = None if found is None else found.get(name)
        return found

    def ask_object(self, operation: str, query: str, way: str, /, **variables: Any) -> Dict[str, Any] | None:
        """Like `ask`, for what can only be an object. Raises CommError."""
        found = self.ask(operation, query, way, **variables)
        if found is None or isinstance(found, dict):
            return found
        raise NotUnderstood(f"The server's answer about {operation} can't be understood: {way} is {found!r:.200}.")

    def put(self, url: str, headers: Mapping[str, str], path: str) -> None:
        """Send a file to an address that the server gave, with the headers that it wants."""
        with open(path, "rb") as file:
            self._clients.get().put(self.access.base_url + url if url.startswith("/") else url, headers, file)

    def transfers(self) -> Transfers:
        """Gets files; only the server itself is shown the key."""
        keys = {self.access.base_url: self.access.api_key} if self.access.api_key else {}
        return Transfers(self.access.patience("put"), self.access.insecure, keys)

    def artifacts(self) -> ArtifactServer:
        """The artifacts of the server."""
        clients = _Clients(self)
        return ArtifactServer(clients, self.app_url, self.access.patience("put"), self.access.insecure, clients.api)

    def features(self) -> List[str]:
        """What the server can do besides; none for one that does not know the question."""
        try:
            found = self.ask("ServerFeaturesQuery", SERVER_FEATURES, "serverInfo.features")
            with understood("ServerFeaturesQuery"):
                return [str(feature["name"]) for feature in found or () if feature["isEnabled"]]
        except AuthenticationError:
            raise
        except CommError:
            return []

    @property
    def default_entity(self) -> str:
        """The owner that is meant where none is named: the settings', or else the user's. Raises CommError."""
        if not self._default_entity:
            self._default_entity = str(self.ask("Viewer", VIEWER, "viewer.entity") or "")
        if not self._default_entity:
            raise CommError("The server knows no default entity: name it, as in entity/project.")
        return self._default_entity

    def page(self, *parts: str) -> str:
        """The address of a page for people."""
        return "/".join((self.app_url, *(quote(part, safe="") for part in parts)))


class AbsentError(CommError, ValueError):
    """The server does not have what was asked for, or does not show it to this user. Programs catch it as either."""


def absent(what: str, *path: str) -> AbsentError:
    """The error that names it."""
    return AbsentError(f"There is no {what} {'/'.join(path)} at the server, or it is not yours to see.")


class _Clients:
    """Gives the artifacts the client of the process, and the way back to the public API."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __call__(self) -> Connection:
        return self.connection

    def api(self) -> Any:
        """The public API's object for the runs and collections that an artifact has to do with."""
        return import_module("wandb.apis.server_api").ServerApi(self.connection, {})
