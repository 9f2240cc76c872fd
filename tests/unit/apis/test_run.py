"""Runs of folders as objects: who they are, how they ended, their rows; on whole, unfinished and damaged logs."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.written_run import WrittenRun, creator
from wandb.apis.local import LocalRuns, run_folders
from wandb.apis.local_run import LocalRun
from wandb.errors import ArgumentTypeError, ArgumentValueError, UnsupportedError
from wandb.process import ProcessIdentity, host_name
from wandb.runlog.fold import fold
from wandb.runlog.spool import CREATOR, OPEN_ROW
from wandb.runlog.tail import Tail
from wandb.wire.decode import message_class


def the_run(written: WrittenRun) -> LocalRun:
    return LocalRun(written.layout)


def steps(run: LocalRun) -> List[int]:
    return [row["_step"] for row in run.scan_history()]


def test_facts__of_a_run__are_those_of_its_records(tmp_path: Path) -> None:
    """Names and shapes are the public API's; later records count."""
    written = WrittenRun(
        tmp_path, "abc", project="p", entity="e", display_name="nice", notes="n", run_group="g", job_type="train",
        tags=["b", "a"], config={"lr": 0.1, "_wandb": {"x": 1}}, start=1_700_000_000,
    )  # fmt: skip
    later = message_class("Record")()
    later.config.update.add(nested_key=("opt", "name"), value_json='"adam"')
    written.append(later)
    written.rows([{"loss": 2.0}, {"loss": 1.5}])
    written.exit()
    run = the_run(written)
    assert (run.id, run.name, run.project, run.entity, run.group, run.job_type) == (
        "abc",
        "nice",
        "p",
        "e",
        "g",
        "train",
    )
    assert (run.path, run.tags, run.notes) == (["e", "p", "abc"], ["b", "a"], "n")
    assert run.created_at == "2023-11-14T22:13:20Z"
    assert run.config == {"lr": 0.1, "opt": {"name": "adam"}} and run.rawconfig["_wandb"]["x"] == 1
    assert run.summary["loss"] == run.summary.loss == run.summary_metrics["loss"] == 1.5
    assert (run.state, run.exit_code, run.lastHistoryStep, run.damage) == ("finished", 0, 1, [])


def test_summary__of_a_run_that_has_ended__is_the_one_at_its_end(tmp_path: Path) -> None:
    """The last record says it all; what children log behind the end still counts."""
    written = WrittenRun(tmp_path)
    written.rows([{"loss": 1.0 / (step + 1), "text": "x" * 200} for step in range(1000)])
    closing = message_class("Record")()
    closing.summary.update.add(key="loss", value_json="0.001")
    closing.summary.update.add(key="only there", value_json="1")
    written.append(closing)
    written.exit(3)
    assert (the_run(written).state, the_run(written).exit_code) == ("failed", 3)
    assert the_run(written).summary_metrics == {"loss": 0.001, "only there": 1}
    written.row({"child": 2}, "9/9/x#1")
    assert the_run(written).summary["child"] == 2 and the_run(written).summary["loss"] == 0.001
    assert len(list(the_run(written).scan_history())) == 1001


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (1, "failed"), (137, "killed"), (139, "failed"), (255, "killed")])
def test_state__of_an_ended_run__follows_from_its_exit_code(tmp_path: Path, code: int, state: str) -> None:
    """255 is what Ctrl-C is recorded as."""
    written = WrittenRun(tmp_path)
    written.exit(code)
    assert (the_run(written).state, the_run(written).exit_code) == (state, code)


def test_state__without_an_end__asks_for_the_process(tmp_path: Path) -> None:
    """A killed run is told from one that goes on; a pid alone is no identity."""
    alive = ProcessIdentity.current()
    dead = ProcessIdentity(alive.host, alive.pid, "another start")
    assert the_run(WrittenRun(tmp_path, "a", settings=creator(alive))).state == "running"
    assert the_run(WrittenRun(tmp_path, "b", settings=creator(dead))).state == "crashed"


def test_state__of_another_host_or_client__follows_from_the_files_age(tmp_path: Path) -> None:
    """Nobody here can ask for that process; servers also wait for five minutes."""
    elsewhere = ProcessIdentity("another-host", 1, "x")
    for settings in (creator(elsewhere), {}):
        written = WrittenRun(tmp_path / str(len(settings)), settings=settings)
        assert the_run(written).state == "running"
        os.utime(written.layout.transaction_log, (1, 1))
        assert the_run(written).state == "crashed"


