"""Exports as the tools of their formats read them: pyarrow, DuckDB, pandas and TensorBoard; run by `tox -e export`."""

from __future__ import annotations

import math
import resource
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.export.odd_runs import odd_runs
from tests.written_run import WrittenRun
from wandb.apis.local import LocalRunList, LocalRuns
from wandb.apis.local_run import LocalRun
from wandb.export import tensorboard
from wandb.export.dataset import FORMATS, export

parquet = pytest.importorskip("pyarrow.parquet", reason="`tox -e export` installs it")
duckdb = pytest.importorskip("duckdb", reason="`tox -e export` installs it")
pandas = pytest.importorskip("pandas", reason="`tox -e export` installs it")
pytest.importorskip("tensorboardX", reason="`tox -e export` installs it")


@pytest.fixture
def runs(tmp_path: Path) -> List[LocalRun]:
    """Two runs that disagree about types, with ids that look like numbers, and odd names."""
    return odd_runs(tmp_path / "runs")


@pytest.fixture
def dataset(tmp_path: Path, runs: List[LocalRun]) -> Path:
    target = tmp_path / "dataset"
    assert export(runs, "parquet", str(target)).rows == 5
    return target


def test_parquet__read_by_pyarrow__is_one_dataset_with_stable_types(dataset: Path) -> None:
    """With and without the folders' columns; the first file's schema is that of all."""
    dataset_module = pytest.importorskip("pyarrow.dataset")
    found = dataset_module.dataset(dataset / "history")
    types = {field.name: str(field.type) for field in found.schema}
    numbers = {
        "loss": "double",
        "count": "int64",
        "a/b": "double",
        "late": "double",
        "nested.x.y": "int64",
        ".logged": "int64",
    }
    texts = dict.fromkeys(
        ("_run_id", "_project", "text", "none", "hist", "mixed", "huge", "list", "run_id.logged"), "string"
    )
    assert types == {**numbers, **texts, "_step": "int64", "_timestamp": "double", "flag": "bool", "ü .\"'": "int64"}
    assert found.schema.field("mixed").metadata == {b"wandb.type": b"json"}
    rows = sorted(found.to_table().to_pylist(), key=lambda row: (row["_run_id"], row["_step"]))
    assert [row["_run_id"] for row in rows] == ["007"] * 4 + ["1e5"]
    assert math.isnan(rows[2]["loss"]) and rows[3]["loss"] == math.inf and rows[1]["count"] == 2**53 + 1
    assert (rows[2]["mixed"], rows[3]["mixed"], rows[3]["list"]) == ("1", '"one"', '[1,"NaN"]')
    assert rows[2]["huge"] == str(2**70) and rows[0]["late"] is None
    hive = dataset_module.dataset(dataset / "history", partitioning="hive")
    assert set(hive.to_table(filter=dataset_module.field("project") == "a/b ü")["_run_id"].to_pylist()) == {"007"}


def test_parquet__read_by_duckdb__needs_no_option(dataset: Path) -> None:
    """The folders' columns choose files, those in the files are exact; config and media are asked by path."""
    history = f"'{dataset}/history/**/*.parquet'"
    found = duckdb.sql(
        f"select _run_id, project, max(_step), count(loss) from {history} group by all order by 1"
    ).fetchall()
    assert found == [("007", "a/b ü", 3, 4), ("1e5", "q", 0, 1)]
    hist = duckdb.sql(f"select hist->>'$.values[0]' from {history} where hist is not null").fetchall()
    assert hist == [("3",)]
    facts = duckdb.sql(f"select run_id, config->>'$.deep.x[0]', state, rows from '{dataset}/runs.parquet' order by 1")
    assert facts.fetchall() == [("007", "1", "finished", 4), ("1e5", None, "finished", 1)]


def test_parquet__of_large_rows__has_few_of_them_in_a_group(tmp_path: Path) -> None:
    """A row group is held in memory while it is written: its size is bounded in bytes, too."""
    written = WrittenRun(tmp_path / "runs")
    written.rows([{"text": str(number) * 1_000_000} for number in range(10)] * 8)
    written.exit()
    export([LocalRun(written.layout)], "parquet", str(tmp_path / "out"))
    (path,) = (tmp_path / "out" / "history").rglob("*.parquet")
    assert parquet.ParquetFile(path).num_row_groups == 3


def test_parquet__read_by_pandas__is_a_frame(dataset: Path) -> None:
    """What most people do first."""
    frame = pandas.read_parquet(dataset / "history")
    assert len(frame) == 5 and frame["loss"].dtype == float and set(frame["_run_id"]) == {"007", "1e5"}


def test_csv_and_jsonl__read_by_duckdb_and_pandas__have_the_same_numbers(tmp_path: Path, runs: List[LocalRun]) -> None:
    """Quotes, line ends and words for not-a-number in the form that their readers know."""
    export(runs, "csv", str(tmp_path / "csv"))
    export(runs, "jsonl", str(tmp_path / "jsonl"))
    (path,) = (tmp_path / "csv" / "history").rglob("project=a*/*/*.csv")
    frame = pandas.read_csv(path, dtype={"_run_id": str})
    assert frame["loss"].dtype == float and math.isinf(frame["loss"][3]) and frame["text"][1] == "hi\n"
    assert (frame["count"][1], frame["_run_id"][0]) == (2**53 + 1, "007")
    for form, reader in (("csv", "read_csv"), ("jsonl", "read_json")):
        query = f"select count(*), max(late) from {reader}('{tmp_path}/{form}/history/**/*.{form}', union_by_name=true)"
        assert duckdb.sql(query).fetchall() == [(5, 0.25)]


