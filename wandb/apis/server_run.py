"""A run of a server: its rows, files and lines, and what can be changed of it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Collection, Dict, Iterator, List, Union

from wandb.apis import run_queries
from wandb.apis.run_at_server import RunAtServer
from wandb.apis.server_console import ConsoleLogs
from wandb.apis.server_files import ServerFile, ServerFiles
from wandb.errors import ApiValueError, CommError
from wandb.foreign_answers import understood
from wandb.sdk.lib.json_values import dumps, to_json_value
from wandb.sdk.lib.notebook_page import page_html
from wandb.sync.big_files import headers_of
from wandb.sync.queries import CREATE_RUN_FILES

if TYPE_CHECKING:
    from wandb.apis.artifact_lists import RunArtifacts
    from wandb.apis.history import Row
    from wandb.apis.server_history import DownloadHistoryResult
    from wandb.apis.sweeps import Sweep
    from wandb.artifacts.artifact import Artifact

_METADATA = "wandb-metadata.json"


class ServerRun(RunAtServer):
    """One run; attributes are set on this object, and sent by `update`."""

    # ---- rows, files, lines

    def _scan(self, keys: List[str] | None, min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:
        return self._history.scan(keys, min_step, max_step, page_size)

    def _sampled(self, samples: int, keys: List[str] | None, stream: str) -> List[Row]:
        return self._history.sampled(samples, keys, stream)

    def download_history_exports(
        self, download_dir: Union[Path, str], require_complete_history: bool = True
    ) -> DownloadHistoryResult:
        """Get the Parquet files that the server has made of the rows; there are none for a run that has just ended.

        Raises IncompleteRunHistoryError if some rows are not in them, unless `require_complete_history` is false.
        """
        return self._history.download_exports(Path(download_dir), require_complete_history)

    def files(self, names: List[str] | None = None, pattern: str | None = None, per_page: int = 50) -> ServerFiles:
        """The files of the run; `names`, or a `pattern` with `%` as in SQL, choose."""
        return ServerFiles(self, names, pattern, per_page)

    def upload_file(self, path: str, root: str = ".") -> ServerFile:
        """Add a file to the run, by its path below `root`; the file at the server. Raises CommError, OSError."""
        name = os.path.relpath(path, root).replace(os.sep, "/")
        if name.split("/")[0] == "..":
            raise ApiValueError(f"{path} is not below {root}, which its name would begin with.")
        asked = {**self._place(), "files": [name]}
        made = self._connection.ask("CreateRunFiles", CREATE_RUN_FILES, "createRunFiles", **asked)
        try:
            self._connection.put(str(made["files"][0]["uploadUrl"]), headers_of(made), path)
        except (KeyError, TypeError, IndexError) as error:
            raise CommError(f"The server gives no address for {name}.", error) from error
        found: ServerFile = self.files([name])[0]
        return found

    def console_logs(self, *, per_page: int = 1000, last: int | None = None) -> ConsoleLogs:
        """The lines of the console text, or the last ones."""
        return ConsoleLogs(self._connection, self._place(), per_page, last)

    @property
    def metadata(self) -> Dict[str, Any] | None:
        """The machine and the program, as in wandb-metadata.json; None if that is not there."""
        found = self.files([_METADATA])
        if not found:
            return None
        with tempfile.TemporaryDirectory(prefix="wandb-metadata-") as folder, found[0].download(folder) as file:
            text = file.read()
        with understood(_METADATA):
            values = json.loads(text)
        return values if isinstance(values, dict) else None

    # ---- changes

    def update(self) -> None:
        """Send what was changed of name, notes, tags, group, job type and config."""
        self.load()
        config = {key: {"value": to_json_value(value, for_config=True)} for key, value in self.rawconfig.items()}
        node = self._connection.ask_object(
            "UpsertBucket",
            run_queries.UPDATE_RUN,
            "upsertBucket.bucket",
            id=self.storage_id,
            description=self.description,
            displayName=self.name,
            notes=self.notes,
            tags=self.tags,
            config=dumps(config),
            groupName=self.group,
            jobType=self.job_type,
        )
        self._take(node or {})

    save = update

    def _send_summary(self) -> None:
        asked = {"id": self.storage_id, "summaryMetrics": dumps(to_json_value(self._summary))}
        self._connection.graphql("UpsertBucket", run_queries.UPDATE_SUMMARY, asked)

    def delete(self, delete_artifacts: bool = False) -> None:
        """Remove the run from the server, `delete_artifacts`: with those that it has logged."""
        asked = {"id": self.storage_id, "deleteArtifacts": delete_artifacts}
        self._connection.graphql("DeleteRun", run_queries.DELETE_RUN, asked)

    def stop(self) -> None:
        """Have the program asked to end: its client is told with the next rows that it sends."""
        self._connection.graphql("StopRun", run_queries.STOP_RUN, {"id": self.storage_id})

    def update_state(self, state: str) -> bool:
        """Have the server call the run, for example, "pending"; whether it did."""
        asked = {"input": {"id": self.storage_id, "state": state}}
        done = self._connection.ask("UpdateRunState", run_queries.SET_STATE, "updateRunState.success", **asked)
        if done:
            self._node["state"] = state
        return bool(done)

    # ---- artifacts and sweep

    def logged_artifacts(self, per_page: int = 100) -> RunArtifacts:
        """The artifacts that are outputs of the run."""
        from wandb.apis.artifact_lists import RunArtifacts

        return RunArtifacts(self._connection, self._place(), "logged", per_page)

    def used_artifacts(self, per_page: int = 100) -> RunArtifacts:
        """The artifacts that are inputs of the run."""
        from wandb.apis.artifact_lists import RunArtifacts

        return RunArtifacts(self._connection, self._place(), "used", per_page)

    def use_artifact(self, artifact: Artifact, use_as: str | None = None) -> Artifact:
        """Make an artifact that is at the server an input of the run; `use_as` has no effect."""
        from wandb.apis.artifact_uses import use_artifact

        return use_artifact(self._connection, self._place(), artifact)

    def log_artifact(
        self, artifact: Artifact, aliases: Collection[str] | None = None, tags: Collection[str] | None = None
    ) -> Artifact:
        """Make an artifact that is at the server an output of the run, with further aliases and tags."""
        from wandb.apis.artifact_uses import log_artifact

        return log_artifact(self._connection, self._place(), artifact, aliases, tags)

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that the run belongs to."""
        from wandb.apis.sweeps import Sweep

        if not self.sweep_name:
            return None
        return Sweep(self._connection, self._entity, self._project, str(self.sweep_name))

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Its page as a frame for notebooks."""
        return page_html(self.url, height, hidden)

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self._node.get('state', 'not loaded')})>"
