"""What `run.log` makes of its arguments, judged by the rows in the run file."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Callable, List

import pytest

import wandb
from tests.recorded import RecordedRun, runs_in


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this process, in a folder of the test."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_CONSOLE", "off")
    monkeypatch.chdir(tmp_path)


def recorded(tmp_path: Path) -> RecordedRun:
    (run,) = runs_in(tmp_path)
    return run


def test_log__steps_and_commits__make_the_rows_that_users_know(tmp_path: Path) -> None:
    """The table of `log`: no step commits, a step merges, a greater step begins a new row."""
    with wandb.init(project="p") as run:
        run.log({"a": 1})
        assert run.step == 1
        run.log({"a": 2}, commit=False)
        run.log({"b": 3})
        assert run.step == 2
        run.log({"a": 4}, step=5)
        run.log({"b": 5}, step=5)
        run.log({"a": 6}, step=6, commit=True)
        assert run.step == 7
        run.log({})
        run.log({"last": 1}, step=9)
    rows = [
        {key: value for key, value in row.items() if key[:1] != "_" or key == "_step"}
        for row in recorded(tmp_path).rows()
    ]
    assert rows == [
        {"a": 1, "_step": 0},
        {"a": 2, "b": 3, "_step": 1},
        {"a": 4, "b": 5, "_step": 5},
        {"a": 6, "_step": 6},
        {"_step": 7},
        {"last": 1, "_step": 9},
    ]


def test_log__step_that_goes_back__is_warned_of_once_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Upstream's one warning is easily missed while most of the data is dropped."""
    with wandb.init(project="p") as run:
        run.log({"a": 1}, step=3)
        for step in (2, 1, 0):
            run.log({"a": 9}, step=step)
        run.log({"a": 2}, step=3)
    errors = capsys.readouterr().err
    assert errors.count("is not recorded") == 1
    assert "3 rows for earlier steps were rejected" in errors
    assert [row["a"] for row in recorded(tmp_path).rows()] == [2]


def test_log__values_of_all_kinds__are_recorded(tmp_path: Path) -> None:
    """Nothing a user logs may end the training, and as much of it as possible is kept."""
    recursive: dict = {}
    recursive["self"] = recursive
    with wandb.init(project="p") as run:
        run.log(
            {
                "float": 0.1, "int": 2**70, "bool": True, "none": None, "text": "é★\udc80",
                "nan": math.nan, "inf": math.inf, "-inf": -math.inf, "list": [1, 2.5, "x"], "path": Path("a/b"),
                "nested": {"a": {"b": 1}, "empty": {}}, "object": object(), "recursive": recursive,
                "a.b/c d": 1, "": 2, "ключ": 3, "_private": 4, "_step": 99,
            }
        )  # fmt: skip
    (row,) = recorded(tmp_path).rows()
    assert row["float"] == 0.1 and row["int"] == 2**70 and row["bool"] is True and row["none"] is None
    assert math.isnan(row["nan"]) and row["inf"] == math.inf and row["-inf"] == -math.inf
    assert row["text"].startswith("é★") and row["list"] == [1, 2.5, "x"] and row["path"] == "a/b"
    assert row[("nested", "a", "b")] == 1 and row[("nested", "empty")] == {}
    assert row["a.b/c d"] == 1 and row[""] == 2 and row["ключ"] == 3 and row["_private"] == 4
    assert row["_step"] == 0 and row["_runtime"] >= 0 and row["_timestamp"] > 1e9


def test_log__numpy_and_torch_scalars__are_numbers(tmp_path: Path) -> None:
    """The usual loss is a zero-dimensional tensor."""
    numpy = pytest.importorskip("numpy")
    values = {"f32": numpy.float32(0.5), "i64": numpy.int64(7), "bool": numpy.bool_(True), "zero_d": numpy.array(3.0)}
    with wandb.init(project="p") as run:
        run.log(values, step=numpy.int64(2))
    (row,) = recorded(tmp_path).rows()
    assert (row["f32"], row["i64"], row["bool"], row["zero_d"], row["_step"]) == (0.5, 7, True, 3.0, 2)


