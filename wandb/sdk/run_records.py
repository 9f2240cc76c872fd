"""The calls of a run that append one record of their own: metric definitions, files, alerts, name, tags, notes."""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.loading import loading
from wandb.metric_rules import GOALS
from wandb.sdk.lib.json_values import dumps
from wandb.sdk.lib.terminal import termwarn
from wandb.wire.encode import path_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, TextIO, Tuple, Union

    from wandb.metric_rules import MetricRule
    from wandb.sdk.config import Config
    from wandb.sdk.interface.interface import Interface
    from wandb.sdk.interface.nowhere import Nowhere
    from wandb.sdk.metric import Metric
    from wandb.settings import Settings
    from wandb.summary_state import SummaryState

    AnyPath = Union[str, bytes, os.PathLike[str], os.PathLike[bytes]]

_POLICIES = {"now": 0, "end": 1, "live": 2}
_ALERT_LEVELS = ("INFO", "WARN", "ERROR")
_MOST_WAIT = 2.0**62  # it travels as a signed number of 64 bits


def _metric_fields(rule: MetricRule) -> Dict[str, Any]:
    """A MetricRecord for `encode`."""
    fields = {
        "glob_name" if rule.name.endswith("*") else "name": rule.name,
        "step_metric": rule.step_metric or "",
        "options": {"step_sync": rule.step_sync, "hidden": rule.hidden, "defined": rule.defined},
        "summary": dict.fromkeys(rule.summary, True),
        "goal": GOALS.get(rule.goal or "", 0),
        "_control": {"overwrite": True} if rule.overwrite else None,
    }
    return {name: value for name, value in fields.items() if value}


def _path_text(path: Any) -> str:
    try:
        return os.fsdecode(path)
    except TypeError:
        raise ArgumentTypeError(f"`save` takes a path, not {type(path).__name__}.") from None


def _milliseconds(duration: Any) -> int:
    """Of a number of seconds, or of a timedelta."""
    seconds = duration.total_seconds() if hasattr(duration, "total_seconds") else duration
    try:
        if not isinstance(seconds, (str, bytes)):
            return int(min(max(float(seconds) * 1000, 0.0), _MOST_WAIT))
    except (TypeError, ValueError, OverflowError):
        pass  # said below
    raise ArgumentTypeError(f"wait_duration is a number of seconds or a timedelta, not {duration!r:.100}.")


