"""Whole records whose fields hold what they can't: another client's, or damage that no checksum shows."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.damage import EXAMPLES, FRAME_KINDS, payload_lists
from wandb.apis.history import Rows
from wandb.apis.record import RunRecord, describe
from wandb.errors import CorruptLog
from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.spool import FINISH, OPEN_ROW, RECORD, Spool
from wandb.runlog.transaction_log import TransactionLog
from wandb.service.sampler import Sampler
from wandb.service.service import _creator_waits_only_for_us
from wandb.service.spool_writer import SpoolWriter
from wandb.sync.artifact_sender import manifest_of
from wandb.sync.completion import creator_lives
from wandb.sync.follower import Follower
from wandb.wire.decode import decode, message_class, record_kind
from wandb.wire.encode import history_body, numbered


def write_run(folder: str, payloads: List[bytes], frames: List[Tuple[int, bytes]]) -> RunLayout:
    """A run whose log has a good row before and behind these payloads."""
    layout = RunLayout(folder, "run1")
    os.makedirs(layout.files_dir)
    os.makedirs(layout.logs_dir)
    log = TransactionLog.create(layout.transaction_log)
    log.append(numbered(1, history_body({"before": 1, "_step": 0}, 0, json.dumps)))
    for payload in payloads:
        log.append(payload)
    log.append(numbered(2, history_body({"after": 2}, None, json.dumps)))
    log.close()
    spool = Spool(layout.spool("host"))
    for kind, payload in frames:
        spool.append(kind, payload)
    spool.close()
    return layout


def complete(layout: RunLayout) -> Follower:
    """What the service does with a run, without waiting."""
    follower = Follower(layout)
    follower.step()
    Sampler(follower.settings, SpoolWriter(layout)).sample()
    creator_lives(follower)
    _creator_waits_only_for_us(follower)
    follower.flush()
    follower.finish()
    follower.close()
    return follower


def look_at(layout: RunLayout) -> None:
    """What `wandb.Api` and exports do with a run folder."""
    describe(layout)
    record, rows = RunRecord(layout), Rows(layout)
    record.read()
    assert isinstance(record.exit_code, (int, type(None))) and isinstance(record.damage, list)
    for part in (record.config(), record.summary(), record.metadata(), record.last_stats()):
        json.dumps(part)
    assert {"before": 1, "_step": 0} in list(rows)
    assert isinstance(rows.damage, list)


def record_of(text: str) -> bytes:
    """A record from protobuf's text form."""
    from google.protobuf import text_format

    return bytes(text_format.Parse(text, message_class("Record")()).SerializeToString())


def setting(name: str, value_json: str) -> bytes:
    return record_of(f"run {{ settings {{ item {{ key: '{name}' value_json: '{value_json}' }} }} }}")


