"""Artifacts that a run asks a server for, or waits for until the server has them. All of it waits for the network.

The client is the one of the upload, which is loaded here by name: a training process has it only if its program asks
for an artifact of a server.
"""

from __future__ import annotations

import json
import os
import time
from importlib import import_module

from wandb.artifacts.exceptions import WaitTimeoutError
from wandb.artifacts.server import ArtifactServer
from wandb.errors import AuthenticationError, CommError, UnsupportedError
from wandb.loading import loading
from wandb.runlog.layout import RunLayout
from wandb.runlog.lease import is_held
from wandb.sdk.lib.terminal import say_trying_again
from wandb.settings_fields import SECRETS, SENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.artifacts.artifact import Artifact
    from wandb.settings import Settings

_LOOK_SECONDS = 0.05
# How long nobody may be sending the run until it is given up: a helper that was killed is started again.
_UNSENT_SECONDS = 60.0


def artifact_server(settings: Settings) -> ArtifactServer:
    """The server of a run. Raises UnsupportedError if the run is not sent, AuthenticationError without a key."""
    if settings.mode not in SENT_MODES:
        raise UnsupportedError("An artifact is got by its name from a server only, and this run is offline.")
    connection = _Connection(settings)
    access = connection.access()
    app_url = settings.app_url or access.base_url
    return ArtifactServer(connection, app_url, access.patience("put"), access.insecure, connection.api)


def server_of_program() -> ArtifactServer:
    """The server of the current run, or without one that of the settings. Raises like `artifact_server`."""
    with loading():
        from wandb.sdk import active, session

    run = active.current()
    return artifact_server(session.settings() if run is None else run._settings)


class _Connection:
    """Makes clients. Can be pickled, without secrets: the process that unpickles it finds the key itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def access(self) -> Any:
        """How to reach the server. Raises AuthenticationError without a key."""
        with loading():
            from wandb.credentials import find_key

        found = find_key(self._settings, os.environ)
        if found is None:
            text = f"There is no API key for {self._settings.base_url}: call `wandb login` first."
            raise AuthenticationError(text)
        return import_module("wandb.sync.access").Access(self._settings.to_dict(), found[0])

    def __call__(self) -> Any:
        return import_module("wandb.sync.client").Client(self.access(), say_trying_again)

    def api(self) -> Any:
        """The public API's object for the same server."""
        return import_module("wandb").Api(overrides={"base_url": self._settings.base_url})

    def __reduce__(self) -> Any:
        return _Connection, (_without_secrets(self._settings),)


def _without_secrets(settings: Settings) -> Settings:
    copy = settings.copy()
    for name in SECRETS:
        setattr(copy, name, None)
    return copy


class Arrival:
    """Waits until the server has an artifact that was logged. Can be pickled, as artifacts can."""

    def __init__(self, artifact: Artifact, settings: Settings, layout: RunLayout) -> None:
        self._artifact = artifact
        self._settings = settings
        self._layout = layout

    def __getstate__(self) -> Dict[str, Any]:
        return {**self.__dict__, "_settings": _without_secrets(self._settings)}

    def __call__(self, timeout: float | None) -> None:
        """At most `timeout` seconds. Raises WaitTimeoutError, and CommError for one that can't be sent."""
        name = self._artifact._name
        path = self._layout.artifact_answer(self._artifact._client_id)
        deadline = None if timeout is None else time.monotonic() + timeout
        last_sent = time.monotonic()
        while True:
            answer = _read(path)
            if "id" in answer:
                server = artifact_server(self._settings)
                self._artifact._arrived(server.by_id(answer["id"]), server)
                return
            status = _read(self._layout.upload_status)
            if status.get("is_refused") or "problem" in answer:
                raise CommError(str(answer.get("problem") or status.get("problem")))
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise WaitTimeoutError(f"The artifact {name} is not at the server after {timeout} seconds.", name)
            if is_held(self._layout.upload_lease):
                last_sent = now
            elif now - last_sent > _UNSENT_SECONDS:
                raise CommError(f"Nobody sends the run that the artifact {name} was logged by; see `wandb sync`.")
            time.sleep(_LOOK_SECONDS)


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}  # nothing is known yet
    return found if isinstance(found, dict) else {}
