"""A folder of runs as CSV and JSON lines, which need no library: what is in it, and that it is there whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from tests.conftest import Program
from tests.written_run import WrittenRun
from wandb.apis.local import LocalRuns
from wandb.apis.local_run import LocalRun
from wandb.errors import ArgumentValueError
from wandb.export.dataset import RUN_TYPES, _put_in_place, export


@pytest.fixture
def runs(tmp_path: Path) -> List[LocalRun]:
    first = WrittenRun(tmp_path / "runs", "a=1", "first", project="p/1", config={"lr": 0.1}, tags=["x"])
    first.row({"loss": 1, "_step": 0})
    first.row({"loss": 0.5, "text": 'say "hi",\nü', "empty": "", "ok": True, "_step": 1})
    first.row({"loss": float("nan"), "pic": {"_type": "image-file", "path": "m/x.png"}, "run_id": 7, "_step": 2})
    first.text("hello\n")
    stats = first_stats()
    first.append(stats)
    first.exit()
    second = WrittenRun(tmp_path / "runs", "b2", "second")
    second.rows([{"late": 2**70}])
    second.exit(1)
    again = WrittenRun(tmp_path / "runs", "b2", "third")
    again.exit()
    return [LocalRun(written.layout) for written in (first, second, again)]


def first_stats() -> Any:
    from wandb.wire.decode import message_class

    record = message_class("Record")()
    record.stats.timestamp.seconds = 1010
    record.stats.item.add(key="cpu", value_json="12.5")
    return record


def files(folder: Path) -> List[str]:
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return [path for path in found if path != "_wandb_export.json"]


def test_csv__of_several_runs__has_the_same_columns_in_each_file(tmp_path: Path, runs: List[LocalRun]) -> None:
    """A missing value is nothing, an empty text is a text; names that folders give as columns are not taken twice."""
    done = export(runs, "csv", str(tmp_path / "out"))
    assert (done.runs, done.rows, done.damage) == (3, 4, {})
    places = ["project=p%2F1/run_id=a%3D1/part-0", "project=__HIVE_DEFAULT_PARTITION__/run_id=b2/part-0"]
    places.append(places[1].replace("part-0", "part-1"))
    expected = [f"{table}/{place}.csv" for table in ("history", "system") for place in places]
    assert files(tmp_path / "out") == sorted([*expected, f"console/{places[0]}.log", "runs.csv"])
    header = "_project _run_id _step empty late loss ok pic run_id.logged text".split()
    texts = [(tmp_path / "out" / f"history/{place}.csv").read_text(encoding="utf-8") for place in places]
    assert [next(csv.reader(text.splitlines(keepends=True))) for text in texts] == [header] * 3
    rows = list(csv.DictReader(texts[0].splitlines(keepends=True)))
    assert [row["loss"] for row in rows] == ["1.0", "0.5", "NaN"] and rows[1]["text"] == 'say "hi",\nü'
    assert json.loads(rows[2]["pic"]) == {"_type": "image-file", "path": "m/x.png"}
    assert (rows[1]["ok"], rows[2]["run_id.logged"], rows[0]["_run_id"]) == ("true", "7", "a=1")
    assert ',1,"",,0.5,true,,,' in texts[0] and ",0,,,1.0,,,," in texts[0]
    assert str(2**70) in texts[1] and texts[2].count("\n") == 1


def test_jsonl__of_several_runs__has_all_facts_of_each(tmp_path: Path, runs: List[LocalRun]) -> None:
    """The table of runs has its columns whatever is in them."""
    export(runs, "jsonl", str(tmp_path / "out"))
    facts = [json.loads(line) for line in (tmp_path / "out" / "runs.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [list(fact) for fact in facts] == [list(RUN_TYPES)] * 3
    first = facts[0]
    assert (first["run_id"], first["state"], first["rows"], first["tags"]) == ("a=1", "finished", 3, ["x"])
    assert first["config"] == {"lr": 0.1} and first["summary"]["loss"] == "NaN" and facts[1]["exit_code"] == 1
    place = "project=p%2F1/run_id=a%3D1/part-0"
    system = json.loads((tmp_path / "out" / f"system/{place}.jsonl").read_text(encoding="utf-8"))
    assert system == {"_project": "p/1", "_run_id": "a=1", "_timestamp": 1010.0, "_runtime": 10.0, "system.cpu": 12.5}
    assert (tmp_path / "out" / f"console/{place}.log").read_text(encoding="utf-8") == "hello\n"


def test_target__that_is_taken__is_kept_unless_it_may_be_replaced(tmp_path: Path, runs: List[LocalRun]) -> None:
    """An empty folder is as good as none."""
    target = tmp_path / "out"
    target.mkdir()
    export(runs[:1], "jsonl", str(target))
    (target / "mine.txt").write_text("x")
    with pytest.raises(ArgumentValueError, match="is there already"):
        export(runs, "jsonl", str(target))
    assert (target / "mine.txt").exists()
    export(runs, "csv", str(target), overwrite=True)
    assert not (target / "mine.txt").exists() and (target / "runs.csv").exists()
    assert sorted(os.listdir(tmp_path)) == ["out", "runs"]
    with pytest.raises(ArgumentValueError, match="parquet, csv, jsonl, tensorboard, not to 'xml'"):
        export(runs, "xml", str(tmp_path / "other"))


def test_export__that_fails_half_way__leaves_the_target_as_it_was(tmp_path: Path, runs: List[LocalRun]) -> None:
    """What looks like a dataset is a whole one."""
    target = tmp_path / "out"
    export(runs[:1], "jsonl", str(target))
    before = files(target)

    def broken() -> Iterator[LocalRun]:
        yield runs[1]
        raise OSError("the disk is gone")

    for overwrite in (target, tmp_path / "new"):
        with pytest.raises(OSError, match="the disk is gone"):
            export(broken(), "csv", str(overwrite), overwrite=True)
    assert files(target) == before and sorted(os.listdir(tmp_path)) == ["out", "runs"]


def test_run__that_goes_on_meanwhile__is_exported_as_it_was_read(tmp_path: Path) -> None:
    """A column that comes between the two passes must not break the second one."""
    written = WrittenRun(tmp_path / "runs", "live")
    written.rows([{"a": 1}])

    def tell(text: str) -> None:
        if text == "writing history":
            written.row({"a": "changed", "new": 1, "_step": 1})

    assert export([LocalRun(written.layout)], "csv", str(tmp_path / "out"), tell=tell).rows == 1
    (path,) = (tmp_path / "out" / "history").rglob("*.csv")
    assert path.read_text(encoding="utf-8").splitlines() == ['"_project","_run_id","_step","a"', '"","live",0,1']
    facts: Dict[str, Any] = next(csv.DictReader((tmp_path / "out" / "runs.csv").open(encoding="utf-8")))
    assert (facts["state"], facts["rows"]) == ("running", "1")


def test_dataset__that_can_not_take_its_place__leaves_the_older_one(tmp_path: Path) -> None:
    """Between the two renames, the older dataset is the only one: it must come back."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "runs.csv").write_text("x")
    with pytest.raises(FileNotFoundError):
        _put_in_place(str(tmp_path / "missing"), str(tmp_path / "old"), str(tmp_path / "aside"))
    assert (tmp_path / "old" / "runs.csv").read_text() == "x" and not (tmp_path / "aside").exists()


