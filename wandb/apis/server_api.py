"""`wandb.Api` of a server: its runs, projects, sweeps, people and artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping

from wandb.apis import run_queries
from wandb.apis.api_artifacts import ApiArtifacts
from wandb.apis.paths import must_be_text, place_of, project_place
from wandb.apis.projects import Project, Projects
from wandb.apis.refusals import ApiRefusals
from wandb.apis.server_run import ServerRun
from wandb.apis.server_runs import ServerRuns
from wandb.apis.sweeps import Sweep
from wandb.apis.users import User
from wandb.errors import ApiValueError, CommError
from wandb.foreign_answers import understood
from wandb.sdk.lib.ids import generate_id
from wandb.settings_fields import NO_PROJECT
from wandb.version import __version__

if TYPE_CHECKING:
    from typing import Tuple

    from wandb.apis.connection import Connection
    from wandb.apis.paths import Place


class ServerApi(ApiArtifacts, ApiRefusals):
    """Asks one server, with one user's key."""

    def __init__(self, connection: Connection, settings: Mapping[str, Any]) -> None:
        """`settings` are those that a program may look at and change: base_url, entity, project, organization."""
        self._connection = connection
        self.settings: Dict[str, Any] = dict(settings)
        self._runs: Dict[Tuple[str, str, str], ServerRun] = {}

    # ---- who asks

    @property
    def user_agent(self) -> str:
        """How it presents itself to the server."""
        return f"wandb-python/{__version__}"

    @property
    def api_key(self) -> str:
        """The key that it uses."""
        return self._connection.access.api_key

    @property
    def default_entity(self) -> str | None:
        """The owner that is meant where none is named."""
        return self._entity("")

    @property
    def viewer(self) -> User:
        """The user whose key it is. Raises ValueError if the server knows none."""
        found = self._connection.ask_object("GetViewer", run_queries.VIEWER, "viewer")
        if not found:
            raise ApiValueError("The server knows no user for the API key.")
        return User(self._connection, found)

    def users(self, username_or_email: str) -> List[User]:
        """The users that the server finds for a name or an address."""
        found = self._connection.ask("SearchUsers", run_queries.USERS, "users.edges", query=username_or_email)
        with understood("SearchUsers"):
            return [User(self._connection, edge["node"]) for edge in found or ()]

    def user(self, username_or_email: str) -> User | None:
        """The first of them; None if there is none."""
        return next(iter(self.users(username_or_email)), None)

    def flush(self) -> None:
        """Forget the runs that were asked for: they are asked for anew."""
        self._runs.clear()

    def _entity(self, named: str) -> str:
        return named or str(self.settings.get("entity") or "") or self._connection.default_entity

    def _project(self, named: str) -> str:
        return named or str(self.settings.get("project") or "") or NO_PROJECT

    def _whole(self, place: Place) -> Tuple[str, str, str]:
        return self._entity(place.entity), self._project(place.project), place.name

    # ---- runs, projects, sweeps

    def run(self, path: str = "") -> ServerRun:
        """One run, by `entity/project/id` or a part of that from the right. Raises CommError if there is none."""
        place = self._whole(place_of(path, "run"))
        if place not in self._runs:
            run = ServerRun(self._connection, *place)
            run.load()
            self._runs[place] = run
        return self._runs[place]

    def runs(
        self,
        path: str | None = None,
        filters: Dict[str, Any] | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> ServerRuns:
        """The runs of a project (`entity/project`), chosen and sorted by the server, `per_page` at a time.

        `filters` are MongoDB's: names such as `state`, `tags`, `config.lr.value` and `summary_metrics.loss`, with
        values or operators (`{"$gt": 0.5}`). `order` is such a name behind `+` or `-`. `lazy`: config and summary of
        a run are asked for when they are needed. Sweeps of runs always are, whatever `include_sweeps` says.
        """
        place = project_place(path or "")
        entity, project = self._entity(place.entity), self._project(place.project)
        return ServerRuns(self._connection, entity, project, filters, order, per_page, lazy)

    def create_run(
        self, *, run_id: str | None = None, project: str | None = None, entity: str | None = None
    ) -> ServerRun:
        """Make a run at the server, in the state "running"; `wandb.init` is what records one."""
        return self._create_run(run_id, project, entity, "running")

    def _create_run(self, run_id: str | None, project: str | None, entity: str | None, state: str) -> ServerRun:
        place = (self._entity(entity or ""), self._project(project or ""), run_id or generate_id())
        asked = dict(zip(("entity", "project", "name"), place))
        bucket = self._connection.ask(
            "UpsertBucket", run_queries.CREATE_RUN, "upsertBucket.bucket", **asked, state=state
        )
        with understood("UpsertBucket"):
            owner = bucket["project"]
            return ServerRun(self._connection, owner["entity"]["name"], owner["name"], bucket["name"], bucket)

    def project(self, name: str, entity: str | None = None) -> Project:
        """A project by its name; whether there is one shows when it is asked for something."""
        place = project_place(name)
        return Project(self._connection, self._entity(entity or place.entity), place.project)

    def projects(self, entity: str | None = None, per_page: int = 200) -> Projects:
        """The projects of an owner, by default the settings' or the user."""
        return Projects(self._connection, self._entity(entity or ""), per_page)

    def create_project(self, name: str, entity: str) -> None:
        """Make a project."""
        asked = {"input": {"name": name, "entityName": entity}}
        self._connection.graphql("CreateProject", run_queries.CREATE_PROJECT, asked)

    def sweep(self, path: str = "") -> Sweep:
        """One sweep, by `entity/project/id` or a part of that from the right. Raises CommError if there is none."""
        sweep = Sweep(self._connection, *self._whole(place_of(path, "sweep")))
        sweep.load()
        return sweep

    def from_path(self, path: str) -> Any:
        """The run, sweep or project at a path: `[entity/]project`, `entity/project/run`, `entity/project/sweeps/id`.

        Raises CommError if there is none.
        """
        must_be_text(path, "run, sweep or project")
        parts = [part for part in path.strip("/").split("/") if part]
        if 1 <= len(parts) <= 2 and ":" not in path:
            return self.project(parts[-1], parts[0] if len(parts) == 2 else None)
        place = place_of(path, "run")
        if place.kind == "sweeps":
            return self.sweep(path)
        try:
            return self.run(path)
        except CommError as error:
            try:
                return self.sweep(path)
            except CommError:
                raise error from None
