"""Runs of a server: chosen and got page by page, read, changed, and ended."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any, List

import pytest

import wandb
from tests.server.faults import HANG, STATUS, Fault
from tests.server.ready_runs import put_run
from tests.server.server import RecordingServer
from wandb.errors import ArgumentValueError, AuthenticationError, CommError, UnsupportedError

ROWS = [{"loss": 1 / (step + 1), "_timestamp": float(step), "deep": {"x": step}} for step in range(30)]


def operations(server: RecordingServer, name: str) -> List[Any]:
    """The variables of each request of this name."""
    return [variables for operation, variables in server.operations if operation == name]


def test_run__of_a_server__says_what_the_server_knows(api: Any, server: RecordingServer) -> None:
    """By the names that programs have always used, and those of the server."""
    put_run(server, "r1", ROWS, config={"lr": 0.1, "deep": {"a": [1]}}, tags=["a"], notes="n", groupName="g",
            jobType="train", displayName="the name", events=[{"system.cpu": 3}])  # fmt: skip
    run = api.run("somebody/p/r1")
    assert (run.id, run.name, run.display_name, run.state) == ("r1", "the name", "the name", "finished")
    assert (run.entity, run.project, run.path) == ("somebody", "p", ["somebody", "p", "r1"])
    assert (run.group, run.job_type, run.jobType, run.notes, run.tags) == ("g", "train", "train", "n", ["a"])
    assert run.config == {"lr": 0.1, "deep": {"a": [1]}} and run.rawconfig["_wandb"] == {"t": {"1": [1]}}
    assert run.summary["loss"] == 1 / 30 and run.summary.deep.x == 29 and run.summary_metrics["_step"] == 29
    assert run.created_at == run.createdAt == "2026-01-01T00:00:00Z" and run.lastHistoryStep == 29
    assert run.user.username == "somebody" and run.url == f"{server.url}/somebody/p/runs/r1"
    assert run.system_metrics == {"system.cpu": 3} and run.sweep is None and run.metadata is None
    assert isinstance(run, wandb.apis.public.Run) and run.storage_id == "storage-r1" and run.read_only is False
    with pytest.raises(AttributeError):
        run.no_such  # noqa: B018


@pytest.mark.parametrize("path", ["somebody/p/r1", "/somebody/p/runs/r1", "p/r1", "r1", "somebody/p:r1", "{url}/somebody/p/runs/r1"])
def test_run__named_in_any_way__is_found(path: str, server: RecordingServer, api: Any) -> None:
    """As it stands in old programs, in the address of its page, or short."""
    put_run(server, "r1")
    api.settings["project"] = "p"
    assert api.run(path.format(url=server.url)).path == ["somebody", "p", "r1"]


def test_run__that_is_not_there__is_an_error_that_names_it(api: Any) -> None:
    """At once, not when something is asked of it."""
    with pytest.raises(CommError, match="no run somebody/p/r1 at the server"):
        api.run("p/r1")
    with pytest.raises(ArgumentValueError, match="entity/project/run"):
        api.run("a/b/c/d")


def test_runs__of_a_project__come_page_by_page(api: Any, server: RecordingServer) -> None:
    """Only what is looked at is asked for; the length is what the server says."""
    for number in range(7):
        put_run(server, f"r{number}", [{"loss": number}], exit_code=number % 2)
    runs = api.runs("somebody/p", per_page=3)
    assert len(runs) == 7 and runs[1].id == "r1" and runs.more
    assert [run.id for run in runs[1:5]] == ["r1", "r2", "r3", "r4"]
    assert len(operations(server, "Runs")) == 2
    assert [run.id for run in runs] == [f"r{number}" for number in range(7)] == [run.id for run in runs]
    assert runs[-1].id == "r6" and not runs.more and next(runs).id == "r0" and next(runs).id == "r1"
    assert [variables["cursor"] for variables in operations(server, "Runs")] == [None, "3", "6"]
    assert operations(server, "Run") == []  # nothing was asked of a single one
    assert [run.summary["loss"] for run in runs[:2]] == [0, 1] and len(operations(server, "Run")) == 2


def test_runs__with_filters_and_an_order__are_chosen_by_the_server(api: Any, server: RecordingServer) -> None:
    """What the filters mean is the server's to say; config and summary may come with the list."""
    for number in range(4):
        put_run(server, f"r{number}", [{"loss": -number}], config={"lr": number}, exit_code=number % 2, tags=[f"t{number}"])
    chosen = api.runs("p", {"$or": [{"state": "failed"}, {"config.lr.value": {"$gt": 1}}]}, "+summary_metrics.loss", lazy=False)
    assert [run.id for run in chosen] == ["r3", "r2", "r1"] and chosen[0].config == {"lr": 3}
    assert [run.id for run in api.runs("p", {"tags": "t2"}, order="-created_at")] == ["r2"]
    assert operations(server, "Run") == []
    assert len(api.runs("no-such-project")) == 0
    rows = api.runs("p", {"state": "failed"}).histories(keys=["loss"])
    assert rows == [{"run_id": "r1", "_step": 0, "loss": -1}, {"run_id": "r3", "_step": 0, "loss": -3}]