def events(folder: Path) -> List[Any]:
    """The events of the one file below a folder: length, its checksum, the event, its checksum."""
    from tensorboardX.proto.event_pb2 import Event

    (path,) = folder.rglob("events.out.tfevents.*")
    data, found, place = path.read_bytes(), [], 0
    while place < len(data):
        (size,) = struct.unpack_from("<Q", data, place)
        found.append(Event.FromString(data[place + 12 : place + 12 + size]))
        place += 16 + size
    return found


def test_tensorboard__event_file__has_scalars_histograms_and_texts(tmp_path: Path, runs: List[LocalRun]) -> None:
    """By their own names and steps, with the moments they were logged at."""
    export(runs, "tensorboard", str(tmp_path / "tb"))
    found = events(tmp_path / "tb" / "history" / "project=a%2Fb ü")
    by_step: Dict[int, Any] = {event.step: event for event in found if event.HasField("summary")}
    scalars = {value.tag: value.simple_value for value in by_step[0].summary.value}
    assert scalars == {"loss": 1, "count": 1, "a/b": 1.5, "ü .\"'": 1, ".logged": 2}
    assert by_step[0].wall_time == 1700000000.5 and sorted(by_step) == [0, 1, 2, 3]
    second = {value.tag: value for value in by_step[1].summary.value}
    assert list(second["hist"].histo.bucket_limit) == [1, 2] and list(second["hist"].histo.bucket) == [3, 1]
    assert second["text/text_summary"].tensor.string_val[0] == b"hi\n" and second["nested.x.y"].simple_value == 3
    assert (tmp_path / "tb" / "runs.jsonl").exists()


def test_tensorboard__of_steps_and_moments_that_can_not_be__still_has_the_values(tmp_path: Path) -> None:
    """What a damaged or foreign record holds must not end the export."""
    written = WrittenRun(tmp_path / "runs")
    written.row({"a": 1, "_step": float("inf"), "_timestamp": "yesterday"})
    written.row({"a": 2, "_step": 1.5, "_timestamp": float("nan")})
    written.row({"a": 3, "_step": "third"})
    written.exit()
    run = LocalRun(written.layout)
    assert [row["_step"] for row in run.scan_history()] == [2**62, 1, 2**62]
    export([run], "tensorboard", str(tmp_path / "tb"))
    found = {
        event.summary.value[0].simple_value: event.step for event in events(tmp_path / "tb") if event.summary.value
    }
    assert list(found) == [1, 2, 3] and found[1] == 2**62 and found[2] == 1


def test_history__with_pandas__is_a_frame_of_the_wanted_columns(runs: List[LocalRun]) -> None:
    """`run.history()` is what most programs that read runs call."""
    frame = runs[0].history(keys=["loss", "count"])
    assert list(frame.columns) == ["_step", "loss", "count"] and list(frame["count"]) == [1, 2**53 + 1]
    every = LocalRunList(runs).histories(keys=["loss"], format="pandas")
    assert list(every.columns) == ["run_id", "_step", "loss"] and list(every["run_id"]) == ["007"] * 4 + ["1e5"]
    assert list(runs[0].history(keys=["no such"]).columns) == ["_step", "no such"] and len(runs[0].history()) == 4


def test_parquet__of_many_runs_with_many_columns_of_their_own__costs_what_their_rows_do(tmp_path: Path) -> None:
    """A file has a cost for each of its columns, also those that no row of it has: all in one is a hundredth of it."""
    count, columns = 60, 100
    for number in range(count):
        run = WrittenRun(tmp_path / "runs", f"r{number}", f"run{number}", project="p")
        run.rows([{f"m{number}_{column}": float(column) for column in range(columns)}])
        run.exit()
    target = tmp_path / "dataset"
    assert export(LocalRuns(tmp_path / "runs").runs(), "parquet", str(target)).rows == count
    (path,) = (target / "history").rglob("*.parquet")
    found = duckdb.sql(f"select _run_id, m7_99 from '{target}/history/**/*.parquet' where m7_99 is not null").fetchall()
    assert found == [("r7", 99.0)]
    frame = pandas.read_parquet(target / "history")
    assert sorted(frame["_run_id"]) == sorted(f"r{number}" for number in range(count))
    assert frame["m59_3"].sum() == 3 and path.stat().st_size < 10_000_000


def test_tensorboard__histogram_beyond_all_floats__is_a_text(tmp_path: Path) -> None:
    """As what is no histogram at all."""
    tensorboard.write(str(tmp_path), [{"_step": 0, "hist": {"_type": "histogram", "bins": [0, 10**400], "values": [1]}}])
    found = [value for event in events(tmp_path) for value in event.summary.value]
    assert [value.tag for value in found] == ["hist/text_summary"]


@pytest.mark.parametrize("to", FORMATS)
def test_export__on_a_disk_that_is_full__ends_and_leaves_nothing(tmp_path: Path, to: str) -> None:
    """A writer with a thread of its own loses it there, and waits for it for ever."""
    written = WrittenRun(tmp_path / "runs")
    written.rows({"text": "z" * 20_000, "number": number} for number in range(50))
    written.exit()
    (tmp_path / "target").mkdir()
    command = [sys.executable, "-m", "wandb", "export", str(tmp_path / "runs"), "--to", to, "-o", "target/out"]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    result = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit)),
    )
    assert result.returncode == 1 and "failed, nothing is left of it" in result.stderr
    assert list((tmp_path / "target").iterdir()) == []
