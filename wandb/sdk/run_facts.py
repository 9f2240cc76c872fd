"""What a run is: the read-only properties that follow from its settings and its folder."""

from __future__ import annotations

from wandb.loading import loading
from wandb.settings_fields import SENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Union

    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.interface.nowhere import Nowhere
    from wandb.sdk.run_status import RunStatus
    from wandb.settings import Settings


class RunFacts:
    """Read-only properties of a run."""

    _settings: Settings
    _interface: Union[Interface, Nowhere]
    _start_time: float
    _starting_step: int

    @property
    def id(self) -> str:
        """The run's id, unique in its project."""
        return str(self._settings.run_id)

    @property
    def _attach_id(self) -> str:
        """What libraries give to `wandb.attach` in another process."""
        return self.id

    @property
    def project(self) -> str:
        """Name of the project."""
        return self._settings.project or ""

    @property
    def entity(self) -> str:
        """User or team that owns the run; "" if none was given, and the server has not named one (yet)."""
        if not self._settings.entity:
            self._hear_of_upload()
        return self._settings.entity or ""

    @property
    def group(self) -> str:
        """Name of the group of runs; "" if none was given."""
        return self._settings.run_group or ""

    @property
    def job_type(self) -> str:
        """Kind of job; "" if none was given."""
        return self._settings.run_job_type or ""

    @property
    def path(self) -> str:
        """entity/project/id, without the parts that are not known."""
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    @property
    def sync_dir(self) -> str:
        """The run folder."""
        return str(self._settings.sync_dir)

    @property
    def settings(self) -> Settings:
        """A copy of the settings, frozen."""
        settings = self._settings.copy()
        settings.freeze()
        return settings

    @property
    def start_time(self) -> float:
        """When the run began, in seconds since the epoch."""
        return self._start_time

    @property
    def starting_step(self) -> int:
        """The first step of this part of the run."""
        return self._starting_step

    @property
    def disabled(self) -> bool:
        """Whether nothing is recorded."""
        return self._settings.mode == "disabled"

    @property
    def offline(self) -> bool:
        """Whether nothing is sent while the run goes on."""
        return self._settings.mode == "offline"

    @property
    def resumed(self) -> bool:
        """Whether an earlier run goes on."""
        return bool(self._settings.resumed)

    @property
    def url(self) -> str | None:
        """The run's page; None if nothing is sent, or as long as the server has not named its owner."""
        return self._page("run_url")

    @property
    def project_url(self) -> str | None:
        """The project's page; like `url`."""
        return self._page("project_url")

    @property
    def sweep_id(self) -> str | None:
        """The sweep that the run belongs to."""
        return self._settings.sweep_id

    @property
    def sweep_url(self) -> str | None:
        """The sweep's page; like `url`, and None without a sweep."""
        return self._page("sweep_url")

    def _page(self, name: str) -> str | None:
        """An address of the server's pages. Nobody waits for it: the service notes it as soon as the server answers."""
        if self._settings.mode not in SENT_MODES:
            return None
        self._hear_of_upload()
        return getattr(self._settings, name) or None

    def _hear_of_upload(self) -> None:
        upload = self._interface.upload
        if upload is not None:
            upload.look()

    def get_url(self) -> str | None:
        """Same as `url`, for programs of older clients."""
        return self.url

    def status(self) -> RunStatus:
        """How far the synchronisation is."""
        with loading():
            from wandb.sdk.run_status import RunStatus

        return RunStatus()

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """A piece of HTML: the run's page, or where the run is recorded as long as it has none."""
        with loading():
            from wandb.sdk.lib.notebook_page import folder_html, page_html

        url = self.url
        return page_html(url, height, hidden) if url else folder_html(self.id, str(self.sync_dir), height, hidden)

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the run in a notebook; False where there is none."""
        if not self._settings._jupyter:
            return False
        with loading():
            from wandb.sdk.lib.notebook_page import show

        return show(self.to_html(height, hidden))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Dict[str, str]:
        """What a notebook shows of a run at the end of a cell."""
        return {"text/html": self.to_html(hidden=bool(self.url)), "text/plain": repr(self)}
