"""A run that goes on: what `resume` takes from the parts that are there, after any end, and what it never costs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import yaml

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in
from wandb.runlog.transaction_log import TransactionLog

# `train.py RESUME CODE`: begins, tells on stdout what it goes on from, does what it is told.
TRAIN = """
import json, os, sys, time, wandb

def begin():
    try:
        return wandb.init(project="p", settings=wandb.Settings(quiet=True), **json.loads(sys.argv[1]))
    except wandb.Error as error:
        print(json.dumps({"error": type(error).__name__, "text": str(error)}))
        sys.exit(0)

if __name__ == "__main__":
    run = begin()
    told = {name: getattr(run, name) for name in ("id", "step", "starting_step", "resumed", "name", "notes")}
    told.update(tags=list(run.tags or ()), config=dict(run.config), summary=run.summary._as_dict(), dir=run.sync_dir)
    print(json.dumps(told), flush=True)
    exec(sys.argv[2])
"""
DIE = "os.kill(os.getpid(), 9)"
# The helper of the run first, then the process itself: as if the node had gone.
BOTH_DIE = "os.kill(run._interface._service.pid, 9); os.kill(os.getpid(), 9)"


class Told(Dict[str, Any]):
    """What a program said about its run, and how it ended."""

    status = 0
    stderr = ""


@pytest.fixture
def train(program: Program) -> Callable[..., Told]:
    """Runs a part: `train(code, id="x", resume="must")`."""

    def part(code: str = "pass", env: Dict[str, str] | None = None, **how: Any) -> Told:
        ended = program(TRAIN, json.dumps(how), code, env=env or {})
        assert "Traceback" not in ended.stderr, ended.stderr
        told = Told(json.loads(ended.stdout.splitlines()[0]))
        told.status, told.stderr = ended.status, ended.stderr
        return told

    return part


ENDS = {
    "normally": "",
    "by an exit code": "; sys.exit(3)",
    "by SIGKILL": f"; {DIE}",
    "by SIGKILL of the helper, too": f"; {BOTH_DIE}",
    "by os._exit": "; os._exit(1)",
    "preempted": "; run.mark_preempting(); os.kill(os.getpid(), 15); time.sleep(30)",
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("resume", ["must", "allow"])
def test_resume__after_any_end__goes_on_where_the_run_was(
    train: Callable[..., Told], program: Program, resume: str, end: str
) -> None:
    """Step, summary, config, name, tags and notes are what the user saw last."""
    config = {"lr": 0.1, "nested": {"a": 1}}
    train(
        "run.log({'loss': 3, 'deep': {'er': 1}}); run.config.update({'late': [1]}); run.summary['best'] = 'so far'; "
        "run.log({'loss': 2})" + ENDS[end],
        id="x", name="the name", notes="some", tags=["t"], config=config,
    )  # fmt: skip
    told = train("run.log({'loss': 1}); print(run.step)", id="x", resume=resume, config={"lr": 0.2, "new": 1})
    assert (told["step"], told["starting_step"], told["resumed"]) == (2, 2, True)
    assert (told["name"], told["notes"], told["tags"]) == ("the name", "some", ["t"])
    assert told["config"] == {"lr": 0.2, "new": 1, "nested": {"a": 1}, "late": [1]}
    summary = told["summary"]
    assert (summary["loss"], summary["deep"], summary["best"], summary["_step"]) == (2, {"er": 1}, "so far", 1)
    first, second = runs_in(program.folder)
    assert [(row["_step"], row["loss"]) for row in first.rows() + second.rows()] == [(0, 3), (1, 2), (2, 1)]
    assert second.rows()[0]["_runtime"] > first.rows()[1]["_runtime"]
    assert second.summary()["best"] == "so far" and second.summary()["loss"] == 1
    assert yaml.safe_load(second.file("config.yaml"))["nested"] == {"value": {"a": 1}}
    assert first.kinds()[-1] == second.kinds()[-1] == "exit"
    assert "wandb: WARNING" not in told.stderr


@pytest.mark.parametrize("end", ["", f"; {DIE}"])
def test_runtime__of_several_parts__adds_up(train: Callable[..., Told], program: Program, end: str) -> None:
    """Of the rows, the summary and the end of the run; time between the parts does not count."""
    train(f"run.log({{'a': 1, '_runtime': 100.0}}); {BOTH_DIE}", id="x", resume="allow")
    train(f"run.log({{'a': 2}}){end}", id="x", resume="allow")
    train("import multiprocessing; run.log({'a': 3}); "
          "child = multiprocessing.get_context('spawn').Process(target=run.log, args=({'a': 4},)); child.start(); child.join()",
          id="x", resume="allow")  # fmt: skip
    _, second, third = runs_in(program.folder)
    assert all(100 <= row["_runtime"] < 160 for run in (second, third) for row in run.rows()) and len(third.rows()) == 2
    assert all(
        100 <= run.summary()["_runtime"] < 160 and run.records()[-1].exit.runtime >= 100 for run in (second, third)
    )


def test_resume__three_parts__each_goes_on_from_the_one_before(train: Callable[..., Told], program: Program) -> None:
    """Names and config come through parts that were not given any."""
    train("run.log({'a': 1}); run.log({'a': 2})", id="x", name="n", tags=["t"], config={"c": 1})
    train(DIE, id="x", resume="allow")
    train("run.log({'b': 1})", id="x", resume="allow", notes="later")
    told = train("run.log({'b': 2})", id="x", resume="allow")
    assert (told["step"], told["name"], told["tags"], told["notes"]) == (3, "n", ["t"], "later")
    assert (told["config"], told["summary"]["a"], told["summary"]["b"]) == ({"c": 1}, 2, 1)
    assert [row["_step"] for run in runs_in(program.folder) for row in run.rows()] == [0, 1, 2, 3]


def test_config__of_the_part_before__may_be_set_anew_once(train: Callable[..., Told], program: Program) -> None:
    """A program that sets its config after `init` runs a second time as it did the first time."""
    train("run.config.lr = 0.1; run.config.update({'depth': {'a': 1}, 'old': 1})", id="x", resume="allow")
    code = """
