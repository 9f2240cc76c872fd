"""A run, as the user's program has it: log, config, summary, metrics, the end.

Calls check their arguments here, the only place that may raise (UsageError); everything behind it appends
records and never raises for a disk, a service or a network. In a forked or spawned child the same object
appends to the same record, and its `finish` ends nothing but the child's own open row.
"""

from __future__ import annotations

import time

from wandb.errors import ArgumentTypeError, ArgumentValueError, Error
from wandb.loading import loading
from wandb.metric_rules import StepSync
from wandb.process import PerProcess
from wandb.sdk import active
from wandb.sdk.config import Config
from wandb.sdk.config_static import ConfigStatic
from wandb.sdk.interface.nowhere import Nowhere
from wandb.sdk.lib.json_values import dumps
from wandb.sdk.lib.terminal import termwarn
from wandb.sdk.rows import Rows, flatten, nested
from wandb.sdk.run_artifacts import RunArtifacts
from wandb.sdk.run_facts import RunFacts
from wandb.sdk.run_media import RunMedia
from wandb.sdk.run_records import RunRecords
from wandb.sdk.summary import Summary
from wandb.summary_state import SummaryState
from wandb.wire.encode import MOST_STEP, path_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple, Type, Union

    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.rows import Row
    from wandb.sdk.watch import Watching
    from wandb.settings import Settings

    Path = Tuple[str, ...]


_STEP_IGNORED = (
    "`step` has no effect while TensorBoard is mirrored, whose rows are numbered with all others; log the step as a "
    "metric, and see `define_metric`."
)


