"""Upstream's released client reads our run folders and we read its: both as black boxes.

Run by `tox -e interop`, which installs that release in an environment of its own and says where it is.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import yaml

from tests.conftest import Program
from tests.interop import upstream
from tests.recorded import RecordedRun, runs_in
from tests.server.received import CONSOLE, ReceivedRun
from tests.server.server import RecordingServer
from wandb.apis.local import LocalRuns
from wandb.runlog.layout import RunLayout
from wandb.sync.follower import Follower

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e interop` installs upstream's client and runs this")

# Differs between two runs of the same program.
OWN = ("_timestamp", "_runtime", "_wandb")

# All kinds of values, names and definitions; the summary of nothing in it depends on a rule that we have on purpose
# (an empty dict or an empty name stays in our summary, upstream's leaves it out).
PROGRAM = '''
    import sys
    import wandb

    run = wandb.init(
        project="interop", name="the name", notes="two\\nlines", tags=["b", "a"], group="a group", job_type="train",
        config={"lr": 0.1, "nested": {"a": 1, "list": [1, [2]]}, "dots.in/name": 1, "none": None, "tuple": (1, 2)},
    )
    run.define_metric("epoch")
    run.define_metric("val/*", step_metric="epoch")
    run.define_metric("acc", summary="min,max,mean,last,first")
    run.define_metric("hidden", hidden=True)
    run.define_metric("unlisted", summary="none")
    run.define_metric("deep.er", summary="max")
    for number, accuracy in enumerate((1, 3, 2)):
        run.log({"loss": 1 / (number + 1), "acc": accuracy, "epoch": number, "val/x": number * 2,
                 "hidden": number, "unlisted": number, "deep": {"er": accuracy, "est": {"x": number}}})
    run.log({"val/y": 7})
    run.log({"nan": float("nan"), "inf": float("inf"), "minus": -float("inf"), "none": None, "yes": True})
    run.log({"text": "\\u00e4\\U0001f600\\x00\\x1b", "long": "y" * 100_000, "list": [1, [2, {"a": None}]], "el": []})
    run.log({"a.b": 1, "a/b": 2, "\\u00fcn\\u00ef": 3, " ": 4, "q\\"\\\\\\n": 5, "a": {"b": 6}})
    run.log({"big": 1e300, "tiny": 5e-324, "int": 2**60, "negative": -1, "float": 1.0})
    run.log({"replaced": {"x": 1}})
    run.log({"replaced": 2})
    run.log({"late": 1}, step=20)
    run.log({"later": 1}, step=20)
    run.log({"late": 2}, step=30)
    run.log({"first half": 1}, commit=False)
    run.log({"second half": 2})
    print("plain")
    print("to stderr", file=sys.stderr)
    print("50%\\r100%")
    sys.stdout.write("in ")
    sys.stdout.write("parts\\nnot ended")
    run.config.update({"added": {"x": 1}})
    run.config.later = 2
    run.summary["best"] = 5
    run.summary["dict"] = {"x": {"y": 1}}
    run.summary["loss"] = 9
    run.finish()
'''


def without(values: Dict[str, Any], *names: str) -> Dict[str, Any]:
    """`values` in a form that NaN compares equal in, without `names`."""
    return {key: repr(value) if _has_nan(value) else value for key, value in values.items() if key not in names}


def _has_nan(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_nan(item) for item in value.values())
    return isinstance(value, float) and math.isnan(value)


def rows_of(run: ReceivedRun) -> List[Dict[str, Any]]:
    return [without(row, *OWN) for row in run.rows()]


def nested_rows(run: RecordedRun) -> List[Dict[str, Any]]:
    """Rows as recorded, in the shape in which a server gets them."""
    rows = []
    for flat in run.rows():
        row: Dict[str, Any] = {}
        for key, value in flat.items():
            path = key if isinstance(key, tuple) else (key,)
            inner = row
            for part in path[:-1]:
                inner = inner.setdefault(part, {})
            inner[path[-1]] = value
        rows.append(without(row, *OWN))
    return rows


def source(folder: Path) -> Path:
    path = folder / "train.py"
    path.write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    return path


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The folder of a run that upstream's client recorded of PROGRAM."""
    result = upstream.run_offline(source(tmp_path), tmp_path / "theirs")
    assert result.returncode == 0, result.stderr
    return next((tmp_path / "theirs").glob("wandb/offline-run-*"))