def test_run__asked_again_while_it_goes_on__tells_what_is_new(tmp_path: Path) -> None:
    """The same object follows a run, until its end."""
    written = WrittenRun(tmp_path)
    run = the_run(written)
    assert (run.state, dict(run.summary), steps(run)) == ("running", {}, [])
    written.rows([{"loss": 1.0}])
    assert (run.summary.loss, steps(run)) == (1.0, [0])
    written.exit()
    assert run.state == "finished"


def test_rows__of_other_processes__have_the_steps_that_the_fold_gives(tmp_path: Path) -> None:
    """What is shown while a run goes on does not change when it ends."""
    written = WrittenRun(tmp_path, settings=creator(ProcessIdentity(host_name(), 1, "gone")))
    written.row({"a": 1, "_step": 0})
    written.row({"child": 1}, "9/9/x#1")
    written.row({"child": 2, "_step": 7}, "9/9/x#2")
    written.row({"child": 3}, "9/9/x#3")
    written.row({"a": 2, "_step": 3})
    before = list(the_run(written).scan_history())
    assert [row["_step"] for row in before] == [0, 3, 4, 7, 8]
    tail = Tail(written.layout)
    list(tail.step())
    closing = message_class("Record")()
    closing.exit.exit_code = 0
    fold(written.layout, tail, [closing])
    assert list(the_run(written).scan_history()) == before  # the spool is still there
    os.unlink(written.layout.spool("elsewhere"))
    assert list(the_run(written).scan_history()) == before


@pytest.mark.parametrize("alive", [True, False])
def test_row__never_committed__counts_once_nobody_can_commit_it(tmp_path: Path, alive: bool) -> None:
    """A SIGKILL takes nothing that was logged; a row that still grows is no row yet."""
    process = ProcessIdentity.current() if alive else ProcessIdentity(host_name(), 1, "gone")
    written = WrittenRun(tmp_path, settings=creator(process))
    written.row({"a": 1, "_step": 0})
    part = message_class("Record")(uuid=f"{CREATOR}#1")
    part.history.step.num = 1
    part.history.item.add(nested_key=("b",), value_json="2")
    written.spooled(part, OPEN_ROW)
    rows = [{"a": 1, "_step": 0}] + ([] if alive else [{"b": 2, "_step": 1}])
    assert list(the_run(written).scan_history()) == rows


def test_scan__with_keys_and_steps__gives_the_rows_that_have_them(tmp_path: Path) -> None:
    """As upstream's: all keys must be there, the last step is left out."""
    written = WrittenRun(tmp_path)
    written.rows([{"a": step, **({"b": -step} if step % 2 else {})} for step in range(6)])
    written.exit()
    run = the_run(written)
    assert list(run.scan_history(keys=["b"])) == [{"_step": step, "b": -step} for step in (1, 3, 5)]
    assert list(run.scan_history(keys=["a", "b"], min_step=2, max_step=5)) == [{"_step": 3, "a": 3, "b": -3}]
    scan = run.scan_history(max_step=3)
    assert next(scan)["a"] == 0 and len(list(scan)) == 2 and scan.max_step == 3
    assert run.history(keys=["b"], pandas=False) == [{"_step": step, "b": -step} for step in (1, 3, 5)]
    for wrong in ("b", [1]):
        with pytest.raises(ArgumentValueError, match="keys is a list of names"):
            run.scan_history(keys=wrong)  # type: ignore[arg-type]


def test_history__longer_than_wanted__is_thinned_evenly_with_both_ends(tmp_path: Path) -> None:
    """A chart needs its last point."""
    written = WrittenRun(tmp_path)
    written.rows([{"a": step} for step in range(5000)])
    written.exit()
    rows = the_run(written).history(samples=100, pandas=False)
    found = [row["_step"] for row in rows]
    gaps = [after - before for before, after in zip(found, found[1:])]
    assert (len(found), found[0], found[-1]) == (100, 0, 4999) and max(gaps) <= 3 * min(gaps)
    with pytest.raises(ArgumentValueError, match="streams default and system"):
        the_run(written).history(stream="events")


