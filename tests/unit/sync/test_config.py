"""config.yaml, as far as no program that runs can show it."""

from __future__ import annotations

from pathlib import Path

import yaml

from wandb.metric_rules import MetricRules
from wandb.runlog.spool import RECORD
from wandb.runlog.tail import Entry
from wandb.sync.config import ConfigFile
from wandb.wire.decode import message_class


def test_config_file__telemetry__has_the_numbered_form_that_servers_read(tmp_path: Path) -> None:
    """A run without this key can't be resumed; flags are lists of numbers, labels a map, texts stay."""
    file = ConfigFile(str(tmp_path / "config.yaml"), MetricRules())
    record = message_class("Record")()
    record.telemetry.python_version, record.telemetry.cli_version = "3.11.7", "0.31.0"
    record.telemetry.feature.offline = record.telemetry.feature.finish = True
    record.telemetry.label.code_string = "a label"
    record._info.stream_id = record.telemetry._info.stream_id = "x"
    file.apply(Entry(record, RECORD, 0.0))
    file.flush()
    own = yaml.safe_load((tmp_path / "config.yaml").read_text(encoding="utf-8"))["_wandb"]["value"]
    features = message_class("Feature").DESCRIPTOR.fields_by_name
    numbers = sorted(features[name].number for name in ("offline", "finish"))
    assert own["t"] == {"3": numbers, "4": "3.11.7", "5": "0.31.0", "9": {"1": "a label"}}
    assert (own["python_version"], own["cli_version"]) == ("3.11.7", "0.31.0")