run.config.lr = 0.2
run.config.update({"depth": {"b": 2}})
try:
    run.config.lr = 0.3
except wandb.Error:
    run.log({"refused": 1})
"""
    told = train(code, id="x", resume="allow")
    assert told.status == 0 and told["config"] == {"lr": 0.1, "depth": {"a": 1}, "old": 1}
    last = runs_in(program.folder)[1]
    config = {key: value["value"] for key, value in yaml.safe_load(last.file("config.yaml")).items() if key != "_wandb"}
    assert config == {"lr": 0.2, "depth": {"b": 2}, "old": 1} and len(last.rows()) == 1


def test_record__of_a_part__names_only_what_the_program_gave(train: Callable[..., Told], program: Program) -> None:
    """What was renamed on a server meanwhile stays so when this part is sent; `resume` makes the sender ask for the run."""
    train(id="x", name="n", tags=["t"], resume="allow")
    train(id="x", resume="must")
    records = [record.run for record in runs_in(program.folder)[1].records() if record.HasField("run")]
    assert (records[0].display_name, list(records[0].tags), records[0].resume) == ("", [], True)


def test_metric_s_summary__over_two_parts__is_of_the_whole_run(train: Callable[..., Told], program: Program) -> None:
    """The best value so far is what the summary is read for."""
    code = "run.define_metric('loss', summary='min,max,first,last'); [run.log({'loss': n}) for n in NUMBERS]"
    train(code.replace("NUMBERS", "(5, 1, 3)"), id="x", resume="allow")
    train(code.replace("NUMBERS", "(4, 2)") + "; assert run.summary['loss']['min'] == 1", id="x", resume="allow")
    assert runs_in(program.folder)[1].summary()["loss"] == {"min": 1, "max": 5, "first": 5, "last": 2}


@pytest.mark.parametrize("end", ["", f"; {BOTH_DIE}"])
def test_rows_of_children__in_the_earlier_part__have_their_steps(
    train: Callable[..., Told], program: Program, end: str
) -> None:
    """The fold numbers them later, when the next part has long begun; no step is there twice."""
    child = "pid = os.fork() or [run.log({'child': n}) for n in range(5)] and os._exit(0); os.waitpid(pid, 0)"
    train(f"run.log({{'a': 1}}); {child}{end}", id="x", resume="allow")
    train(f"{child}; run.log({{'a': 2}})", id="x", resume="allow")
    train(child, id="x", resume="allow")
    told = train("pass", id="x", resume="allow")
    steps = [row["_step"] for run in runs_in(program.folder) for row in run.rows()]
    assert sorted(steps) == list(range(17)) and told["step"] == 17
    assert [run.summary()["_step"] for run in runs_in(program.folder)] == [5, 11, 16, 16]


def test_steps__that_both_parts_have__are_kept_in_both(train: Callable[..., Told], program: Program) -> None:
    """A training goes on from its checkpoint, which is older than its last row; after the first row steps rise again."""
    code = "[run.log({'n': n}, step=n) for n in NUMBERS]"
    train(code.replace("NUMBERS", "range(10)"), id="x", resume="allow")
    told = train(code.replace("NUMBERS", "(6, 7, 2, 8, 12)"), id="x", resume="must")
    assert told["step"] == 10
    assert told.stderr.count("begins at step 6, and an earlier one has come to step 9") == 1
    assert "1 rows for earlier steps were rejected" in told.stderr
    assert [row["_step"] for row in runs_in(program.folder)[1].rows()] == [6, 7, 8, 12]
    assert runs_in(program.folder)[1].summary()["_step"] == 12


def test_must__without_a_part__begins_and_says_so(train: Callable[..., Told]) -> None:
    """Only a server could know; upstream's client begins offline, too."""
    told = train(id="x", resume="must")
    assert (told["step"], told["resumed"]) == (0, False)
    assert told.stderr.count("no part of the run 'x' is in") == 1


