"""Runs read while they are written, after they were killed, and exported: by real processes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, List

import pytest

from tests.conftest import ROOT, Program
from tests.written_run import WrittenRun
from wandb.apis.local import LocalRuns

TRAINING = """
    import os, sys, time
    from multiprocessing import Process
    import wandb

    def child(run):
        run.log({"child": 1.0})
        print("from the child", flush=True)

    if __name__ == "__main__":
        run = wandb.init(project="live", name="a name", config={"lr": 0.1}, tags=["x"])
        for step in range(50):
            run.log({"loss": 1 / (step + 1), "deep": {"x": step}})
        process = Process(target=child, args=(run,))
        process.start()
        process.join()
        run.config.late = 1
        run.log({"open": 1}, step=60)
        print("ready", flush=True)
        sys.stdin.readline()
        run.finish()
"""


def the_run(program: Program) -> Any:
    (run,) = LocalRuns(str(program.folder)).runs()
    return run


def start(program: Program) -> subprocess.Popen[str]:
    """The training, up to the moment in which it waits."""
    process = program.start(TRAINING, stdin=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "ready\n":
            return process
    raise AssertionError(process.communicate()[1])


def test_run__read_while_it_goes_on__is_there_up_to_now(program: Program) -> None:
    """Rows of other processes, config and console included; then it ends, and the same object says so."""
    process = start(program)
    run = the_run(program)
    assert (run.state, run.name, run.project, run.tags) == ("running", "a name", "live", ["x"])
    assert run.config == {"lr": 0.1, "late": 1} and run.summary["loss"] == 0.02
    rows = list(run.scan_history())
    assert [row["_step"] for row in rows] == list(range(51)) and rows[-1]["child"] == 1.0
    assert rows[7]["deep.x"] == 7 and "from the child\nready\n" in run.console
    process.communicate("\n")
    assert (process.returncode, run.state, run.exit_code) == (0, "finished", 0)
    assert [row["_step"] for row in run.scan_history()] == [*range(50), 60, 61]


def test_run__killed__has_all_that_was_logged(program: Program, wait_for: Callable[[Callable[[], Any]], Any]) -> None:
    """The row that was open when the signal came, too, both before and after the helper has ended the record."""
    process = start(program)
    run = the_run(program)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert run.state in ("crashed", "failed", "killed")
    assert {"loss", "child", "open"} <= {name for row in run.scan_history() for name in row}
    wait_for(lambda: run.exit_code)
    assert run.state == {137: "killed", 1: "failed"}[run.exit_code]  # 1 where the kernel does not tell
    assert {"loss", "child", "open"} <= {name for row in run.scan_history() for name in row}


def wandb(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, as a process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "wandb", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_export__of_a_folder__writes_what_the_runs_hold(program: Program, tmp_path: Path) -> None:
    """The command, on runs that a program has recorded."""
    program(TRAINING).ok()
    (tmp_path / "away").mkdir()
    command = wandb(tmp_path / "away", "export", str(program.folder / "wandb"), "--to", "csv", "-o", "out")
    stdout, stderr = command.communicate()
    assert (command.returncode, stdout) == (0, "1 run, 52 rows in out\n"), stderr
    (path,) = (tmp_path / "away" / "out" / "history" / "project=live").rglob("*.csv")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [row["deep.x"] for row in rows[:50]] == [str(step) for step in range(50)] and rows[51]["child"] == "1.0"
    facts = next(csv.DictReader((tmp_path / "away" / "out" / "runs.csv").open(encoding="utf-8")))
    assert json.loads(facts["config"]) == {"lr": 0.1, "late": 1} and facts["state"] == "finished"


def test_export__of_a_damaged_run__says_so_by_its_status(tmp_path: Path) -> None:
    """What is whole is exported; a script must learn that something is missing."""
    written = WrittenRun(tmp_path / "runs")
    written.rows([{"a": "x" * 500} for _ in range(500)])
    written.exit()
    with open(written.layout.transaction_log, "r+b") as file:
        file.seek(100_000)
        file.write(b"torn")
    command = wandb(tmp_path, "export", "runs", "--to", "jsonl", "-o", "out")
    _, stderr = command.communicate()
    assert command.returncode == 1 and f"{written.path} is damaged" in stderr and "a wrong checksum" in stderr
    (path,) = (tmp_path / "out" / "history").rglob("*.jsonl")
    assert 400 < len(path.read_text(encoding="utf-8").splitlines()) < 500


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_export__killed__leaves_nothing_that_looks_complete(tmp_path: Path, moment: str) -> None:
    """The folder appears in one step, at the end; the next export does not mind the leftovers."""
    written = WrittenRun(tmp_path / "runs")
    written.rows([{"a": number} for number in range(30_000)])
    written.exit()
    command = wandb(tmp_path, "export", "runs", "--to", "csv", "-o", "out")
    assert command.stderr is not None
    for line in command.stderr:
        if moment in line:
            break
    command.kill()
    command.communicate()
    assert not (tmp_path / "out").exists()
    again = wandb(tmp_path, "export", "runs", "--to", "csv", "-o", "out")
    assert again.communicate()[0] == "1 run, 30,000 rows in out\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "--to", "csv", "-o", "out"], "There is no run at nothing"),
        (["empty", "--to", "csv", "-o", "out"], "There is no run in empty"),
        (["runs", "--to", "csv", "-o", "runs"], "is there already"),
        (["runs", "--to", "csv", "-o", "/proc/x/y"], "nothing is left of it"),
    ],
)
def test_export__that_can_not_be__is_one_clear_error(tmp_path: Path, arguments: List[str], words: str) -> None:
    """No traceback, no half-made folder."""
    WrittenRun(tmp_path / "runs").exit()
    (tmp_path / "empty").mkdir()
    command = wandb(tmp_path, "export", *arguments)
    _, stderr = command.communicate()
    assert command.returncode == 1 and words in stderr and "Traceback" not in stderr
    assert sorted(os.listdir(tmp_path)) == ["empty", "runs"]


@pytest.mark.parametrize(("to", "library"), [("parquet", "pyarrow"), ("tensorboard", "tensorboardX")])
def test_export__without_its_library__names_the_command_that_installs_it(tmp_path: Path, to: str, library: str) -> None:
    """The libraries are optional."""
    WrittenRun(tmp_path / "runs").exit()
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / f"{library}.py").write_text("raise ImportError('not installed')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'hidden'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "wandb", "export", "runs", "--to", to, "-o", "out"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 1 and f"pip install 'wandb[{to}]'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_run__in_several_parts__is_one(program: Program) -> None:
    """A training that was preempted and went on is one run: its rows, lines and files in the order in which they came."""
    part = """
        import os, sys, wandb
        number = int(sys.argv[1])
        run = wandb.init(project="p", id="one", resume="allow", **({"name": "the name", "tags": ["t"], "group": "g", "job_type": "j", "config": {"lr": 1}} if number == 0 else {}))
        for _ in range(3):
            run.log({"loss": float(number), "part": number})
        for name in ("both.txt", f"only{number}.txt"):
            with open(os.path.join(run.dir, name), "w") as file:
                file.write(str(number))
        run.config[f"added{number}"] = number
        print("part", number)
        print("to stderr", file=sys.stderr)
        if number == 1:
            run.log({"late": 1})
            os._exit(3)
    """
    for number in range(3):
        assert program(part, str(number)).status == (3 if number == 1 else 0)
    run = the_run(program)
    assert (run.id, run.name, run.tags, run.state) == ("one", "the name", ["t"], "finished") and len(run.dirs) == 3
    assert (run.group, run.job_type) == ("g", "j")
    rows = list(run.scan_history())
    assert [row["_step"] for row in rows] == list(range(10)) and [row.get("part") for row in rows] == [0, 0, 0, 1, 1, 1, None, 2, 2, 2]
    assert run.config == {"lr": 1, "added0": 0, "added1": 1, "added2": 2} and run.summary["part"] == 2
    assert run.load()["historyLineCount"] == 10 and len(run.history(pandas=False)) == 10
    lines = [line for line in run.console_logs() if line.content.startswith(("part ", "to stderr"))]
    assert [(line.content, line.level) for line in lines] == [
        pair for number in range(3) for pair in ((f"part {number}", ""), ("to stderr", "error"))
    ]
    assert [line.timestamp for line in lines] == sorted(line.timestamp for line in lines) and lines[0].timestamp is not None
    assert lines[0].timestamp.strftime("%Y-%m-%dT%H:%M") >= run.created_at[:16]
    assert {file.name for file in run.files()} >= {"both.txt", "only0.txt", "only1.txt", "only2.txt"}
    assert Path(run.file("both.txt").path).read_text() == "2" and Path(run.file("only0.txt").path).read_text() == "0"
    api = LocalRuns(str(program.folder))
    assert api.run(run.dirs[0]).dirs == run.dirs and api.run("one").dir == run.dirs[-1]
    assert [row["part"] for row in LocalRuns(run.dirs[0]).run().scan_history()] == [0, 0, 0]  # only that folder was meant
    exported = subprocess.run(
        [sys.executable, "-m", "wandb", "export", "wandb", "--to", "csv", "-o", "out"], cwd=program.folder,
        env={**program.environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "10 rows" in exported.stderr + exported.stdout, exported.stderr
    (table,) = (program.folder / "out" / "history").rglob("*.csv")
    assert len(list(csv.DictReader(table.open(encoding="utf-8")))) == 10
    (text,) = (program.folder / "out" / "console").rglob("*.log")
    assert [line for line in text.read_text().splitlines() if line.startswith("part ")] == ["part 0", "part 1", "part 2"]


def test_run__that_went_back__has_no_rows_from_behind_that_step(program: Program) -> None:
    """`resume_from` says what of the earlier part holds; the folder still has all of it."""
    source = """
        import sys, wandb
        more = {"resume_from": "one?_step=2"} if sys.argv[1:] else {"id": "one"}
        with wandb.init(project="p", **more) as run:
            for _ in range(5):
                run.log({"part": len(sys.argv) - 1})
    """
    program(source).ok()
    program(source, "back").ok()
    rows = list(the_run(program).scan_history())
    assert [(row["_step"], row["part"]) for row in rows] == [(0, 0), (1, 0), (2, 0), *((step, 1) for step in range(3, 8))]