def test_upstream__its_version__is_the_release_that_is_meant(tmp_path: Path) -> None:
    """The two sides must not be the same wandb by mistake."""
    assert upstream.version(tmp_path) == "0.31.0"


def test_same_program__under_both__is_the_same_run_for_a_server(program: Program, theirs: Path) -> None:
    """Upstream's behaviour is the reference; the one difference is the key of a run's own facts."""
    ours = upstream.sync(program(PROGRAM).ok().run.path)
    assert_same(ours, upstream.sync(theirs))


def metrics_by_name(config: Dict[str, Any]) -> Dict[str, Any]:
    """The metric definitions in `_wandb.m`; the index of a step metric is replaced by its name."""
    metrics = config["_wandb"]["m"]
    named = {}
    for metric in metrics:
        step = metric.pop("5", None)
        found = {key: sorted(value) if isinstance(value, list) else value for key, value in metric.items()}
        named[metric.get("1") or metric["2"]] = (found, metrics[step - 1].get("1") if step else None)
    return named


def test_upstream_sync__our_run_with_children__receives_what_every_process_recorded(program: Program) -> None:
    """Rows and lines of forked and spawned children are there, once each, and steps never repeat."""
    result = program(
        """
        import multiprocessing

        def forked(number):
            import wandb
            print("line of forked", number)
            wandb.log({"forked": number, "nested": {"in child": number}})
            wandb.finish()

        def spawned(run, number):
            print("line of spawned", number)
            run.log({"spawned": number})
            run.finish()

        if __name__ == "__main__":
            import wandb
            run = wandb.init(project="p", config={"lr": 1})
            run.log({"parent": 0}, step=5, commit=True)
            fork, spawn = multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")
            children = [fork.Process(target=forked, args=(n,)) for n in range(2)]
            children += [spawn.Process(target=spawned, args=(run, n)) for n in range(2)]
            for child in children:  # one after another: that reader has one current line for all processes
                child.start()
                child.join()
                assert child.exitcode == 0, child.exitcode
            run.log({"parent": 1})
            print("parent is done")
        """
    ).ok()
    received = upstream.sync(result.run.path)
    rows = received.rows()
    assert [row["parent"] for row in rows if "parent" in row] == [0, 1]
    assert sorted(row["forked"] for row in rows if "forked" in row) == [0, 1]
    assert sorted(row["nested"]["in child"] for row in rows if "nested" in row) == [0, 1]
    assert sorted(row["spawned"] for row in rows if "spawned" in row) == [0, 1]
    assert len({row["_step"] for row in rows}) == len(rows) == 6
    lines = [f"line of {kind} {number}" for kind in ("forked", "spawned") for number in range(2)]
    assert sorted(received.console()) == sorted([*lines, "parent is done"])
    summary = received.summary()
    assert summary["parent"] == 1
    assert {"forked", "spawned", "nested"} <= set(summary)
    assert received.exit_code == 0


def test_upstream_sync__key_without_a_name__is_in_the_row(program: Program) -> None:
    """Its own client loses such a key; its reader drops an item whose `key` is empty, not one with that path."""
    result = program("import wandb\nwandb.init(project='p').log({'': 1, 'x': {'': {'y': 2}}})").ok()
    assert rows_of(upstream.sync(result.run.path)) == [{"": 1, "x": {"": {"y": 2}}, "_step": 0}]


@pytest.mark.parametrize(("end", "status"), [("sys.exit(3)", 3), ("raise ValueError", 1), ("wandb.finish(7)", 7)])
def test_upstream_sync__program_that_fails__has_its_exit_code(program: Program, end: str, status: int) -> None:
    """A failed run must not look like a finished one."""
    result = program(f"import sys, wandb\nwandb.init(project='p').log({{'x': 1}})\n{end}")
    received = upstream.sync(result.run.path)
    assert (received.complete, received.exit_code) == (True, status)
    assert rows_of(received) == [{"x": 1, "_step": 0}]