class RunRecords:
    """Mixed into Run."""

    _settings: Settings
    _interface: Union[Interface, Nowhere]
    _summary_state: SummaryState
    _config: Config
    _finished: bool

    def _check_open(self, call: str) -> None:
        if self._finished and self._settings.mode != "disabled":
            raise UsageError(f"The run {self._settings.run_id} is finished; `{call}` needs one that is not.")

    def define_metric(
        self,
        name: str,
        step_metric: Union[str, Metric, None] = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        overwrite: bool | None = None,
        *,
        goal: str | None = None,
    ) -> Metric:
        """Say how a metric, or all that match a trailing `*`, is drawn and summarised.

        `summary` is a comma-separated list of min, max, mean, best, last, first, copy and none. Raises UsageError
        for a name or a value that can't be.
        """
        self._check_open("define_metric")
        with loading():
            from wandb.metric_rules import MetricRule
            from wandb.sdk.metric import Metric

        rule = MetricRule.from_arguments(name, step_metric, step_sync, hidden, summary, overwrite, goal)
        now = self._summary_state.define(rule)
        self._interface.publish("metric", "MetricRecord", _metric_fields(rule))
        return Metric(now)

    def save(
        self,
        glob_str: AnyPath,
        base_path: Union[AnyPath, None] = None,
        policy: str = "live",
        glob: bool = True,
    ) -> Union[bool, List[str]]:
        """Make files part of the run: linked into its `files/`, below their place relative to `base_path`.

        `policy` says when they are sent: "live" whenever they change, "now" once, "end" when the run ends. Files that
        the program has put into the run's folder by itself are found there. Returns the paths in that folder. Raises
        UsageError (a ValueError) for an unknown policy or a file outside `base_path`; nothing found is a warning.
        """
        self._check_open("save")
        if policy not in _POLICIES:
            raise ArgumentValueError(f"`save` knows the policies {', '.join(sorted(_POLICIES))}, not {policy!r}.")
        with loading():
            from wandb.sdk.saved_files import link_files

        base = None if base_path is None else _path_text(base_path)
        names = link_files(_path_text(glob_str), base, glob, self._settings)
        if names:
            files = [{"path": name, "policy": _POLICIES[policy]} for name in names]
            self._interface.publish("files", "FilesRecord", {"files": files})
        return [os.path.join(str(self._settings.files_dir), name) for name in names]

    def restore(
        self, name: str, run_path: str | None = None, replace: bool = False, root: str | None = None
    ) -> Union[TextIO, None]:
        """Open a file that this run or another one (`run_path`) has saved, for reading; None in a disabled run.

        It is put below `root`, by default the run's `dir`, from the run folders of this machine, unless it is there
        already; with `replace` also then. A file that is in none of them is a UsageError (a ValueError).
        """
        if self._settings.mode == "disabled":
            return None
        with loading():
            from wandb.sdk.restored_files import restore_file

        return restore_file(self._settings, run_path, name, replace, root)

    def alert(self, title: str, text: str, level: Any = None, wait_duration: Any = None) -> None:
        """Record an alert; `wait_duration` (seconds or a timedelta) is the least time between two with one title."""
        self._check_open("alert")
        name = str(getattr(level, "value", level) or "INFO").upper()
        if name not in _ALERT_LEVELS:
            raise ArgumentValueError(f"An alert has a level of {', '.join(_ALERT_LEVELS)}, not {level!r}.")
        wait = 60_000 if wait_duration is None else _milliseconds(wait_duration)
        fields = {"title": str(title), "text": str(text), "level": name, "wait_duration": wait}
        self._interface.publish("alert", "AlertRecord", fields)

    def _label(self, repo: str | None = None, code: str | None = None, code_version: str | None = None) -> None:
        """Note which library or example the program is; libraries call it."""
        labels = {"repo_string": repo, "code_string": code, "code_version": code_version}
        self._interface.publish("telemetry", "TelemetryRecord", {"label": {k: str(v) for k, v in labels.items() if v}})

    def mark_preempting(self) -> None:
        """Record that the process is about to be preempted."""
        self._check_open("mark_preempting")
        self._interface.publish("preempting", "RunPreemptingRecord", {})

    def write_logs(self, text: str) -> None:
        """Add text to the run's console log without printing it."""
        self._interface.publish("output_logger", "OutputLoggerRecord", {"line": str(text)})

    def pin_config_keys(self, keys: Sequence[str] = ()) -> None:
        """Name the config keys that a viewer shows first."""
        self._check_open("pin_config_keys")
        pinned = [(("_wandb", "pinned_keys"), [str(key) for key in keys])]
        self._interface.publish("config", "ConfigRecord", {"update": path_items(pinned, dumps)})

    @property
    def name(self) -> str | None:
        """Display name; may be set."""
        return self._settings.run_name

    @name.setter
    def name(self, name: str) -> None:
        self._check_open("name")
        self._settings.run_name = name
        self._publish_run({"display_name": name})

    @property
    def notes(self) -> str | None:
        """Free text about the run; may be set."""
        return self._settings.run_notes

    @notes.setter
    def notes(self, notes: str) -> None:
        self._check_open("notes")
        self._settings.run_notes = notes
        self._publish_run({"notes": notes})

    @property
    def tags(self) -> Tuple[str, ...] | None:
        """Labels of the run; may be set, also with `+=`. With one that can't be a tag, all stay as they were."""
        return tuple(self._settings.run_tags or ())

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        self._check_open("tags")
        try:
            self._settings.run_tags = (tags,) if isinstance(tags, str) else tuple(tags)
        except UsageError as error:  # while the training goes on, which no label is worth
            termwarn(f"The tags stay as they were. {error}")
            return
        self._publish_run({"tags": list(self._settings.run_tags or ())})

    def _publish_run(self, changed: Dict[str, Any]) -> None:
        """A run record with the identity and what has changed."""
        identity = {
            "run_id": str(self._settings.run_id),
            "project": self._settings.project or "",
            "entity": self._settings.entity or "",
            "display_name": self._settings.run_name or "",
            "notes": self._settings.run_notes or "",
            "tags": list(self._settings.run_tags or ()),
        }
        self._interface.publish("run", "RunRecord", {**identity, **changed})