@pytest.mark.parametrize("data", [5, None, "text", [("a", 1)], {1: 2}])
def test_log__no_dictionary_of_strings__is_a_usage_error(data: object) -> None:
    """The one thing that a call of ours may raise, and only for a fault in the call."""
    with wandb.init(mode="disabled") as run:
        with pytest.raises(wandb.UsageError) as caught:
            run.log(data)  # type: ignore[arg-type]
        assert isinstance(caught.value, TypeError)  # what programs catch that know upstream


@pytest.mark.parametrize("step", ["x", 1.5])
def test_log__step_that_is_no_integer__is_a_usage_error(step: object) -> None:
    """A float step would silently make other rows than meant."""
    with wandb.init(project="p") as run, pytest.raises(wandb.UsageError):
        run.log({"a": 1}, step=step)  # type: ignore[arg-type]


def test_log__finished_run__says_so() -> None:
    """A clear error at the call."""
    run = wandb.init(project="p")
    run.finish()
    with pytest.raises(wandb.UsageError, match="finished"):
        run.log({"a": 1})
    assert wandb.run is None


@pytest.mark.parametrize("was_one", [False, True], ids=["before_any", "after_one"])
def test_functions_of_a_run__without_one__are_usage_errors(was_one: bool) -> None:
    """Upstream's client raises this class, or its base, according to whether there has been a run before."""
    if was_one:
        wandb.init(project="p").finish()
    calls: List[Callable[[], object]] = [
        lambda: wandb.log({"a": 1}),
        lambda: wandb.alert("title", "text"),
        lambda: wandb.define_metric("a"),
        lambda: wandb.link_model("path", "name"),
        lambda: wandb.log_artifact("path"),
        lambda: wandb.log_model("path"),
        lambda: wandb.mark_preempting(),
        lambda: wandb.pin_config_keys(["a"]),
        lambda: wandb.save("path"),
        lambda: wandb.unwatch(),
        lambda: wandb.use_artifact("name:latest"),
        lambda: wandb.use_model("name:latest"),
        lambda: wandb.watch(None),
        lambda: wandb.config.lr,
        lambda: wandb.config.update({"lr": 1}),
        lambda: wandb.summary["a"],
        lambda: wandb.summary.update({"a": 1}),
    ]
    for call in calls:
        with pytest.raises(wandb.UsageError, match=r"wandb.init\(\)"):
            call()


def test_status__of_a_run__is_a_value_with_fields() -> None:
    """Programs print it, compare it, and turn it into a dictionary."""
    with wandb.init(project="p") as run:
        status = run.status()
        assert repr(status) == "RunStatus(sync_items_total=0, sync_items_pending=0, sync_time=None)"
        assert vars(status) == asdict(status) == {"sync_items_total": 0, "sync_items_pending": 0, "sync_time": None}
        assert status == run.status() != replace(status, sync_items_pending=1)


def test_summary__of_rows_definitions_and_explicit_values__is_in_the_files(tmp_path: Path) -> None:
    """What `run.summary` says is what the summary file and the run file say."""
    with wandb.init(project="p") as run:
        run.define_metric("loss", summary="min,last")
        run.define_metric("acc", summary="best", goal="maximize")
        run.define_metric("hidden/*", summary="none")
        run.define_metric("epoch_loss", step_metric="epoch")
        for step, loss in enumerate((3.0, 1.0, 2.0)):
            run.log({"loss": loss, "acc": loss, "hidden/x": loss, "epoch": step})
        run.log({"epoch_loss": 5})
        run.summary["explicit"] = {"a": 1}
        run.summary.update({"other": 2})
        shown = {key: dict(value) if hasattr(value, "keys") else value for key, value in run.summary.items()}
    assert shown["loss"]["min"] == 1.0 and shown["loss"]["last"] == 2.0
    assert shown["acc"]["best"] == 3.0
    assert "hidden/x" not in shown
    folder = recorded(tmp_path)
    written = folder.summary()
    for key in ("loss", "acc", "explicit", "other", "epoch"):
        assert written[key] == shown[key], key
    assert "hidden/x" not in written
    assert folder.rows()[-1]["epoch"] == 2  # step_sync: the row gets the step metric's last value
    final = [record for record in folder.records() if record.WhichOneof("record_type") == "summary"][-1]
    assert {item.key for item in final.summary.update} >= {"loss", "acc", "explicit", "other", "_wandb"}


