"""`wandb.Api` and what it gives, for runs of a server and of folders; stand-ins for what no release has yet."""

from __future__ import annotations

from functools import partial

from wandb.apis.artifact_collection import ArtifactCollection, ArtifactType
from wandb.apis.artifact_lists import (
    ArtifactCollections,
    Artifacts,
    ArtifactTypes,
    ProjectArtifactCollections,
    RunArtifacts,
)
from wandb.apis.connection import Connection
from wandb.apis.console import ConsoleLogLine
from wandb.apis.files import File, Files
from wandb.apis.history import HistoryScan
from wandb.apis.local import LocalRuns
from wandb.apis.projects import Project, Projects
from wandb.apis.run import Run
from wandb.apis.run_list import Runs
from wandb.apis.server_api import ServerApi
from wandb.apis.server_console import ConsoleLogs
from wandb.apis.server_history import DownloadHistoryResult, IncompleteRunHistoryError
from wandb.apis.sweeps import Sweep, Sweeps
from wandb.apis.users import User
from wandb.artifacts.files import ArtifactFiles
from wandb.errors import UnsupportedError
from wandb.sdk import session
from wandb.sdk.not_yet import Inert, fill, harmless
from wandb.settings import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.apis.local import Paths

__all__ = [
    "Api", "ArtifactCollection", "ArtifactCollections", "ArtifactFiles", "ArtifactType", "ArtifactTypes", "Artifacts",
    "ConsoleLogLine", "ConsoleLogs", "DownloadHistoryResult", "File", "Files", "HistoryScan",
    "IncompleteRunHistoryError", "Project", "ProjectArtifactCollections",
    "Projects", "Run", "RunArtifacts", "Runs", "Sweep", "Sweeps", "User",
]  # fmt: skip

_SETTINGS = ("base_url", "entity", "project", "organization")


class Api(ServerApi):
    """The runs of a server, or with `local` those of folders on this disk: `wandb.Api(local="wandb").runs()`.

    `overrides` are settings: base_url, entity, project; `timeout` is in seconds, for each request. `api_key` is by
    default the one of `wandb.login`, of the environment, or of the netrc file. `local` is a run folder, a folder with
    runs at any depth, a glob pattern, or a list of such: nothing in them is ever changed, and runs that still go on can
    be read. Raises AuthenticationError without a key, ApiValueError for a path that does not exist.
    """

    def __new__(
        cls,
        overrides: Dict[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        *,
        local: Paths | None = None,
    ) -> Any:
        """The API of the server, or of these folders; an object that does nothing if wandb is switched off."""
        if local is not None:
            return object.__new__(LocalApi)
        return Inert() if harmless() else object.__new__(cls)

    def __init__(
        self,
        overrides: Dict[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        *,
        local: Paths | None = None,
    ) -> None:
        given = {name: value for name, value in (overrides or {}).items() if name != "run"}
        if timeout is not None:
            given["x_graphql_timeout_seconds"] = float(timeout)
        settings = resolve(given, {}, session.layer())
        shown = {name: getattr(settings, name) for name in _SETTINGS}
        super().__init__(Connection(settings, api_key), shown)

    def __reduce__(self) -> Any:
        return _restored, (self._connection, self.settings)


def _restored(connection: Connection, settings: Dict[str, Any]) -> Api:
    api: Api = object.__new__(Api)
    ServerApi.__init__(api, connection, settings)
    return api


class LocalApi(LocalRuns, Api):  # type: ignore[misc]
    """`wandb.Api(local=FOLDER)`: an Api that only reads; what a server has, it refuses by name."""

    def __init__(
        self,
        overrides: Dict[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        *,
        local: Paths | None = None,
    ) -> None:
        LocalRuns.__init__(self, local or ())

    def __reduce__(self) -> Any:
        return partial(Api, local=self._paths), ()


def _of_a_server(name: str) -> property:
    def refuse(api: LocalApi) -> Any:
        raise UnsupportedError(f"Api.{name} is for a server; this Api only reads folders.")

    return property(refuse)


for _name in dir(ServerApi):
    if not _name.startswith("_") and not hasattr(LocalRuns, _name):
        setattr(LocalApi, _name, _of_a_server(_name))


fill(__name__)
