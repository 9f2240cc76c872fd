"""A run that records nothing, for people who run their program without wandb: every call is accepted, silently."""

from __future__ import annotations

import os

from wandb.errors import UsageError
from wandb.loading import loading
from wandb.sdk import active
from wandb.sdk.rows import flatten
from wandb.sdk.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Union

    from wandb.sdk.metric import Metric
    from wandb.settings import Settings


class DisabledRun(Run):
    """Same calls as a run: config and summary work in memory, rows go to the summary, nothing else happens."""

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def step(self) -> int:
        """Always 0."""
        return 0

    def log(self, data: Dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Take the values into the summary, also after `finish`; `step` and `commit` may be anything."""
        data = self._check_arguments(data, None, None)[0]
        self._summary_state.apply_row(flatten(dict(data)))

    def alert(self, title: str, text: str, level: Any = None, wait_duration: Any = None) -> None:
        """Do nothing."""

    def save(self, *args: Any, **kwargs: Any) -> Union[bool, List[str]]:
        """Do nothing; False."""
        return False

    def define_metric(self, name: str, *args: Any, **kwargs: Any) -> Metric:
        """As in any run; what can't be a definition is taken for the bare name."""
        try:
            return super().define_metric(name, *args, **kwargs)
        except (TypeError, UsageError):
            return super().define_metric(str(name) or "dummy")


def disabled_run(settings: Settings, config: Dict[str, Any]) -> Run:
    """A disabled run with made-up facts where programs expect some."""
    settings.mode = "disabled"
    settings.run_name = settings.run_name or f"dummy-{settings.run_id}"
    settings.project = settings.project or "dummy"
    settings.entity = settings.entity or "dummy"
    settings.sync_dir = os.path.join(_temporary_folder(), f"wandb-disabled-{settings.run_id}")
    return DisabledRun(settings, config, on_finish=lambda run, _: active.closed(run))


def _temporary_folder() -> str:
    with loading():
        import tempfile

    try:
        return tempfile.gettempdir()
    except OSError:
        return "/tmp"  # nothing can be written anywhere, as in a read-only container