def test_never__with_a_part__is_a_usage_error_and_leaves_no_folder(
    train: Callable[..., Told], program: Program
) -> None:
    """Upstream's error for a run that a server has."""
    assert "error" not in train(id="x", resume="never")
    told = train(id="x", resume="never")
    assert told["error"] == "UsageError" and "'x'" in told["text"]
    assert len(runs_in(program.folder)) == 1
    assert "error" not in train(id="y", resume="never")


def test_no_resume__with_a_part__begins_anew(train: Callable[..., Told]) -> None:
    """As upstream: the same id alone asks for nothing."""
    train("run.log({'a': 1})", id="x", config={"c": 1})
    told = train(id="x")
    assert (told["step"], told["resumed"], told["config"], told["summary"]) == (0, False, {}, {})


def test_part__of_another_project__is_another_run(train: Callable[..., Told], program: Program) -> None:
    """Ids are unique in a project only; nor is its console text this run's."""
    program(
        "import wandb\nwith wandb.init(project='other', id='x') as run:\n    run.log({'a': 1})\n    print('printed there')"
    )
    told = train(id="x", resume="allow")
    assert (told["step"], told["resumed"]) == (0, False)
    assert not any("printed there" in line for line in runs_in(program.folder)[-1].output())


def test_environment__asks_for_it__is_the_same(train: Callable[..., Told]) -> None:
    """Launchers set variables, not arguments."""
    variables = {"WANDB_RUN_ID": "x", "WANDB_RESUME": "allow"}
    train("run.log({'a': 1})", env=variables)
    assert train(env=variables)["step"] == 1


def test_auto__without_an_id__goes_on_after_a_bad_end_only(train: Callable[..., Told], program: Program) -> None:
    """The file is there from the first second, and gone after a good end."""
    file = program.folder / "wandb" / "wandb-resume.json"
    first = train(f"run.log({{'a': 1}}); {DIE}", resume=True)
    assert json.loads(file.read_text()) == {"run_id": first["id"]}
    second = train("sys.exit(1)", resume="auto")
    assert (second["id"], second["step"]) == (first["id"], 1) and file.exists()
    third = train(resume="auto")
    assert third["id"] == first["id"] and not file.exists()
    assert train(resume="auto")["id"] != first["id"]


def test_auto__file_of_another_run__is_not_removed_by_a_good_end(train: Callable[..., Told], program: Program) -> None:
    """Two trainings in one folder: the one that goes on must be found."""
    file = program.folder / "wandb" / "wandb-resume.json"
    write = f"open({str(file)!r}, 'w').write(json.dumps({{'run_id': 'other'}}))"
    train(write, resume="auto")
    assert json.loads(file.read_text()) == {"run_id": "other"}


