"""config.yaml: what the run was configured with, and the `_wandb` section that servers and viewers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from wandb.config_state import merge, remove
from wandb.sync.rewrite import rewrite
from wandb.wire.row_items import path_of, value_of

if TYPE_CHECKING:
    from wandb.metric_rules import MetricRules
    from wandb.runlog.tail import Entry


class ConfigFile:
    """Fed run, config, metric, telemetry and environment entries."""

    def __init__(self, path: str, rules: MetricRules) -> None:
        """`rules` are the definitions of the run, which the summary keeps."""
        self._path = path
        self._rules = rules
        self._values: Dict[str, Any] = {}
        self._telemetry: Dict[str, Any] = {}
        self._environments: Dict[str, Any] = {}
        self._branch: Dict[str, Any] = {}
        self._changed = True

    def apply(self, entry: Entry) -> None:
        """Take in one entry."""
        record = entry.record
        if entry.kind in ("run", "config"):
            config = record.run.config if entry.kind == "run" else record.config
            for item in config.update:
                merge(self._values, path_of(item), value_of(item))
            for item in config.remove:
                remove(self._values, path_of(item))
            if entry.kind == "run" and record.run.branch_point.run:
                point = record.run.branch_point
                step = int(point.value) if point.value.is_integer() else point.value
                self._branch = {"branch_point": {"run_id": point.run, "step": step}}
        elif entry.kind == "telemetry":
            self._telemetry.update(_numbered(record.telemetry))
        elif entry.kind != "metric":
            return
        self._changed = True

    def set_environment(self, writer: str, environment: Dict[str, Any]) -> None:
        """The machine that a writer ran on, as in wandb-metadata.json."""
        self._environments[writer] = environment
        self._changed = True

    def values(self) -> Dict[str, Any]:
        """The config, its `_wandb` section included; not a copy all the way down."""
        section = self._values.get("_wandb")
        own = dict(section) if isinstance(section, dict) else {}
        own.update({"t": self._telemetry, "m": self._rules.to_config(), "e": self._environments})
        own.update(self._branch, cli_version=self._telemetry.get("5", ""), python_version=self._telemetry.get("4", ""))
        return {**self._values, "_wandb": own}

    def flush(self) -> None:
        """Replace the file if anything has changed."""
        if not self._changed:
            return
        import yaml

        rewrite(self._path, yaml.safe_dump(self.wrapped(), indent=4, allow_unicode=True, default_flow_style=False))
        self._changed = False

    def wrapped(self) -> Dict[str, Any]:
        """The config as servers get it: sorted, each value in an object with the key `value`."""
        values = self.values()
        return {key: {"value": values[key]} for key in sorted(values)}


def _numbered(telemetry: Any) -> Dict[str, Any]:
    """A TelemetryRecord in the form of the config's `t`: field numbers; flags as the list of those that are set."""
    found: Dict[str, Any] = {}
    for field, value in telemetry.ListFields():
        if field.message_type is None:
            found[str(field.number)] = value
        elif field.name == "label":
            found[str(field.number)] = {str(part.number): text for part, text in value.ListFields()}
        elif not field.name.startswith("_"):
            found[str(field.number)] = [flag.number for flag, _ in value.ListFields()]
    return found