def test_history__sampled_and_of_the_system__is_what_the_server_gives(api: Any, server: RecordingServer) -> None:
    """In the same shape as that of a run folder: nested values by names with dots."""
    put_run(server, "r1", ROWS, events=[{"system.cpu": number} for number in range(3)])
    run = api.run("p/r1")
    rows = run.history(pandas=False)
    assert len(rows) == 30 and rows[7] == {"_step": 7, "loss": 1 / 8, "_timestamp": 7.0, "deep.x": 7}
    assert run.history(samples=2, keys=["loss"], pandas=False) == [{"_step": 0, "loss": 1.0}, {"_step": 29, "loss": 1 / 30}]
    assert run.history(keys=["loss"], x_axis="_timestamp", pandas=False)[1] == {"_timestamp": 1.0, "loss": 0.5}
    assert run.history(stream="system", pandas=False) == [{"system.cpu": number} for number in range(3)]
    for wrong in ({"stream": "x"}, {"samples": 0}, {"keys": "loss"}):
        with pytest.raises(ArgumentValueError):
            run.history(**wrong)


def test_scan_history__of_steps_far_apart__has_each_row_once(api: Any, server: RecordingServer) -> None:
    """A server gives at most a page of rows, spread evenly: no row may be lost to that, and gaps must not cost a question a page."""
    steps = [*range(25), 40_000, *range(1_000_000, 1_000_030)]
    put_run(server, "r1", [{"_step": step, "loss": float(step), **({"rare": 1} if step % 10 == 0 else {})} for step in steps])
    run = api.run("p/r1")
    assert [row["_step"] for row in run.scan_history(page_size=10)] == steps
    assert len(operations(server, "HistoryPage")) < 60
    assert [row["_step"] for row in run.scan_history(min_step=20, max_step=1_000_002, page_size=7)] == [*range(20, 25), 40_000, 1_000_000, 1_000_001]
    rare = list(run.scan_history(keys=["rare", "_step"], page_size=10))
    assert [row["_step"] for row in rare] == [step for step in steps if step % 10 == 0] and set(rare[0]) == {"rare", "_step"}
    assert list(run.scan_history(keys=["loss"], page_size=1000))[-1] == {"_step": 1_000_029, "loss": 1_000_029.0}
    assert list(run.scan_history(min_step=2_000_000)) == []
    with pytest.raises(ArgumentValueError, match="page_size"):
        list(run.scan_history(page_size=0))


def test_files__of_a_run__are_listed_got_and_deleted(api: Any, server: RecordingServer, tmp_path: Path) -> None:
    """The key goes to the server only; nothing is written over unless that is wanted."""
    put_run(server, "r1", files={"config.yaml": b"a: 1\n", "media/x.txt": b"x", "wandb-metadata.json": b'{"os": "Linux"}'})
    run = api.run("p/r1")
    assert [file.name for file in run.files(per_page=1)] == ["config.yaml", "media/x.txt", "wandb-metadata.json"]
    assert len(run.files()) == 3 and [file.name for file in run.files(pattern="media/%")] == ["media/x.txt"]
    file = run.file("media/x.txt")
    assert (file.size, file.sizeBytes, file.mimetype, file.path_uri) == (1, 1, "text/plain", "")
    assert isinstance(file, wandb.apis.public.File) and file.updated_at == file.updatedAt != ""
    with file.download(str(tmp_path)) as opened:
        assert opened.read() == "x" and opened.name == str(tmp_path / "media" / "x.txt")
    with pytest.raises(ArgumentValueError, match="is there already"):
        file.download(str(tmp_path))
    (tmp_path / "media" / "x.txt").write_text("mine")
    assert file.download(str(tmp_path), exist_ok=True).read() == "mine"
    assert file.download(str(tmp_path), replace=True).read() == "x"
    assert run.metadata == {"os": "Linux"}
    file.delete()
    assert [name.name for name in run.files()] == ["config.yaml", "wandb-metadata.json"]
    with pytest.raises(ArgumentValueError, match="no file 'media/x.txt'"):
        run.file("media/x.txt")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["x.txt"]