def test_run_of_a_folder__in_a_notebook__says_where_it_is(tmp_path: Path) -> None:
    """It has no page; and its files lead back to it."""
    written = WrittenRun(tmp_path, project="p")
    written.exit()
    run = the_run(written)
    assert run.dir in run.to_html() and run.display() is False
    assert run.files().run is run and repr(run.files()) == f"<Files p/{run.id} ({len(run.files())})>"


def test_damage__in_the_middle__leaves_the_rest_and_is_told_once(tmp_path: Path) -> None:
    """A bad block costs the records in it, and one clear message."""
    written = WrittenRun(tmp_path, project="p")
    written.rows([{"a": step, "text": "x" * 100} for step in range(1000)])
    written.exit()
    path = Path(written.layout.transaction_log)
    data = bytearray(path.read_bytes())
    data[50_000] ^= 0xFF
    path.write_bytes(data)
    run = the_run(written)
    with pytest.warns(
        UserWarning, match=r"Run run1 is damaged; what is whole of it is read.*offset 4\d+: a wrong checksum"
    ):
        found = steps(run)
    assert 950 < len(found) < 1000 and (found[0], found[-1]) == (0, 999)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run.state == "finished" and len(steps(run)) == len(found) and len(run.damage) == 1


def test_log__cut_anywhere__gives_the_rows_before_the_cut(tmp_path: Path) -> None:
    """A power cut, a full disk, a copy that was interrupted: what is whole is there, and the torn end is told."""
    written = WrittenRun(tmp_path, settings=creator(ProcessIdentity(host_name(), 1, "gone")))
    ends = []
    for step in range(8):
        written.row({"a": step, "_step": step})
        ends.append(written.log.end)
    content = Path(written.layout.transaction_log).read_bytes()
    for cut in range(ends[2], len(content) + 1):
        Path(written.layout.transaction_log).write_bytes(content[:cut])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run = the_run(written)
            assert steps(run) == list(range(sum(end <= cut for end in ends)))
            assert (run.state, run.lastHistoryStep) == ("crashed", steps(run)[-1])
        torn = [] if cut in ends else [f"a torn end of {cut - max(end for end in ends if end <= cut)} bytes"]
        assert [sentence.rpartition(": ")[2] for sentence in run.damage] == torn


@pytest.mark.parametrize("content", [b"", b":W&B", b"garbage that is no run file at all"])
def test_run__whose_file_is_no_log__has_no_rows_and_says_why(tmp_path: Path, content: bytes) -> None:
    """One broken run must not hide the others; an empty one has only just begun."""
    written = WrittenRun(tmp_path, "ok1", project="p")
    written.exit()
    broken = tmp_path / "run-x-broken"
    broken.mkdir()
    (broken / "run-broken.wandb").write_bytes(content)
    runs = LocalRuns(str(tmp_path)).runs()
    assert sorted(run.id for run in runs) == ["broken", "ok1"]
    run = next(run for run in runs if run.id == "broken")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert (steps(run), run.config, run.project) == ([], {}, "")
    assert bool(told) == content.startswith(b"garbage")


def everything(folder: Path) -> Dict[str, Any]:
    found = {}
    for place, _, names in os.walk(folder):
        for name in ("", *names):
            path = os.path.join(place, name)
            facts = os.stat(path)
            found[path] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return found


@pytest.mark.parametrize("ended", [True, False])
def test_reading__all_there_is__changes_nothing_in_the_folder(tmp_path: Path, ended: bool) -> None:
    """Runs on a read-only mount, of another user, or that go on, can be read by anybody."""
    written = WrittenRun(tmp_path, settings=creator(ProcessIdentity(host_name(), 1, "gone")))
    written.rows([{"a": 1}])
    written.row({"b": 2}, "9/9/x#1")
    written.text("50%\r100%\nlast")
    (written.path / "files" / "media").mkdir()
    (written.path / "files" / "media" / "x.txt").write_text("x")
    if ended:
        written.exit()
    os.chmod(written.path, stat.S_IRUSR | stat.S_IXUSR)
    before = everything(tmp_path)
    run = the_run(written)
    assert run.console == "100%\nlast\n" and [line.content for line in run.console_logs(last=1)] == ["last"]
    assert [file.name for file in run.files()] == ["media/x.txt"] and run.file("media/x.txt").size == 1
    assert len(run.history(pandas=False)) == 2 and run.history(stream="system", pandas=False) == []
    assert run.load()["historyLineCount"] == 2 and run.metadata is None
    assert everything(tmp_path) == before
    os.chmod(written.path, stat.S_IRWXU)
    with pytest.raises(UnsupportedError, match=r"Run\.delete is for runs of a server"):
        run.delete()