def test_config__given_updated_and_locked__is_in_the_files(tmp_path: Path) -> None:
    """Config stands in the record from the first second, and every change of it."""
    import yaml

    with wandb.init(
        project="p", config={"lr": 0.1, "model": {"depth": 2, "old": 1}}, config_exclude_keys=["none"]
    ) as run:
        run.config.epochs = 3
        run.config.update({"model": {"depth": 3}}, allow_val_change=True)
        with pytest.raises(wandb.Error):
            run.config.lr = 0.2
        assert run.config["lr"] == 0.1
    values = yaml.safe_load(recorded(tmp_path).file("config.yaml"))
    assert values["lr"] == {"value": 0.1} and values["epochs"] == {"value": 3}
    assert values["model"]["value"] == {**run.config["model"]}
    assert values["_wandb"]["value"]["t"], "a server takes a run without telemetry for one that does not exist"


def test_config__with_keys_that_begin_with_an_underscore__is_recorded_whole(tmp_path: Path) -> None:
    """`keys` hides them; frameworks' configurations (RLlib's) are full of them, and in the record all the same."""
    import pickle

    import yaml

    with wandb.init(project="p", config={"_given": 1, "__both": 2, "plain": 3}) as run:
        run.config["_later"] = 4
        assert run.config.keys() == ["plain"]
        assert pickle.loads(pickle.dumps(run)).config["_given"] == 1
    values = yaml.safe_load(recorded(tmp_path).file("config.yaml"))
    del values["_wandb"]
    assert values == {
        key: {"value": number} for key, number in (("_given", 1), ("__both", 2), ("plain", 3), ("_later", 4))
    }


def test_define_metric__wrong_arguments__are_usage_errors() -> None:
    """Named at the call, not lost in a service."""
    with wandb.init(project="p") as run:
        for arguments in (
            {"name": ""},
            {"name": "a*b"},
            {"name": "a", "summary": "median"},
            {"name": "a", "goal": "up"},
        ):
            with pytest.raises(wandb.UsageError):
                run.define_metric(**arguments)  # type: ignore[arg-type]


def test_threads__logging_to_one_run__lose_no_row(tmp_path: Path) -> None:
    """One thread's data must not vanish."""
    import threading

    with wandb.init(project="p") as run:

        def work(name: str) -> None:
            for number in range(200):
                run.log({name: number})

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = recorded(tmp_path).rows()
    assert [row["_step"] for row in rows] == list(range(800))
    for name in "abcd":
        assert [row[name] for row in rows if name in row] == list(range(200))