@settings(max_examples=EXAMPLES // 2, suppress_health_check=list(HealthCheck))
@given(payload_lists(), st.lists(st.tuples(FRAME_KINDS, payload_lists().map(lambda payloads: payloads[0])), max_size=4))
def test_follower__records_that_hold_anything__completes_the_run(
    payloads: List[bytes], frames: List[Tuple[int, bytes]]
) -> None:
    """One strange record never costs the others, and never the end of the run."""
    with tempfile.TemporaryDirectory() as folder:
        layout = write_run(os.path.join(folder, "run"), payloads, frames)
        look_at(layout)
        follower = complete(layout)
        kept = list(LogReader(layout.transaction_log).records())
        assert record_kind(decode(kept[-1])) == "exit" or follower.tail.exit_offset
        assert kept[1 : 1 + len(payloads)] == payloads
        again = Follower(layout)
        again.step()
        assert again.tail.ended
        again.finish()
        again.close()
        assert list(LogReader(layout.transaction_log).records()) == kept


DEEP = "value_json: '" + "[" * 300 + "]" * 300 + "'"
PATH = "value_json: '1' " + "nested_key: 'k' " * 500
CASES = {
    "settings of wrong types": setting("console_include", "5"),
    "no regular expression": setting("console_exclude", '["(("]'),
    "a creator that is no process": setting("_creator", "[1]"),
    "a pid of any size": setting("_creator", '{"pid": 1e99, "host": "x", "start_time": ""}'),
    "a disk with a null byte": setting("x_stats_disk_paths", '["\\\\u0000"]'),
    "a negative pid": setting("x_stats_pid", "-5"),
    "a label that UTF-8 can't carry": setting("x_label", '"\\\\ud800"'),
    "deep summary": record_of(f"summary {{ update {{ key: 'x' {DEEP} }} }}"),
    "deep config": record_of(f"config {{ update {{ key: 'x' {DEEP} }} }}"),
    "long path of a summary": record_of(f"summary {{ update {{ {PATH} }} }}"),
    "long path of a config": record_of(f"config {{ update {{ {PATH} }} }}"),
    "long path of a row": record_of(f"history {{ item {{ {PATH} }} }}"),
    "a moment that is no number": record_of("history { item { key: '_timestamp' value_json: 'now' } }"),
    "a moment at infinity": record_of("history { item { key: '_timestamp' value_json: '1e999' } }"),
    "a moment in ages": record_of("output_raw { line: 'x' timestamp { seconds: 4611686018427387904 } }"),
    "a config of our own part": record_of("config { update { key: '_wandb' value_json: '5' } }"),
    "a stamp in ages": record_of("stats { timestamp { seconds: 4611686018427387904 } item { key: 'x' value_json: 'x' } }"),
    "a row's step that is none": record_of("history { item { key: '_step' value_json: '[]' } }"),
    "a source that is no object": record_of("output_raw { line: 'x' _info { _tracelog_id: '[]' } }"),
}


@pytest.mark.parametrize("payload", CASES.values(), ids=CASES)
def test_follower__one_strange_record__costs_only_itself(tmp_path: Path, payload: bytes) -> None:
    """What such records once broke."""
    layout = write_run(str(tmp_path / "run"), [payload], [(RECORD, payload)])
    look_at(layout)
    complete(layout)
    summary = json.loads(Path(layout.files_dir, "wandb-summary.json").read_text(encoding="utf-8"))
    assert summary["before"] == 1 and summary["after"] == 2
    assert Path(layout.files_dir, "config.yaml").exists()


NUMBERS = ("²", "9" * 30, "9" * 5000, "-1", " 1")


@pytest.mark.parametrize("number", NUMBERS, ids=["superscript", "long", "very long", "negative", "blank"])
def test_follower__writer_with_a_number_that_is_none__is_one_without_a_name(tmp_path: Path, number: str) -> None:
    """Digits of other scripts, and numbers beyond 64 bits, are none of ours."""
    record = message_class("Record")(uuid=f"{number}/1/x#{number}")
    record.output_raw.line = "text\n"
    layout = write_run(str(tmp_path / "run"), [], [(RECORD, record.SerializeToString())])
    complete(layout)
    assert "text" in Path(layout.files_dir, "output.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", ["value_json: 'no JSON'", DEEP, PATH], ids=["no JSON", "deep", "long path"])
def test_open_row__that_can_not_be__costs_only_itself(tmp_path: Path, value: str) -> None:
    """Rows that were never committed are committed by whoever completes the run, or shown as they are."""
    open_row = record_of(f"uuid: 'creator#1' history {{ item {{ key: 'open' {value} }} }}")
    layout = write_run(str(tmp_path / "run"), [], [(OPEN_ROW, open_row), (FINISH, record_of("uuid: 'creator#2' exit { }"))])
    look_at(layout)
    complete(layout)


def test_follower__record_with_the_last_number__can_be_followed_by_others(tmp_path: Path) -> None:
    """The fold counts on."""
    record = message_class("Record")(num=2**63 - 1)
    record.output_raw.line = "text\n"
    complete(write_run(str(tmp_path / "run"), [record.SerializeToString()], []))


def test_damage__thousands_of_strange_records__are_told_in_a_few_lines(tmp_path: Path) -> None:
    """A message is for people."""
    strange = record_of("summary { update { key: 'x' value_json: 'no JSON' } }")
    told = complete(write_run(str(tmp_path / "run"), [strange, b"\xff" * 20] * 2000, [])).damage()
    assert len(told) <= 201 and told[-1] == "and 3800 more places"


def test_artifact__record_that_can_not_be__is_damage() -> None:
    """Whoever sends it counts it as not sent, and goes on with the others."""
    storage = "storage_policy_config { key: 'x' value_json: 'no JSON' }"
    record = decode(record_of(f"artifact {{ name: 'a' manifest {{ {storage} }} }}")).artifact
    with pytest.raises(CorruptLog, match="no JSON"):
        manifest_of(record)