@pytest.mark.parametrize(
    "content",
    ["", "[", "[]", "{}", '{"run_id": 7}', '{"run_id": "../../x"}', '{"run_id": null}', "[" * 100_000, "\0"],
)  # fmt: skip
def test_auto__damaged_file__begins_a_new_run(train: Callable[..., Told], program: Program, content: str) -> None:
    """It is a file like any other; what is in it becomes part of a path."""
    folder = program.folder / "wandb"
    folder.mkdir()
    (folder / "wandb-resume.json").write_text(content)
    told = train("run.log({'a': 1})", resume="auto")
    assert told["step"] == 0 and Path(told["dir"]).parent == folder
    assert told.stderr.count("wandb-resume.json names no run") == 1


def test_part__still_recorded__is_gone_on_from_and_said(train: Callable[..., Told], program: Program) -> None:
    """A scheduler starts the job again before the old one has gone; both are recorded whole."""
    old = program.start(
        TRAIN,
        json.dumps({"id": "x", "resume": "allow"}),
        "run.log({'a': 1}); print('ready', flush=True); input(); run.log({'a': 2})",
        stdin=subprocess.PIPE,
    )
    assert old.stdout is not None
    old.stdout.readline()
    assert old.stdout.readline() == "ready\n"
    told = train("run.log({'a': 3})", id="x", resume="allow")
    assert (told["step"], told["resumed"]) == (1, True) and told.stderr.count("still being recorded") == 1
    old.communicate("\n", timeout=60)
    assert [[row["_step"] for row in run.rows()] for run in runs_in(program.folder)] == [[0, 1], [1]]


def test_ranks__with_one_id_at_once__are_all_recorded_and_gone_on_from(train: Callable[..., Told], program: Program) -> None:
    """A launcher gives the same variables to every process of a job, and starts the job again."""
    for attempt in range(2):
        how = json.dumps({"id": "x", "resume": "allow"})
        ranks = [program.start(TRAIN, how, "[run.log({'n': n}) for n in range(20)]") for _ in range(6)]
        for rank in ranks:
            _, errors = rank.communicate(timeout=60)
            assert rank.returncode == 0 and "Traceback" not in errors, errors
        runs = runs_in(program.folder)[6 * attempt :]
        assert len(runs) == 6 and all([row["n"] for row in run.rows()] == list(range(20)) for run in runs)
    told = train(id="x", resume="must")
    assert told["resumed"] and told["step"] >= 40


def test_resume_from__with_a_part_here__has_its_config_and_the_step_that_was_asked_for(
    train: Callable[..., Told],
) -> None:
    """A rewind; what its summary was at that step is not known."""
    train("[run.log({'a': n}) for n in range(9)]", id="x", name="n", config={"c": 1})
    told = train(resume_from="x?_step=3")
    assert (told["id"], told["starting_step"], told["step"], told["name"]) == ("x", 4, 4, "n")
    assert (told["config"], told["summary"]) == ({"c": 1}, {})


def damage(run: RecordedRun, how: str) -> None:
    """Do something to a part's folder that disks and people do."""
    log, files = Path(run.layout.transaction_log), run.path / "files"
    data = log.read_bytes()
    if how == "no log":
        log.unlink()
    elif how == "empty log":
        log.write_bytes(b"")
    elif how == "zeros":
        log.write_bytes(bytes(50_000_000))
    elif how == "noise":
        log.write_bytes(os.urandom(3_000_000))
    elif how == "torn head":
        log.write_bytes(data[:20] + b"x" + data[21:])
    elif how == "torn tail":
        log.write_bytes(data[:-100])
    elif how == "a pipe":
        log.unlink()
        os.mkfifo(log)
    elif how == "a folder":
        log.unlink()
        log.mkdir()
    elif how == "loop":
        log.unlink()
        log.symlink_to(log.name)
    elif how == "files that are no JSON":
        (files / "wandb-summary.json").write_bytes(b"\xff{" + b"[" * 100_000)
        (files / "config.yaml").write_bytes(b"\xff&a [*a, {{{")
    elif how == "summary of odd values":
        (files / "wandb-summary.json").write_text(
            '{"_step": 1e400, "_timestamp": "x", "_runtime": NaN, "a": {"b": []}}'
        )
    elif how == "no files":
        shutil.rmtree(files)