def test_images__logged_by_a_program__are_json_in_the_dataset(program: Program, tmp_path: Path) -> None:
    """Media are what their file is called, of which kind and size; the file lies in the run folder."""
    pytest.importorskip("numpy")
    pytest.importorskip("PIL")
    program(
        """
        import numpy, wandb
        with wandb.init() as run:
            run.log({"pic": wandb.Image(numpy.zeros((4, 6, 3), numpy.uint8)), "hist": wandb.Histogram([1, 2, 2])})
        """
    ).ok()
    export(LocalRuns(str(program.folder)).runs(), "csv", str(tmp_path / "out"))
    (path,) = (tmp_path / "out" / "history").rglob("*.csv")
    (row,) = csv.DictReader(path.open(encoding="utf-8"))
    pic, hist = json.loads(row["pic"]), json.loads(row["hist"])
    assert (pic["_type"], pic["width"], pic["height"]) == ("image-file", 6, 4)
    assert (hist["_type"], sum(hist["values"])) == ("histogram", 3)
    assert LocalRuns(str(program.folder)).run().file(pic["path"]).size == pic["size"]


def test_overwrite__of_what_is_no_earlier_export_or_holds_the_runs__is_refused(tmp_path: Path, runs: List[LocalRun]) -> None:
    """A slip of the hand must not delete runs, nor anything else that is not ours."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("x")
    before = files(tmp_path)
    for target in (mine, mine / "notes.txt", tmp_path, tmp_path / "runs", Path(runs[0].dir)):
        with pytest.raises(ArgumentValueError, match="is no earlier export"):
            export(runs, "csv", str(target), overwrite=True)
    assert files(tmp_path) == before
    export(runs, "csv", str(tmp_path / "out"))
    moved = (tmp_path / "runs").rename(tmp_path / "out" / "runs")
    before = files(tmp_path)
    with pytest.raises(ArgumentValueError, match="which is kept"):
        export(LocalRuns(moved).runs(), "csv", str(tmp_path / "out"), overwrite=True)
    assert files(tmp_path) == before


def test_target__that_is_a_link__stays_one_and_is_followed(tmp_path: Path, runs: List[LocalRun]) -> None:
    """The dataset is where the link leads."""
    (tmp_path / "disk").mkdir()
    link = tmp_path / "out"
    link.symlink_to("disk")
    for to in ("csv", "jsonl"):
        export(runs, to, str(link), overwrite=True)
    assert link.is_symlink() and (tmp_path / "disk" / "runs.jsonl").exists() and not (tmp_path / "disk" / "runs.csv").exists()


@pytest.mark.parametrize("to", ["csv", "jsonl"])
def test_names__that_differ_by_case_only__are_told_apart_in_every_file(tmp_path: Path, to: str) -> None:
    """DuckDB and Spark take them as one, and show the values of another metric."""
    for number, row in enumerate(({"_Step": 0, "loss": 1, "Loss": 2, "Project": 3}, {"LOSS": 4, "Loss": 5, "RUN_ID": 6, "loss.2": 7})):
        run = WrittenRun(tmp_path / "runs", f"r{number}", f"run{number}")
        run.rows([row])
        run.exit()
    export(LocalRuns(tmp_path / "runs").runs(), to, str(tmp_path / "out"))
    found: Dict[str, Any] = {}
    for path in sorted((tmp_path / "out" / "history").rglob(f"*.{to}")):
        with path.open(encoding="utf-8") as file:
            (values,) = csv.DictReader(file) if to == "csv" else map(json.loads, file)
        found.update({name: int(value) for name, value in values.items() if not name.startswith("_") and value != ""})
    expected = {"loss": 1, "Loss.2": 5, "Project.logged": 3, "LOSS.3": 4, "RUN_ID.logged": 6, "loss.2.2": 7}
    assert found == expected and len({name.lower() for name in found}) == len(found)


def test_places__of_names_longer_than_a_folders__are_cut_and_told_apart(tmp_path: Path) -> None:
    """A project may have 128 characters of three bytes each; the files have all of the name."""
    projects = ["漢" * 100 + "1", "漢" * 100 + "2", "%" * 128]
    for number, project in enumerate(projects):
        run = WrittenRun(tmp_path / "runs", f"r{number}", f"run{number}", project=project)
        run.rows([{"x": 1}])
        run.exit()
    assert export(LocalRuns(tmp_path / "runs").runs(), "jsonl", str(tmp_path / "out")).rows == 3
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "out" / "history").rglob("*.jsonl")]
    assert sorted(row["_project"] for row in rows) == sorted(projects)
    assert len(os.listdir(tmp_path / "out" / "history")) == 3
