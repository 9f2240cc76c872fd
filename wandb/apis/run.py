"""What every run of the public API can be asked, whether it is read from a folder of this disk or from a server."""

from __future__ import annotations

import json
import time
import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Sequence

from wandb.apis.history import HistoryScan
from wandb.apis.shown import Shown
from wandb.errors import ApiTypeError, ApiValueError

if TYPE_CHECKING:
    from wandb.apis.console import ConsoleLogLine
    from wandb.apis.files import File
    from wandb.apis.history import Row

_STREAMS = ("default", "system")
# States of a run that has not ended, or is to begin again.
_NOT_ENDED = ("pending", "preempted", "preempting", "running")
# Servers' names of what is an attribute here, for programs that use those.
_SERVERS_NAMES = {
    "createdAt": "created_at", "displayName": "display_name", "heartbeatAt": "heartbeat_at", "jobType": "job_type",
    "historyLineCount": "history_line_count", "projectId": "project_id", "readOnly": "read_only",
    "summaryMetrics": "summary_metrics", "sweepName": "sweep_name", "systemMetrics": "system_metrics",
}  # fmt: skip


class Run(Shown, ABC):
    """One run: what it is, its rows, its files."""

    _poll_seconds = 5.0

    # ---- what each kind of run has of its own

    @property
    @abstractmethod
    def id(self) -> str:
        """The run's id."""

    @property
    @abstractmethod
    def entity(self) -> str:
        """User or team that owns the run."""

    @property
    @abstractmethod
    def project(self) -> str:
        """Name of the project."""

    @property
    @abstractmethod
    def state(self) -> str:
        """running, finished, failed, killed, crashed…"""

    @property
    @abstractmethod
    def rawconfig(self) -> Dict[str, Any]:
        """The config with the section `_wandb`."""

    @abstractmethod
    def files(self, names: List[str] | None = None, pattern: str | None = None, per_page: int = 50) -> Sequence[File]:
        """The files of the run; `names`, or a `pattern`, choose."""

    @abstractmethod
    def console_logs(self, *, per_page: int = 1000, last: int | None = None) -> Iterator[ConsoleLogLine]:
        """The lines of the console text, or the last ones."""

    @abstractmethod
    def _scan(self, keys: List[str] | None, min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:
        """All rows of these steps; of those that have all `keys`, only these."""

    @abstractmethod
    def _sampled(self, samples: int, keys: List[str] | None, stream: str) -> List[Row]:
        """At most so many rows, evenly spread."""

    # ---- what follows from that

    @classmethod
    def create(
        cls,
        api: Any,
        run_id: str | None = None,
        project: str | None = None,
        entity: str | None = None,
        state: str = "running",
    ) -> Run:
        """Make a run at the server of an `Api`; `wandb.init` is what records one."""
        made: Run = api._create_run(run_id, project, entity, state)
        return made

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int = 0,
        max_step: int | None = None,
        use_cache: bool = True,
    ) -> HistoryScan:
        """All rows, one by one, in bounded memory; with `keys`, the rows that have all of them, these and `_step`.

        Of steps from `min_step` to before `max_step`. A server is asked for `page_size` steps at a time; `use_cache`
        has no effect.
        """
        _must_be_numbers(page_size=page_size, min_step=min_step, max_step=0 if max_step is None else max_step)
        wanted = _checked(keys)
        if wanted is not None and "_step" not in wanted:
            wanted = ["_step", *wanted]
        return HistoryScan(self._scan(wanted, min_step, max_step, page_size), max_step)

    def beta_scan_history(self, *args: Any, **kwargs: Any) -> HistoryScan:
        """Another name of `scan_history`."""
        return self.scan_history(*args, **kwargs)

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: str = "default",
    ) -> Any:
        """At most `samples` rows, evenly spread, as a DataFrame; as a list of dicts with `pandas=False`.

        With `keys`, the rows that have all of them, with their `x_axis`. `stream="system"`: the system metrics.
        Without pandas installed, a warning says so and the list is returned. Raises ApiValueError.
        """
        if stream not in _STREAMS:
            raise ApiValueError(f"`history` knows the streams {' and '.join(_STREAMS)}, not {stream!r}.")
        _must_be_numbers(samples=samples)
        if samples < 1:
            raise ApiValueError(f"`history` gives at least one row, not {samples}.")
        wanted = _checked(keys)
        columns = None if wanted is None else [x_axis, *(key for key in wanted if key != x_axis)]
        rows = self._sampled(samples, columns, stream)
        return _frame(rows, columns) if pandas else rows

    def file(self, name: str) -> File:
        """One file; raises ApiValueError if there is none of this name."""
        if not isinstance(name, str):
            raise ApiTypeError(f"A file is named by a text, not {name!r:.200}.")
        found = self.files([name])
        if not found:
            raise ApiValueError(f"The run {self.id} has no file {name!r}.")
        return found[0]

    @property
    def path(self) -> List[str]:
        """Entity, project and id."""
        return [self.entity, self.project, self.id]

    @property
    def username(self) -> str:
        """Older name of `entity`."""
        return self.entity

    @property
    def config(self) -> Dict[str, Any]:
        """The config."""
        return {key: value for key, value in self.rawconfig.items() if key != "_wandb"}

    @property
    def json_config(self) -> str:
        """The config as JSON text, each value wrapped as `{"value": …}`."""
        return json.dumps({key: {"value": value} for key, value in self.rawconfig.items()})

    @property
    def console(self) -> str:
        """The console text as a whole; see `console_logs` for one that is too large."""
        return "".join(f"{line.content}\n" for line in self.console_logs())

    def wait_until_finished(self) -> None:
        """Return once the run does not go on any more."""
        while self._fresh_state() in _NOT_ENDED:
            time.sleep(self._poll_seconds)

    def _fresh_state(self) -> str:
        return self.state

    def __getattr__(self, name: str) -> Any:
        if name not in _SERVERS_NAMES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self, _SERVERS_NAMES[name])

    def __repr__(self) -> str:
        return f"<Run {'/'.join(filter(None, self.path))}>"


def _must_be_numbers(**given: Any) -> None:
    for name, value in given.items():
        if not hasattr(value, "__index__") and not isinstance(value, float):
            raise ApiTypeError(f"{name} is a number, not {value!r:.200}.")


def _checked(keys: Sequence[str] | None) -> List[str] | None:
    if keys is None:
        return None
    if isinstance(keys, str) or not all(isinstance(key, str) for key in keys):
        raise ApiValueError(f"keys is a list of names, not {keys!r}.")
    return list(keys) or None


def _frame(rows: List[Row], columns: List[str] | None) -> Any:
    try:
        import pandas
    except ImportError:
        warnings.warn("history() gives a list: pandas is missing (`pip install pandas`).", stacklevel=3)
        return rows
    return pandas.DataFrame(rows, columns=columns)