@pytest.mark.parametrize(
    "how",
    ["no log", "empty log", "zeros", "noise", "torn head", "torn tail", "a pipe", "a folder", "loop", "files that are no JSON",
     "summary of odd values", "no files"],
)  # fmt: skip
def test_part__damaged__is_stepped_over(train: Callable[..., Told], program: Program, how: str) -> None:
    """The new part is recorded whatever the old one is, and one warning says what could not be read."""
    train(f"run.log({{'a': 1}}); {BOTH_DIE}", id="x", resume="allow")
    (old,) = runs_in(program.folder)
    damage(old, how)
    told = train("run.log({'a': 2}); print('done')", id="x", resume="must")
    assert told.status == 0 and told["step"] in (0, 1)
    assert told.stderr.count("could be read") <= 1
    new = RecordedRun(Path(told["dir"]))
    assert [row["a"] for row in new.rows()] == [2] and new.exit_code() == 0 and "done" in new.output()[-1]


def test_parts__newest_damaged__the_one_before_is_gone_on_from(train: Callable[..., Told], program: Program) -> None:
    """A part that died before it could be written must not hide what there is."""
    train("run.log({'a': 1})", id="x", resume="allow")
    train("run.log({'a': 2})", id="x", resume="allow")
    damage(runs_in(program.folder)[1], "empty log")
    told = train(id="x", resume="allow")
    assert told["step"] == 1 and told.stderr.count("no run record") == 1


def big_log(run: RecordedRun, rows: int) -> None:
    """Make the part's log long, as if it had been killed with its helper in the middle of its work."""
    from wandb.wire.encode import history_body, numbered

    log = TransactionLog.reopen(run.layout.transaction_log, os.path.getsize(run.layout.transaction_log))
    pieces: List[bytes] = []
    for step in range(rows):
        row = {"loss": 1 / (step + 1), "_step": step, "_runtime": step / 10, "_timestamp": 2e9 + step}
        pieces.append(numbered(step + 100, history_body(row, step, str)))
    for piece in pieces:
        log.append(piece)
    log.close()


def test_part__of_a_million_rows__is_not_replayed(train: Callable[..., Told], program: Program) -> None:
    """What `init` reads of it does not grow with its length; the last values are there all the same."""
    train(f"run.config.update({{'late': 1}}); time.sleep(1.5); {BOTH_DIE}", id="x", resume="allow", config={"c": 1})
    big_log(runs_in(program.folder)[0], 1_000_000)
    source = """
        import json
        from wandb.runlog.last_part import last_part
        def bytes_read():
            with open("/proc/self/io") as file:
                return int(file.readline().split()[1])
        before = bytes_read()
        part, problems = last_part("wandb", "x", "p", "")
        print(json.dumps([part.step, part.runtime, part.config, part.summary["loss"], problems, bytes_read() - before]))
        """
    step, runtime, config, loss, problems, read = json.loads(program(source).ok().stdout)
    assert (step, config, loss, problems) == (999_999, {"c": 1, "late": 1}, 1e-06, []) and runtime >= 99_999
    assert read < 8_000_000 < os.path.getsize(runs_in(program.folder)[0].layout.transaction_log) / 10
    told = train("run.log({'loss': 0})", id="x", resume="must")
    assert told["step"] == 1_000_000 and runs_in(program.folder)[1].rows()[0]["_step"] == 1_000_000


def test_training_process__that_resumes__loads_no_library(program: Program) -> None:
    """The earlier part is read without protobuf and YAML, which a program may have in versions of its own."""
    source = """
        import sys, wandb
        with wandb.init(project="p", id="x", resume="allow", settings=wandb.Settings(quiet=True)) as run:
            run.log({"a": 1})
            print(sorted({name.partition(".")[0] for name in sys.modules} & {"google", "yaml", "requests", "psutil"}))
        """
    for _ in range(2):
        assert "[]" in program(source).ok().stdout