def test_upstream_sync__our_run_killed_by_sigkill__has_every_row_before(
    program: Program, wait_for: Callable[[Callable[[], Any]], Any], tmp_path: Path
) -> None:
    """Both as the service closes it, and as it lies there at the moment of the kill."""
    result = program(
        """
        import os, shutil, signal, wandb
        run = wandb.init(project="p", config={"lr": 1})
        for number in range(5):
            run.log({"x": number})
            print("line", number)
        folder = os.path.dirname(run.dir)
        shutil.copytree(folder, os.path.join("moment", "wandb", os.path.basename(folder)), symlinks=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert result.status == -9
    run = result.run
    wait_for(lambda: run.kinds()[-1] == "exit")
    for path, code in ((run.path, 137), (runs_in(tmp_path / "moment")[0].path, 1)):
        received = upstream.sync(path)
        assert rows_of(received) == [{"x": number, "_step": number} for number in range(5)]
        assert received.console() == [f"line {number}" for number in range(5)]
        assert received.config()["lr"] == 1
        assert (received.complete, received.exit_code) == (True, code)


def test_upstream_inspect__our_log__shows_every_record_as_we_read_it(program: Program) -> None:
    """Its reader of single records agrees with ours on number and kind of each."""
    run = program(PROGRAM).ok().run
    shown = upstream.inspect(run.path)
    assert [record["type"] for record in shown] == run.kinds()
    assert [record["num"] for record in shown] == list(range(1, len(shown) + 1))
    assert sum("100%" in json.dumps(record) for record in shown) == 1


def test_follower__upstream_s_run__finds_what_upstream_s_reader_finds(theirs: Path, tmp_path: Path) -> None:
    """Whoever comes from upstream has runs on disk that our tools must show as they are."""
    reference = upstream.sync(theirs)
    copy = tmp_path / "copy"
    shutil.copytree(theirs, copy, symlinks=True)
    for name in ("output.log", "wandb-summary.json", "config.yaml", "wandb-metadata.json"):
        (copy / "files" / name).unlink()
    layout = RunLayout.find(str(copy))
    assert layout is not None
    log = Path(layout.transaction_log).read_bytes()
    follower = Follower(layout)
    assert follower.step() > 0
    follower.finish()
    assert follower.damage() == []
    assert Path(layout.transaction_log).read_bytes() == log  # the run had ended; nothing is folded into it again

    run = RecordedRun(copy)
    assert nested_rows(run) == rows_of(reference)
    assert without(run.summary(), "_timestamp") == without(reference.summary(), "_timestamp")
    assert run.output() == reference.files[CONSOLE].decode().splitlines()
    assert run.exit_code() == reference.exit_code == 0
    config = {key: value["value"] for key, value in yaml.safe_load(run.file("config.yaml")).items()}
    assert without(config, "_wandb") == without(reference.config(), "_wandb")
    assert metrics_by_name(config) == metrics_by_name(reference.config())
    assert json.loads(run.file("wandb-metadata.json")) == json.loads(reference.files["wandb-metadata.json"])
    assert (run.console().count("in "), run.console().count("not ended")) == (1, 1)


def test_upstream_run__read_by_the_local_api__is_what_a_server_has_of_it(theirs: Path) -> None:
    """Rows, summary, config, console and facts of a run that we did not record, and nothing in its folder changes."""
    before = {path: path.stat().st_mtime_ns for path in theirs.rglob("*")}
    run = LocalRuns(str(theirs.parent)).run()
    rows = list(run.scan_history())
    assert {path: path.stat().st_mtime_ns for path in theirs.rglob("*")} == before
    reference = upstream.sync(theirs)
    assert [without(row, *OWN) for row in rows] == [without(_flat(row), *OWN) for row in reference.rows()]
    assert without(run.summary_metrics, *OWN) == without(reference.summary(), *OWN)
    assert without(run.config) == without(reference.config(), "_wandb")
    assert (run.state, run.exit_code, run.lastHistoryStep) == ("finished", 0, rows[-1]["_step"])
    assert (run.name, run.notes, run.group, run.job_type) == ("the name", "two\nlines", "a group", "train")
    assert sorted(run.tags) == ["a", "b"] and run.project == "interop" and run.damage == []
    assert run.console == reference.files[CONSOLE].decode()
    assert set(run.metadata or {}) >= {"os", "python", "program", "host", "cpu_count"}


def _flat(row: Dict[str, Any]) -> Dict[str, Any]:
    """A row as a server gets it, with the names that it shows."""
    flat: Dict[str, Any] = {}
    for key, value in row.items():
        leaves = _flat({f"{key}.{name}": inner for name, inner in value.items()}) if isinstance(value, dict) else {}
        flat.update(leaves if leaves and not leaves.keys() & row.keys() else {key: value})
    return flat


def test_upstream_online__same_program__is_the_same_run_as_ours_online(program: Program, tmp_path: Path) -> None:
    """Side by side against one server; the differences are explained in docs/SYNC.md."""
    with RecordingServer() as server:
        result = upstream.run_online(source(tmp_path), tmp_path / "theirs", server)
        assert result.returncode == 0, result.stderr
        reference = server.run
    with RecordingServer() as server:
        program(PROGRAM, env=server.environment()).ok()
        ours = server.run
        assert server.unexpected == []
    assert_same(ours, reference)


def test_upstream_sync__our_run__is_the_same_run_as_by_our_sync(program: Program) -> None:
    """Whichever client sends it, and each knows by its mark that the other one has."""
    run = program(PROGRAM).ok().run
    ours = sync_ours(program, run.path)
    assert "Skipped 1 synced run" in upstream.sync_as_usual(run.path)
    assert_same(ours, upstream.sync(run.path))


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_our_sync__run_that_upstream_recorded__is_the_same_run_as_by_its_own(
    program: Program, tmp_path: Path, mode: str
) -> None:
    """Whoever comes from upstream has runs on disk that are not sent yet."""
    folder = tmp_path / "theirs"
    if mode == "offline":
        assert upstream.run_offline(source(tmp_path), folder).returncode == 0
    else:
        with RecordingServer() as server:
            assert upstream.run_online(source(tmp_path), folder, server).returncode == 0
    (path,) = folder.glob("wandb/*run-[0-9]*")
    log = next(path.glob("*.wandb")).read_bytes()
    ours = sync_ours(program, path)
    assert next(path.glob("*.wandb")).read_bytes() == log
    assert_same(ours, upstream.sync(path))


def test_our_sync__run_of_upstream_that_goes_on__is_sent_further_until_its_end(
    program: Program, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    """Whoever looks in on a training that goes on must not have it closed as crashed."""
    text = """
        import sys, wandb
        run = wandb.init(project="p", id="one")
        for number in range(20):
            run.log({"x": number})
            print("line", number)
        sys.stdin.readline()
        run.log({"x": 20})
        run.finish(exit_code=3)
    """
    (tmp_path / "goes_on.py").write_text(textwrap.dedent(text))
    folder = tmp_path / "theirs"
    process = upstream.start_offline(tmp_path / "goes_on.py", folder)
    path = wait_for(lambda: list(folder.glob("wandb/*run-[0-9]*/*.wandb")), 60)[0].parent
    with RecordingServer() as server:
        command = [sys.executable, "-m", "wandb", "sync", str(path)]
        options: Any = {"cwd": program.folder, "env": {**program.environment, **server.environment()}, "text": True}

        def sent_now() -> int:
            result = subprocess.run(command, capture_output=True, **options)
            assert result.returncode == 0 or not server.runs, result.stderr  # its log may be empty yet
            return len(server.run.rows()) if server.runs else 0

        wait_for(sent_now, 60)
        assert not server.run.complete
        process.communicate("\n", timeout=60)
        assert sent_now() == 21 and [row["x"] for row in server.run.rows()] == list(range(21))
        assert (server.run.complete, server.run.exit_code) == (True, 3)
        assert server.run.console() == [f"line {number}" for number in range(20)]


def sync_ours(program: Program, path: Path) -> ReceivedRun:
    with RecordingServer() as server:
        command = [sys.executable, "-m", "wandb", "sync", "--include-synced", str(path)]
        result = subprocess.run(
            command, cwd=program.folder, env={**program.environment, **server.environment()}, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        assert server.unexpected == []
    return server.run


def assert_same(ours: ReceivedRun, reference: ReceivedRun) -> None:
    assert rows_of(ours) == rows_of(reference)
    assert without(ours.summary(), *OWN) == without(reference.summary(), *OWN)
    assert without(ours.config(), "_wandb") == without(reference.config(), "_wandb")
    assert metrics_by_name(ours.config()) == metrics_by_name(reference.config())
    for name in ("modelName", "displayName", "notes", "tags", "groupName", "jobType", "host"):
        assert ours.fields[name] == reference.fields[name], name
    assert ours.console() == reference.console()
    assert ours.files[CONSOLE] == reference.files[CONSOLE]
    assert (ours.complete, ours.exit_code) == (reference.complete, reference.exit_code) == (True, 0)
    assert sorted(ours.files) == sorted(ours.uploaded) == sorted(reference.files)
    assert set(ours.summary()["_wandb"]) == set(reference.summary()["_wandb"])
