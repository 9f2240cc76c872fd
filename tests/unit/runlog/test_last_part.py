"""What `init` reads of a run's earlier part, whatever its files hold."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Dict

import pytest

from wandb.process import ProcessIdentity
from wandb.runlog.last_part import last_part
from wandb.runlog.layout import RunLayout
from wandb.runlog.spool import OPEN_ROW, RECORD, Spool
from wandb.runlog.transaction_log import TransactionLog
from wandb.wire.encode import body, encode, history_body, info_field, named, numbered, path_items


def record(num: int, kind: str, message: str, **fields: Any) -> bytes:
    return numbered(num, body(kind, encode(message, fields)))


def part(folder: Path, number: int, rows: int = 5, **run: Any) -> RunLayout:
    """A part of `rows` rows that nobody has completed."""
    layout = RunLayout(str(folder / f"offline-run-20260101_00000{number}-x"), "x")
    Path(layout.files_dir).mkdir(parents=True)
    log = TransactionLog.create(layout.transaction_log)
    creator = ProcessIdentity("elsewhere", 1, "1").to_json()
    fields = {
        "run_id": "x",
        "project": "p",
        "start_time": {"seconds": 1000 + number},
        "config": {"update": path_items([(("c",), 1)], json.dumps)},
        "settings": {"item": [{"key": "_creator", "value_json": json.dumps(creator)}]},
        **run,
    }
    log.append(record(1, "run", "RunRecord", **fields))
    for step in range(rows):
        row = {"n": step, "_step": step, "_runtime": step / 2, "_timestamp": 2000.0 + step}
        log.append(numbered(step + 2, history_body(row, step, json.dumps)))
    log.close()
    return layout


def read(folder: Path) -> Dict[str, Any]:
    found, problems = last_part(str(folder), "x", "p", "")
    assert found is not None
    return {"step": found.step, "runtime": found.runtime, "summary": found.summary, "config": found.config,
            "folder": found.layout.run_dir, "problems": problems}  # fmt: skip


def test_last_part__of_several__is_the_one_that_began_last(tmp_path: Path) -> None:
    """Names hold local time, which is set back once a year."""
    first, _ = part(tmp_path, 2, start_time={"seconds": 5000}), part(tmp_path, 3, start_time={"seconds": 4000})
    assert read(tmp_path)["folder"] == first.run_dir


def test_last_part__by_a_clock_that_is_behind__is_the_one_that_nobody_went_on_from(tmp_path: Path) -> None:
    """A job that was preempted goes on at another host of the cluster; a loop in what they say is damage."""
    folders = [f"offline-run-20260101_00000{number}-x" for number in range(5)]
    for number, (before, seconds) in enumerate([(4, 9000), (0, 5000), (1, 4000), (2, 5000), (4, 100)]):
        item = {"key": "_resumed_from", "value_json": json.dumps({"folder": folders[before]})}
        part(tmp_path, number, rows=number + 1, start_time={"seconds": seconds}, settings={"item": [item]})
    assert read(tmp_path)["step"] == 3


def test_last_part__with_spools__counts_rows_that_will_be_numbered(tmp_path: Path) -> None:
    """Two rows without a step, one open row with one, and a piece of rubbish between them."""
    layout = part(tmp_path, 1)
    spool = Spool(layout.spool("here"))
    for number, step in enumerate((None, None)):
        row = {"child": number, "_timestamp": 3000.0}
        spool.append(RECORD, named(f"w#{number + 1}", history_body(row, step, json.dumps)))
        spool.append_frames(b"rubbish")
    spool.append(OPEN_ROW, named("creator#1", history_body({"open": 1, "_timestamp": 3001.0}, 5, json.dumps)))
    spool.close()
    found = read(tmp_path)
    assert found["step"] == 7
    assert (found["summary"]["child"], found["summary"]["open"], found["summary"]["n"]) == (1, 1, 4)


def test_last_part__with_rows_left_open__counts_each_once(tmp_path: Path) -> None:
    """Parts of rows that are in the log, or were committed by who died while he did, are none by themselves."""
    layout = part(tmp_path, 1)
    log = TransactionLog.reopen(layout.transaction_log, Path(layout.transaction_log).stat().st_size)
    log.append(numbered(7, body("metric", encode("MetricRecord", {"name": "a", "summary": {"mean": True}}))))
    for number in (1, 2):
        row = {"a": number, "b": number, "_step": number + 4, "_timestamp": 3000.0}
        log.append(numbered(number + 7, history_body(row, number + 4, json.dumps) + info_field(f"t#{number}")))
    log.close()
    spool, count = Spool(layout.spool("here")), 0

    def frame(kind: int, writer: str, label: str = "", **row: Any) -> None:
        nonlocal count
        count += 1
        content = history_body({**row, "_timestamp": 3000.0 + count}, None, json.dumps) + info_field(label)
        spool.append(kind, named(f"{writer}#{count}", content))

    for number in (1, 2, 3):
        frame(OPEN_ROW, "creator", f"t#{number}", a=number)
        frame(OPEN_ROW, "creator", f"t#{number}", b=number)
    frame(OPEN_ROW, "creator", "u#4", c=1)
    frame(RECORD, "creator/u#4/open", c=1)
    for label in ("t#1", ""):
        frame(OPEN_ROW, "1/2/x", label, c=2)
    spool.close()
    found = read(tmp_path)
    assert found["step"] == 10  # that of the log, t#3 and u#4 of the creator, and two of a child
    assert {name: found["summary"][name] for name in "abc"} == {"a": {"mean": 2.0}, "b": 3, "c": 2}


def test_last_part__with_a_summary_file__takes_only_what_is_newer_from_the_log(tmp_path: Path) -> None:
    """An explicit value that a row has replaced long ago must not come back, nor one of the file be lost."""
    layout = part(tmp_path, 1)
    known = {"n": 3, "kept": "in the file only", "_step": 3, "_timestamp": 2003.0, "_runtime": 1.5, "_wandb": {"runtime": 1}}
    (Path(layout.files_dir) / "wandb-summary.json").write_text(json.dumps(known))
    found = read(tmp_path)
    assert (found["step"], found["runtime"]) == (4, 2.0)
    assert found["summary"] == {"n": 4, "kept": "in the file only", "_step": 4, "_timestamp": 2004.0, "_runtime": 2.0}
    assert (found["config"], found["problems"]) == ({"c": 1}, [])


def test_last_part__of_a_long_log__takes_what_it_skips_from_the_files(tmp_path: Path) -> None:
    """Config that was changed far from both ends of the log."""
    layout = part(tmp_path, 1, rows=30_000)
    (Path(layout.files_dir) / "config.yaml").write_text("c:\n    value: 2\n_wandb:\n    value: {}\n")
    found = read(tmp_path)
    assert (found["step"], found["runtime"], found["summary"]["n"]) == (29_999, 14_999.5, 29_999)
    assert (found["config"], found["problems"]) == ({"c": 2}, [])


@pytest.mark.parametrize("name", ["run-x.wandb", "run-x.here.spool", "files/wandb-summary.json", "files/config.yaml"])
def test_last_part__any_bytes_in_its_files__is_read_as_far_as_they_go(tmp_path: Path, name: str) -> None:
    """Bits flipped, pieces cut out and zeroed: data or problems, never an exception, and never another run's."""
    layout = part(tmp_path, 1, rows=4000)
    spool = Spool(layout.spool("here"))
    spool.append(RECORD, named("w#1", history_body({"child": 1, "_timestamp": 3000.0}, None, json.dumps)))
    spool.close()
    (Path(layout.files_dir) / "wandb-summary.json").write_text('{"n": 1, "_step": 1, "_timestamp": 2001.0}')
    (Path(layout.files_dir) / "config.yaml").write_text("c:\n    value: 2\n")
    file, chance = Path(layout.run_dir) / name, random.Random(1)
    whole = file.read_bytes()
    for _ in range(15):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            begin = chance.randrange(len(data))
            end = begin + chance.choice((1, 8, 300, 100_000))
            data[begin:end] = chance.choice((b"", bytes(end - begin), bytes(chance.choices(range(256), k=min(end - begin, 500)))))
            data = data or bytearray(b"x")
        file.write_bytes(data)
        found, problems = last_part(str(tmp_path), "x", "p", "")
        assert found is not None or problems
        assert found is None or -1 <= found.step <= 4001


def test_last_part__folders_of_other_runs__are_not_its_parts(tmp_path: Path) -> None:
    """Another id that ends alike, another project, another entity."""
    part(tmp_path, 1, project="other")
    part(tmp_path, 2, entity="somebody")
    assert last_part(str(tmp_path), "x", "p", "me") == (None, [])
    assert last_part(str(tmp_path), "20260101_000001-x", "p", "") == (None, [])
    assert last_part(str(tmp_path / "missing"), "x", "p", "") == (None, [])