def test_log__from_a_signal_handler_in_the_middle_of_log__is_kept(tmp_path: Path) -> None:
    """A handler may log while its thread is inside `log`: nothing nested, nothing lost, no deadlock."""
    import signal

    with wandb.init(project="p") as run:
        numbers = itertools.count()  # one step for each: a handler may be interrupted by the next

        def handler(*_: object) -> None:
            run.log({"handler": next(numbers)})

        before = signal.signal(signal.SIGALRM, handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            for number in range(3000):
                run.log({"loop": number})
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    rows = recorded(tmp_path).rows()
    assert [row["loop"] for row in rows if "loop" in row] == list(range(3000))
    fired = next(numbers)
    assert sorted(row["handler"] for row in rows if "handler" in row) == list(range(fired))
    assert fired > 0 and [row["_step"] for row in rows] == list(range(len(rows)))


def test_two_open_runs__each_gets_its_own_rows(tmp_path: Path) -> None:
    """Several runs at once in one process."""
    first = wandb.init(project="first")
    second = wandb.init(project="second", reinit="create_new")
    assert wandb.run is first and wandb.init() is second  # which stands beside it, and began last
    for number in range(3):
        first.log({"first": number})
        second.log({"second": number})
    wandb.log({"first": 3})
    first.finish()
    assert wandb.run is None
    second.finish()
    keys = sorted(str(sorted(set(row) & {"first", "second"})) for run in runs_in(tmp_path) for row in run.rows())
    assert keys == ["['first']"] * 4 + ["['second']"] * 3


@pytest.mark.parametrize("wrong", [("two", ""), ["x" * 65], [1], ("two", None)])
def test_tags__with_one_that_can_be_none__stay_as_they_were_with_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], wrong: Any
) -> None:
    """They are set while the training goes on, which a label must not end."""
    with wandb.init(project="p", tags=["one"]) as run:
        run.tags = wrong
        assert run.tags == ("one",) and "WARNING The tags stay as they were." in capfd.readouterr().err
    assert [list(record.run.tags) for record in recorded(tmp_path).records() if record.HasField("run")] == [["one"]]


def test_init__while_a_run_is_open__gives_it_and_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    """What is given to it is of no effect then, which nobody would expect."""
    with wandb.init(project="p", id="first") as run:
        assert "is open" not in capfd.readouterr().err
        for reinit in ("default", "return_previous"):
            assert wandb.init(project="p", id="second", reinit=reinit) is run
            assert "The run first is open" in capfd.readouterr().err


def test_save_alert_name_tags__are_records_of_the_run(tmp_path: Path) -> None:
    """The calls that append one record each."""
    (tmp_path / "weights.txt").write_text("w")
    with wandb.init(project="p", tags=["one"]) as run:
        assert run.save("weights.txt") == [str(Path(run.dir) / "weights.txt")]
        run.alert("title", "text", level=wandb.AlertLevel.WARN, wait_duration=5)
        run.name, run.notes = "a name", "some notes"
        run.tags += ("two",)
        run.mark_preempting()
        with pytest.raises(wandb.UsageError):
            run.save("weights.txt", policy="sometimes")
        with pytest.raises(wandb.Error):
            run.no_such_attribute = 1
    folder = recorded(tmp_path)
    records = dict(zip(folder.kinds(), folder.records()))
    assert records["run"].run.display_name == "a name" and records["run"].run.notes == "some notes"
    assert list(records["run"].run.tags) == ["one", "two"]
    assert (records["alert"].alert.level, records["alert"].alert.wait_duration) == ("WARN", 5000)
    assert "preempting" in records
    assert folder.file("weights.txt") == "w"


