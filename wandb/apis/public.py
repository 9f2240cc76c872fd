"""`wandb.Api` and what it gives: real for runs of folders, stand-ins for what a server has; see "Aliases"."""

from __future__ import annotations

from wandb.apis.console import ConsoleLogLine
from wandb.apis.files import File, Files
from wandb.apis.history import HistoryScan
from wandb.apis.local import LocalRuns, Runs
from wandb.apis.run import Run
from wandb.errors import NotYetError
from wandb.sdk.not_yet import Inert, fill, harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.apis.local import Paths

__all__ = ["Api", "ConsoleLogLine", "File", "Files", "HistoryScan", "Run", "Runs"]


class Api(LocalRuns):
    """The runs of folders on this disk: `wandb.Api(local="wandb").runs()`; those of a server are still to come.

    `local` is a run folder, a folder with runs at any depth, a glob pattern, or a list of such. Nothing in them is ever
    changed, and runs that still go on can be read. Raises ArgumentValueError for a path that does not exist.
    """

    def __new__(
        cls,
        overrides: Dict[str, Any] | None = None,
        timeout: int | None = None,
        api_key: str | None = None,
        *,
        local: Paths | None = None,
    ) -> Any:
        """The API of these folders; without them, an object that does nothing if wandb is switched off."""
        if local is not None:
            return super().__new__(cls)
        if harmless():
            return Inert()
        raise NotYetError("wandb.Api of a server (without `local=FOLDER`)")

    def __init__(
        self,
        overrides: Dict[str, Any] | None = None,
        timeout: int | None = None,
        api_key: str | None = None,
        *,
        local: Paths,
    ) -> None:
        super().__init__(local)


fill(__name__)