def test_objects_of_a_server__in_a_notebook__show_their_pages(api: Any, server: RecordingServer) -> None:
    """Dashboards put them below cells; who has no page shows nothing, and where there is no notebook, nobody does."""
    put_run(server, "r1", files={"x.txt": b"x"})
    run = api.run("p/r1")
    frame = f"<iframe src='{run.url}?jupyter=true' style='border:none;width:100%;height:420px;'></iframe>"
    assert run.to_html() == run._repr_html_() == frame
    assert run.to_html(9, hidden=True).startswith("<button ") and "height:9px;display:none;" in run.to_html(9, hidden=True)
    file = run.file("x.txt")
    assert (file.to_html(), file._repr_html_(), run.user.to_html()) == (None, None, None)
    assert [shown.display() for shown in (run, file, run.user, api.project("p"))] == [False] * 4
    assert run.snake_to_camel("created_at") == "createdAt" and file.snake_to_camel("a") == "a"


def test_files__of_a_run__know_it(api: Any, server: RecordingServer) -> None:
    """Programs go from a file back to its run, and keep what they get in the run's own folder."""
    put_run(server, "r1", files={"x.txt": b"xyz"})
    run = api.run("p/r1")
    files = run.files()
    assert files.run is run and files[0].run is run and files[0].size_bytes == 3
    assert repr(files) == "<Files somebody/p/r1 (1)>"
    assert Path(run.dir).is_dir() and Path(run.dir).parts[-3:] == ("somebody", "p", "r1")


def test_run__whose_id_leads_elsewhere__has_no_folder(api: Any, server: RecordingServer) -> None:
    """What the server calls it is not to choose where files of this machine are."""
    put_run(server, "..")
    with pytest.raises(ArgumentValueError, match="would not be written below"):
        api.runs("p")[0].dir  # noqa: B018