class Run(RunFacts, RunRecords, RunMedia, RunArtifacts):
    """One run; made by `wandb.init`, ended by `finish`, the end of a `with` block or the end of the program."""

    def __init__(
        self,
        settings: Settings,
        config: Mapping[str, Any] | None = None,
        interface: Union[Interface, Nowhere, None] = None,
        start_time: float | None = None,
        on_finish: Callable[[Run, int], None] | None = None,
        sweep_config: Mapping[str, Any] | None = None,
        earlier_runtime: float = 0.0,
    ) -> None:
        """For `wandb.init`, and for children that join; `on_finish(run, exit_code)` undoes what init set up.

        The program can't change what is in `sweep_config`. `earlier_runtime`: how many seconds the parts took that a
        resumed run goes on from.
        """
        self._settings = settings
        self._interface = Nowhere() if interface is None else interface
        self._start_time = time.time() if start_time is None else start_time
        self._starting_step = 0
        self._earlier_steps = False  # whether a part of the run that has such steps was there before
        self._earlier_runtime = earlier_runtime
        self._on_finish = on_finish
        self._finished = False
        self._media_config_known = {}
        self._config_callback = False  # what init is given stands in the run record already
        self._config = Config(self._config_changed, bool(settings.allow_val_change), self._config_ignored)
        if config:
            self._config.update(dict(config), allow_val_change=True)
        if sweep_config:
            self._config.update_locked(dict(sweep_config), "sweep", True)
        self._config_callback = True
        self._summary_state = SummaryState()
        self._step_sync = StepSync(self._summary_state.rules, self._summary_state.get)
        self._summary = Summary(
            self._summary_state.as_dict, self._summary_changed, self._summary_state.get, self._summary_value
        )
        self._rows = PerProcess(self._new_rows)
        self._watching: Watching | None = None

    def __setattr__(self, name: str, value: object) -> None:
        """Only what a run has can be set; anything else would silently not be recorded."""
        if not name.startswith("_") and not hasattr(type(self), name):
            raise Error(f"A run has no attribute {name!r} to set; values go to `run.config` or `run.summary`.")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"<wandb run {self.path}{' (finished)' if self._finished else ''}>"

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        exc_type: Type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        with loading():
            from wandb.sdk.lib.exit_hooks import exit_code_for, last_text

        if exc_val is not None and not self._finished:
            # The interpreter prints it after this run has ended; it belongs into the record.
            self._interface.publish_output(False, last_text(exc_val, exc_tb))
        self.finish(exit_code_for(exc_val))

    def __reduce__(self) -> Any:
        """A pickled run joins the same record in the process that unpickles it."""
        with loading():
            from wandb.sdk.attach import join
            from wandb.settings_fields import SECRETS

        kept = self._settings.copy()
        for name in SECRETS:  # a pickle may be kept, and all that the other process does is to append
            setattr(kept, name, None)
        return join, (self._interface.token(), kept, self._config._as_dict(), self._start_time, self._earlier_runtime)

    @property
    def config(self) -> Config:
        """What the run was configured with."""
        return self._config

    @property
    def config_static(self) -> ConfigStatic:
        """The config, read only."""
        return ConfigStatic(self._config)

    @property
    def summary(self) -> Summary:
        """One value per metric that describes the run: the last one logged, unless defined or set otherwise.

        To assign a mapping updates it.
        """
        return self._summary

    @summary.setter
    def summary(self, values: Mapping[str, Any]) -> None:
        self._summary.update(values)

    @property
    def step(self) -> int:
        """The step of the row that the next `log` belongs to, in this process."""
        return int(self._rows.get().step)

    def log(self, data: Dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Record one row of metrics, or a part of one. On return it is on its way to the disk.

        Without `step` each call is a row of its own, with the next step. Calls with the same `step` make one
        row; a greater one begins a new row, and a smaller one is rejected, warned of once and counted. `commit`
        ends the row (the default without `step`) or leaves it open (the default with it).

        Values: numbers, text, None, numpy and torch scalars and arrays, media (`wandb.Image`, ...), charts, figures
        and data frames, nested dicts and lists of them; anything else is recorded as text. Raises UsageError for a
        finished run, a `data` that is no dict with string keys, or a step that is no integer.
        """
        if self._finished:
            self._check_open("log")
        data, step = self._check_arguments(data, step, commit)
        rows = self._rows.value if self._rows.page[0] else self._rows.get()
        rows.log(flatten(data, self._media_writer), step, commit)

    def _log_beside(self, name: str, data: Dict[str, Any], commit: bool) -> None:
        """Add to the row of this name, which only `commit` ends, whatever the program logs meanwhile."""
        self._check_open("log")
        self._rows.get().log_beside(name, flatten(data, self._media_writer), commit)

    def _check_arguments(self, data: Any, step: Any, commit: Any) -> Tuple[Dict[str, Any], int | None]:
        if type(data) is not dict:
            data = _as_dict(data)
        for key in data:
            if type(key) is not str and not isinstance(key, str):
                raise ArgumentTypeError(f"The keys given to `log` must be strings; {key!r} is not.")
        if step is not None and active.mirrors:
            termwarn(_STEP_IGNORED, repeat=False)
            step = None
        if step is not None:
            if type(step) is not int:
                step = _as_integer(step, "A step")
            if step > MOST_STEP:
                raise ArgumentValueError(f"A step is at most {MOST_STEP}.")
        if not (commit is None or hasattr(commit, "__bool__") or isinstance(commit, int)):
            raise ArgumentTypeError(f"`commit` is True, False or None, not {commit!r:.100}.")
        return data, step

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> None:
        """Add histograms of a torch model's gradients, parameters or both ("all") to the row that is open.

        At each `log_freq`-th pass, until `unwatch` or the end of the run. Names of a second model's begin with
        `graph_1`, or with the number `idx`. `log_graph`: its layers in the summary. `criterion` has
        no effect. Raises TypeError for what is no torch.nn.Module, ValueError for another `log`.
        """
        self._check_open("watch")
        if not self.disabled:
            self._watches().watch(models, log, log_freq, idx, log_graph)

    def unwatch(self, models: Any = None) -> None:
        """End what `watch` began, for these models or for all."""
        if self._watching is not None or (models is not None and not self.disabled):
            self._watches().unwatch(models)

    def _watches(self) -> Watching:
        if self._watching is None:
            with loading():
                from wandb.sdk.watch import Watching

            self._watching = Watching(lambda part: self.log(part, commit=False), self.summary.update)
        return self._watching

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: everything it logged is in its folder when this returns. A second call does nothing.

        In a child of the process that called `init` it only commits the child's open row. UsageError: no exit code.
        """
        if self._finished:
            return
        code = 1 if exit_code is True else _as_integer(exit_code or 0, "An exit code")
        self.unwatch()
        for mirror in list(active.mirrors):
            mirror.run_ends(self)
        self._rows.get().close()
        if not self._interface.is_creator():
            return
        self._finished = True
        if self._on_finish is not None:
            self._on_finish(self, code)

    def join(self, exit_code: int | None = None) -> None:
        """Older name of `finish`."""
        self.finish(exit_code)

    def _new_rows(self) -> Rows:
        begin = self._start_time - self._earlier_runtime
        return Rows(self._interface, begin, self._starting_step, self._row_committed, self._earlier_steps)

    def _row_committed(self, row: Row) -> None:
        if self._summary_state.rules.synced_steps:
            for path, value in self._step_sync.missing_from(nested(row)):
                row[path if len(path) > 1 else path[0]] = value
        self._summary_state.apply_row(row)

    def _config_changed(self, changes: Sequence[Tuple[Path, object]]) -> None:
        if not self._config_callback:
            return
        self._check_open("config")
        replaced: List[Tuple[Path, object]] = [(path, None) for path, value in changes if isinstance(value, dict)]
        if replaced:  # readers merge a dict into the one that is there: the old keys have to go first
            self._interface.publish("config", "ConfigRecord", {"remove": path_items(replaced, lambda _: "")})
        self._interface.publish("config", "ConfigRecord", {"update": path_items(changes, dumps)})

    def _config_ignored(self, key: str, holder: str) -> None:
        termwarn(f"The config key {key!r} is set by the {holder} and keeps its value.")

    def _summary_changed(self, updates: Sequence[Tuple[Path, object]], removes: Sequence[Path]) -> None:
        for path, value in updates:
            self._summary_state.update(path, value)
        for path in removes:
            self._summary_state.remove(path)
        if self._finished and not self.disabled:
            termwarn("The run is finished: what is set in its summary now is not recorded.", repeat=False)
        if not self._finished:
            removed: List[Tuple[Path, object]] = [(path, None) for path in removes]
            fields = {"update": path_items(updates, dumps), "remove": path_items(removed, lambda _: "")}
            self._interface.publish("summary", "SummaryRecord", fields)


def _as_dict(data: object) -> Dict[str, Any]:
    from collections.abc import Mapping as AnyMapping

    if not isinstance(data, AnyMapping):
        raise ArgumentTypeError(f"`log` takes a dictionary, not {type(data).__name__}.")
    return dict(data)


def _as_integer(value: Any, what: str) -> int:
    """An integer from numpy or torch is one too, a truth value of Python is none."""
    try:
        if value is not True and value is not False:
            return int(value.__index__())
    except (AttributeError, TypeError):
        pass  # said below
    raise ArgumentTypeError(f"{what} is an integer, not {value!r:.100}.") from None