def test_histories__of_several_runs__say_which_run_a_row_is_of(tmp_path: Path) -> None:
    """One call for a comparison of runs."""
    for run_id in ("a1", "b2"):
        WrittenRun(tmp_path, run_id).rows([{"loss": 1.0}, {"loss": 0.5, "x": run_id}])
    runs = LocalRuns(str(tmp_path)).runs()
    assert [row["x"] for row in runs.histories(keys=["x"])] == ["a1", "b2"]
    assert [row["run_id"] for row in runs.histories(samples=1)] == ["a1", "b2"] and len(runs.histories()) == 4
    with pytest.raises(ArgumentValueError, match="default, pandas, polars, not 'csv'"):
        runs.histories(format="csv")


def test_file__downloaded__is_a_copy_that_replaces_only_when_asked(tmp_path: Path) -> None:
    """The calls that programs make for runs of a server work for folders, too."""
    written = WrittenRun(tmp_path / "runs")
    (written.path / "files" / "a.txt").write_text("new")
    file = the_run(written).files(pattern="*.txt")[0]
    assert file.md5 == "IrYdX3pDDA2/3rFQdXz8wg==" or len(file.md5) == 24
    with file.download(str(tmp_path / "out")) as copy:
        assert copy.read() == "new"
    with pytest.raises(ArgumentValueError, match="is there already"):
        file.download(str(tmp_path / "out"))
    (tmp_path / "out" / "a.txt").write_text("mine")
    with file.download(str(tmp_path / "out"), exist_ok=True) as copy:
        assert copy.read() == "mine"
    with pytest.raises(ArgumentValueError, match="no file 'b'"):
        the_run(written).file("b")


def test_folders__by_path_pattern_and_depth__are_found_once(tmp_path: Path) -> None:
    """`wandb`, the folder around it, a run folder, its file and `latest-run` all lead to the same run."""
    inside = WrittenRun(tmp_path / "job" / "wandb", "a1")
    other = WrittenRun(tmp_path / "job2" / "wandb", "b2")
    os.symlink(inside.path.name, tmp_path / "job" / "wandb" / "latest-run")
    for path in (
        inside.path,
        inside.layout.transaction_log,
        tmp_path / "job",
        tmp_path / "job" / "wandb" / "latest-run",
    ):
        assert [layout.run_id for layout in run_folders(path)] == ["a1"]
    assert [layout.run_id for layout in run_folders([str(tmp_path / "job*"), tmp_path])] == ["a1", "b2"]
    assert [layout.run_dir for layout in run_folders(str(tmp_path / "**" / "*-b2"))] == [str(other.path)]
    with pytest.raises(ArgumentValueError, match="nothing is there"):
        LocalRuns(str(tmp_path / "missing"))
    with pytest.raises(ArgumentTypeError, match="a path or a list of paths"):
        LocalRuns(5)  # type: ignore[arg-type]


def test_run__by_id_path_or_folder__is_found_or_named_as_missing(tmp_path: Path) -> None:
    """A wrong id must say which there are."""
    WrittenRun(tmp_path, "a1", project="p", entity="e", start=10)
    other = WrittenRun(tmp_path, "b2", project="q", start=20)
    WrittenRun(tmp_path, "b2", "offline-run-20260102_000000-b2", project="q", start=30)
    api = LocalRuns(str(tmp_path))
    assert api.run("a1").id == api.run("p/a1").id == api.run("e/p/a1").id == "a1"
    assert api.run("b2").created_at.endswith("30Z") and api.run(str(other.path)).created_at.endswith("20Z")
    for path, words in (("x", "no run 'x'; those that are there: a1, b2, b2"), ("q/a1", "no run"), ("", "3 runs")):
        with pytest.raises(ArgumentValueError, match=words):
            api.run(path)