def test_lists__of_a_server__go_on_by_next_and_keep_what_they_have(api: Any, server: RecordingServer) -> None:
    """As programs do that handle pages themselves; a page has at least one item."""
    for name in ("r1", "r2"):
        put_run(server, name)
    runs = api.runs("p", filters={"state": "finished"}, per_page=0)
    assert runs.objects == [] and runs.next().id == "r1" and [run.id for run in runs.objects] == ["r1"]
    assert (runs.filters, runs.order) == ({"state": "finished"}, "+created_at")
    assert runs.next().id == "r2"
    with pytest.raises(StopIteration):
        runs.next()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda api: api.run("a/b/c/d/e"), lambda api: api.run(None), lambda api: api.run("p/r1").file("none"),
        lambda api: api.run("p/r1").log_artifact("x"), lambda api: api.run("p/r1").history(samples=0),
        lambda api: api.runs("p", filters="x"), lambda api: api.artifact(""), lambda api: api.from_path(""),
        lambda api: [api.run("p/r1").file("x.txt").download("made") for _ in range(2)],
    ],
)  # fmt: skip
def test_call__that_is_wrong__is_a_comm_error_as_well(
    api: Any, server: RecordingServer, wrong: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs catch `wandb.errors.CommError` around all that they ask the public API for."""
    monkeypatch.chdir(tmp_path)
    put_run(server, "r1", files={"x.txt": b"x"})
    with pytest.raises(CommError):
        wrong(api)


def test_from_path__with_one_name__is_a_project(api: Any, server: RecordingServer) -> None:
    """As upstream's client has it."""
    put_run(server, "r1")
    assert isinstance(api.from_path("p"), wandb.apis.public.Project) and api.from_path("p").path == ["somebody", "p"]


def test_file__whose_name_leads_elsewhere__is_not_written(api: Any, server: RecordingServer, tmp_path: Path) -> None:
    """A server is not to choose where files of this machine are."""
    put_run(server, "r1", files={"../../x": b"x"})
    with pytest.raises(ArgumentValueError, match="would not be written below"):
        api.run("p/r1").file("../../x").download(str(tmp_path / "deep" / "er"))
    assert not (tmp_path / "x").exists()


def test_file__that_breaks_off__leaves_nothing_half_written(api: Any, server: RecordingServer, tmp_path: Path) -> None:
    """It is tried again; what can't be got is an error, and no file."""
    put_run(server, "r1", files={"x": b"whole"})
    server.faults.plan("other", Fault(STATUS, status=503), times=2)
    assert api.run("p/r1").file("x").download(str(tmp_path)).read() == "whole"
    server.faults.plan("other", Fault(STATUS, status=404))
    with pytest.raises(CommError, match="status 404"):
        api.run("p/r1").file("x").download(str(tmp_path / "other"))
    assert list((tmp_path / "other").iterdir()) == []


def test_exported_rows__beside_what_a_broken_download_left__are_whole(
    api: Any, server: RecordingServer, tmp_path: Path
) -> None:
    """The server may have made the export anew since: the rest of it behind the beginning of an older one is neither."""
    put_run(server, "r1", files={"rows.parquet": b"all of the rows", "gone.parquet": b"x"})
    (tmp_path / "r1_0.runhistory.part").write_bytes(b"an older one")
    run = api.run("p/r1")
    found = run.download_history_exports(str(tmp_path))
    assert [path.read_bytes() for path in found.paths] == [b"all of the rows", b"x"] and not found.errors
    assert (tmp_path / "r1_0.runhistory.part").read_bytes() == b"an older one"
    server.faults.plan("other", Fault(STATUS, status=404), times=2)
    found = run.download_history_exports(str(tmp_path / "new"))
    assert found.paths == [] and len(found.errors) == 2 and list((tmp_path / "new").iterdir()) == []


def test_upload_file__brings_it_below_its_path(api: Any, server: RecordingServer, tmp_path: Path) -> None:
    """And gives the file that the server has now."""
    put_run(server, "r1")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.bin").write_bytes(b"\x00\xff")
    uploaded = api.run("p/r1").upload_file(str(tmp_path / "sub" / "x.bin"), root=str(tmp_path))
    assert (uploaded.name, uploaded.size, server.run.files["sub/x.bin"]) == ("sub/x.bin", 2, b"\x00\xff")
    with pytest.raises(ArgumentValueError, match="is not below"):
        api.run("p/r1").upload_file(str(tmp_path / "sub" / "x.bin"), root=str(tmp_path / "other"))


def test_console_logs__have_times_and_levels(api: Any, server: RecordingServer) -> None:
    """As the server keeps them; the last ones alone cost one question."""
    put_run(server, "r1", console=["2026-01-02T03:04:05.678901 hello", "ERROR 2026-01-02T03:04:06.000000 bad"])
    run = api.run("p/r1")
    first, second = run.console_logs(per_page=1)
    assert (first.number, first.level, first.content) == (0, "info", "hello") and first.timestamp.microsecond == 678901
    assert (second.level, second.content) == ("error", "bad") and len(run.console_logs()) == 2
    assert [line.content for line in run.console_logs(last=1)] == ["bad"] and run.console == "hello\nbad\n"


def test_update__sends_what_was_changed(api: Any, server: RecordingServer) -> None:
    """Config values in the form that servers keep, also those of numpy; tags may be changed in place."""
    np = pytest.importorskip("numpy")
    put_run(server, "r1", [{"loss": 1}], config={"lr": 1}, tags=["a"])
    run = api.run("p/r1")
    run.config["lr"], run.config["array"] = np.float32(0.5), np.arange(3)
    run.tags.append("b")
    run.name, run.notes, run.group = "new", "changed", "g2"
    run.update()
    fields = server.run.fields
    assert server.run.config() == {"_wandb": {"t": {"1": [1]}}, "lr": 0.5, "array": [0, 1, 2]}
    assert (fields["displayName"], fields["notes"], fields["tags"], fields["groupName"]) == ("new", "changed", ["a", "b"], "g2")
    run.notes = "dropped"
    assert run.load(force=True)["notes"] == "changed" and run.notes == "changed"
    run.summary["best"] = np.float64(2.0)
    run.summary.update({"loss": 7, "more": {"x": 1}})
    run.summary.more["y"] = 2
    run.summary.update()
    assert run.summary_metrics == {"_step": 0, "loss": 7, "best": 2.0, "more": {"x": 1, "y": 2}}
    sent = [variables for _, variables in server.operations if variables.get("summaryMetrics")]
    assert '"y":2' in sent[-1]["summaryMetrics"].replace(" ", "")


def test_run__stopped_renamed_deleted__is_so_at_the_server(api: Any, server: RecordingServer) -> None:
    """`delete` says whether the artifacts go, too."""
    received = put_run(server, "r1", exit_code=None)
    run = api.run("p/r1")
    run.stop()
    assert received.stopped and run.update_state("pending") and received.fields["state"] == run.state == "pending"
    run.delete(delete_artifacts=True)
    assert server.runs == {} and operations(server, "DeleteRun")[0]["deleteArtifacts"] is True
    api.flush()
    with pytest.raises(CommError):
        api.run("p/r1")


def test_wait_until_finished__returns_when_the_run_has_ended(
    api: Any, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks again and again, and the object says so afterwards."""
    received = put_run(server, "r1", exit_code=None)
    run = api.run("p/r1")
    assert run.state == "running"
    monkeypatch.setattr(type(run), "_poll_seconds", 0.01)
    waiting = threading.Thread(target=run.wait_until_finished, daemon=True)
    waiting.start()
    while len(operations(server, "RunState")) < 3:
        waiting.join(0.01)
    assert waiting.is_alive()
    received.post({"complete": True, "exitcode": 1})
    waiting.join(30)
    assert not waiting.is_alive() and run.state == "failed"


def test_create_run__makes_one_that_goes_on(api: Any, server: RecordingServer) -> None:
    """Its id is chosen if none is given."""
    run = api.create_run(project="made", run_id="x1")
    assert (run.path, run.state) == (["somebody", "made", "x1"], "running") and server.run.run_id == "x1"
    other = wandb.apis.public.Run.create(api, project="made")
    assert len(other.id) == 8 and len(api.runs("made")) == 2


def test_key__that_is_missing_or_refused__is_an_error_that_says_so(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key nothing can be asked; `api_key` is one for this object alone."""
    with pytest.raises(AuthenticationError, match="no API key for"):
        wandb.Api({"base_url": server.url})
    api = wandb.Api({"base_url": server.url, "entity": "somebody", "project": "p"}, api_key="local-" + "f" * 40)
    with pytest.raises(AuthenticationError, match="refuses the API key"):
        api.viewer  # noqa: B018
    assert "ffff" not in repr(api.__dict__)
    with pytest.raises(AuthenticationError, match="too short"):
        wandb.Api({"base_url": server.url}, api_key="short")


def test_server__that_does_not_answer__is_waited_for_as_long_as_told(
    api: Any, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`timeout` is for each request."""
    monkeypatch.setenv("WANDB_X_GRAPHQL_RETRY_MAX", "1")
    server.faults.plan("graphql", Fault(HANG, seconds=30), times=2)
    with pytest.raises(CommError, match="can't be reached"):
        wandb.Api(timeout=0.1).run("somebody/p/r1")


def test_run__pickled__is_asked_for_again_elsewhere(api: Any, server: RecordingServer) -> None:
    """A pool of processes gets runs to work on; the key is not in what is sent to it."""
    put_run(server, "r1", config={"lr": 1})
    text = pickle.dumps(api.run("p/r1"))
    assert b"0123456789abcdef" not in text
    assert pickle.loads(text).config == {"lr": 1} and len(list(pickle.loads(text).scan_history())) == 0


@pytest.mark.parametrize("call", ["automations", "reports", "registries", "run_queue", "team", "job", "sync_tensorboard", "integrations"])
def test_call__that_is_refused__names_itself(api: Any, call: str) -> None:
    """What the protocol's facts do not cover is not guessed."""
    with pytest.raises(UnsupportedError, match=rf"^Api\.{call}: this package does not do"):
        getattr(api, call)("x")


def test_local_api__asked_for_what_a_server_has__says_so(tmp_path: Path) -> None:
    """By name, and unknown names stay unknown."""
    local = wandb.Api(local=str(tmp_path))
    assert isinstance(local, wandb.Api)
    with pytest.raises(UnsupportedError, match=r"Api\.artifact is for a server"):
        local.artifact("x")
    assert not hasattr(local, "no_such")