def test_disabled_run__every_call__is_accepted_silently(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What people use to run their program without wandb."""
    run = wandb.init(mode="disabled")
    assert wandb.run is run and run.disabled and run.project and run.name and run.dir
    run.log({"loss": 1}, step=10)
    assert run.summary["loss"] == 1 and run.step == 0
    run.config.lr = 0.1
    run.anything = 1
    run.define_metric("loss", summary="min")
    run.alert("title", "text")
    run.alert("title", "text", level="FOO", wait_duration="x")
    run.define_metric("other", summary="none of these")
    run.define_metric(5, goal=6)  # type: ignore[arg-type]
    run.log({"other": 1}, step="x", commit="y")  # type: ignore[arg-type]
    assert run.save("nothing*") is run.save() is False  # type: ignore[call-arg]
    table = wandb.Table(columns=["a"], data=[[1]])
    run.summary.update({"table": table, "in": {"it": table}})
    assert run.summary["table"] is run.summary["in"]["it"] is table
    run.finish()
    run.log({"loss": 2})
    assert dict(run.summary["loss"]) == {"min": 1} and wandb.run is None
    assert capfd.readouterr() == ("", "")
    assert not (tmp_path / "wandb").exists()


def test_log__integer_too_long_to_print__is_kept_as_text(tmp_path: Path) -> None:
    """Python itself refuses to print more than 4300 digits; the row must not be lost for it."""
    with wandb.init(project="p") as run:
        run.log({"a": 10**5000, "b": -(10**5000), "c": {"d": 10**5000}, "e": 2**1000}, commit=False)
        run.log({"f": 1})
    (row,) = recorded(tmp_path).rows()
    assert row["a"] == row[("c", "d")] == hex(10**5000) and row["b"] == hex(-(10**5000))
    assert row["e"] == 2**1000 and row["f"] == 1


def test_log__name_that_is_a_value_and_a_dict_in_one_row__is_recorded(tmp_path: Path) -> None:
    """A step metric makes the row be read as nested dicts, where such a name has no place for both."""
    with wandb.init(project="p") as run:
        run.define_metric("x", step_metric="s")
        run.log({"a": 1}, commit=False)
        run.log({"a": {"b": 2}, "x": 3})
        run.log({"a": {"b": 2}}, commit=False)
        run.log({"a": 4, "x": 5})
        assert run.summary["a"] == 4
    first, second = recorded(tmp_path).rows()
    assert first[("a", "b")] == 2 and first["x"] == 3 and first["s"] == 0
    assert second["a"] == 4 and second["x"] == 5


def test_summary__while_the_run_lives__has_step_runtime_and_timestamp(tmp_path: Path) -> None:
    """Programs read them there, and the summary file has the same."""
    with wandb.init(project="p") as run:
        run.log({"a": 1})
        run.log({"a": 2}, step=7, commit=True)
        shown = {name: run.summary[name] for name in ("_step", "_runtime", "_timestamp")}
    last = recorded(tmp_path).rows()[-1]
    assert shown == {name: last[name] for name in shown} and shown["_step"] == 7
    assert list(last)[-1] == "_timestamp"  # where readers look for it
    written = recorded(tmp_path).summary()
    assert (written["_step"], written["_timestamp"]) == (7, last["_timestamp"])


def test_arguments__that_can_t_be__raise_what_programs_catch(tmp_path: Path) -> None:
    """A program that guards a call with `except ValueError` or `except TypeError` was written for upstream."""
    with wandb.init(project="p", config="") as run:
        assert dict(run.config) == {}
        for value_error in (
            lambda: run.alert("title", "text", level="bogus"),
            lambda: run.save("x", policy="sometimes"),
            lambda: wandb.init(project=5, reinit="create_new"),  # type: ignore[arg-type]
            lambda: wandb.init(tags=[1], reinit="create_new"),  # type: ignore[list-item]
            lambda: wandb.Settings(mode="x"),
            lambda: wandb.Settings(nonsense=1),
        ):
            with pytest.raises(ValueError) as caught:
                value_error()
            assert isinstance(caught.value, wandb.UsageError)
        for type_error in (
            lambda: run.alert("title", "text", wait_duration="long"),
            lambda: run.alert("title", "text", wait_duration=float("nan")),
            lambda: run.config.update(5),
            lambda: run.summary.update(5),
            lambda: run.save(5),  # type: ignore[arg-type]
        ):
            with pytest.raises(TypeError) as wrong_type:
                type_error()
            assert isinstance(wrong_type.value, wandb.UsageError)


def test_save__bytes_and_a_removed_working_folder__never_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths may be bytes, and a job's folder may go away under it."""
    (tmp_path / "a.txt").write_text("a")
    gone = tmp_path / "gone"
    gone.mkdir()
    run = wandb.init(project="p")
    assert run.save(b"a.txt") == [str(Path(run.dir) / "a.txt")]
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        assert run.save("nothing*") == [] and run.save("nothing", glob=False) == []
        assert run.save(str(tmp_path / "a.txt"), base_path=str(tmp_path)) == [str(Path(run.dir) / "a.txt")]
        run.finish()
    finally:
        monkeypatch.chdir(tmp_path)
    assert recorded(tmp_path).exit_code() == 0 and recorded(tmp_path).file("a.txt") == "a"


def test_disabled_run__configured_with_numbered_keys__keeps_them() -> None:
    """It has no record whose keys could only be text; of a run that has one, programs know them as text."""
    with wandb.init(mode="disabled", config={"id2label": {0: "cat"}}) as run:
        assert run.config.id2label == {0: "cat"}
    with wandb.init(mode="offline", config={"id2label": {0: "cat"}}) as run:
        assert run.config.id2label == {"0": "cat"}


def test_disabled_run__never_stands_for_one_that_records(tmp_path: Path) -> None:
    """A debugging cell switched off must not swallow the run that comes after it, nor end the one before it."""
    off = wandb.init(mode="disabled")
    run = wandb.init(project="p")
    assert run is not off and wandb.run is run
    other = wandb.init(mode="disabled")
    assert other is not run and wandb.run is other
    other.finish()
    run.log({"a": 1})
    run.finish()
    assert wandb.run is None
    assert recorded(tmp_path).rows()[0]["a"] == 1


def test_finished_run__takes_nothing_more_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would be lost must not look as if it were recorded."""
    with wandb.init(project="p") as run:
        run.summary = {"a": 1}
    calls = [
        lambda: run.config.update({"a": 1}),
        lambda: run.define_metric("a"),
        lambda: run.save("x"),
        lambda: run.alert("a", "b"),
        lambda: run.mark_preempting(),
        lambda: run.pin_config_keys(["a"]),
        lambda: setattr(run, "name", "x"),
        lambda: setattr(run, "tags", ("x",)),
        lambda: setattr(run, "notes", "x"),
        lambda: run.log({"a": 1}),
    ]
    for call in calls:
        with pytest.raises(wandb.UsageError, match="finished"):
            call()
    run.summary["b"] = 2
    assert "not recorded" in capsys.readouterr().err
    assert recorded(tmp_path).summary()["a"] == 1


@pytest.mark.parametrize("options", [{"step": True}, {"step": 2.0}, {"commit": "x"}])
def test_log__wrong_step_or_commit__raises_and_counts_nothing(tmp_path: Path, options: dict) -> None:
    """A row under a wrong step is worse than an error."""
    with wandb.init(project="p") as run:
        with pytest.raises(TypeError):
            run.log({"a": 1}, **options)
        assert run.step == 0


def test_resume_from__names_the_run(tmp_path: Path) -> None:
    """A rewind is of that run; a later sync must know it."""
    with wandb.init(project="p", resume_from="abc?_step=3") as run:
        assert run.id == "abc"


def test_capture_loggers__copies_what_they_say(tmp_path: Path) -> None:
    """Also of a logger whose text goes to no stream."""
    import logging

    logger = logging.getLogger("test.captured")
    logger.propagate = False
    logger.setLevel("DEBUG")
    levels = {"test.captured": "INFO", "test.wrong": "LOUD"}
    with wandb.init(project="p", settings=wandb.Settings(capture_loggers=levels)) as run:
        logger.info("heard %d", 1)
        logger.debug("not heard")
        assert len(logger.handlers) == 1
        files = run.dir
    logger.info("late")
    assert logger.handlers == []
    assert "INFO:test.captured:heard 1" in "".join(r.output_logger.line for r in recorded(tmp_path).records())
    assert files


def test_diary__is_there_and_linked(tmp_path: Path) -> None:
    """The end of a run points people to that folder."""
    with wandb.init(project="p") as run:
        assert Path(run.settings.log_user).exists() and Path(run.settings.log_symlink_user).exists()
    assert f"run {run.id} ends, exit code 0" in Path(run.settings.log_symlink_user).read_text()


def test_settings_file__that_is_used__is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stray file would otherwise be hard to find."""
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text("[default]\nproject = pp\n")
    with wandb.init() as run:
        assert run.project == "pp"
    assert f"Loading settings from {tmp_path / 'wandb' / 'settings'}" in capsys.readouterr().err


def test_force__without_a_key__raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for a run that is sent must not get one that is not."""
    monkeypatch.delenv("WANDB_MODE")
    with pytest.raises(wandb.UsageError, match="API key"):
        wandb.init(project="p", force=True)
