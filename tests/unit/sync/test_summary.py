"""The summary file: from rows in our logs, from summary records in upstream's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from wandb.metric_rules import MetricRules
from wandb.runlog.spool import RECORD
from wandb.runlog.tail import Entry
from wandb.sync.summary import SummaryFile
from wandb.version import __version__
from wandb.wire.decode import message_class


def entry(**fields: Any) -> Entry:
    return Entry(message_class("Record")(**fields), RECORD, 0.0)


def summary_of(producer: str, path: Path) -> Dict[str, Any]:
    """The summary of a log that holds what both clients write for one row of a metric with two rules."""
    file = SummaryFile(str(path), MetricRules())
    file.apply(entry(header={"version_info": {"producer": producer}}))
    file.apply(entry(metric={"name": "loss", "summary": {"min": True, "max": True}}))
    file.apply(entry(summary={"update": [{"nested_key": ["loss"], "value_json": '{"min":-1,"max":9}'}]}))
    file.apply_row([(("loss",), 5)])
    file.flush([])
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("producer", "expected"),
    [("0.31.0+15f8cbc581d1", {"loss": {"min": -1, "max": 9}}), (__version__, {"loss": 5}), ("", {"loss": 5})],
)
def test_summary_file__row_after_a_summary_record__counts_in_our_logs_only(
    producer: str, expected: Dict[str, Any], tmp_path: Path
) -> None:
    """Upstream writes the new summary before each row; in ours such a record is a person's own value, and a row ends it."""
    assert summary_of(producer, tmp_path / "wandb-summary.json") == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([("", 0), ("", 1)], 1),
        ([("w#", None)], 0),
        ([("w#", None), ("", 0), ("v#", None), ("", 5)], 7),
        ([("", 5), ("w#", None), ("w#", 100), ("w#", None)], 101),
        ([("", 5), ("w#", 100), ("", 6)], 100),
        ([("w#", 3), ("", 5), ("w#", None)], 6),
        ([("", 2**62), ("w#", None)], 2**62),
    ],
)
def test_summary_file__rows_without_a_step__has_the_step_that_the_fold_comes_to(
    rows: List[Tuple[str, Any]], expected: Any, tmp_path: Path
) -> None:
    """Rows of other processes are numbered at the end only, behind the creator's; the summary must not lag behind."""
    file = SummaryFile(str(tmp_path / "wandb-summary.json"), MetricRules())
    for writer, step in rows:
        row: List[Tuple[Tuple[str, ...], Any]] = [(("a",), 1)]
        file.apply_row(row if step is None else [*row, (("_step",), step)], writer)
    assert file.values().get("_step") == expected
