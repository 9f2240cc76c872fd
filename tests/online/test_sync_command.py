"""`wandb sync`, judged by what a server has got, and by its exit status."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, List

import pytest

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in
from tests.server.faults import STATUS, Fault
from tests.server.server import KEY, RecordingServer
from tests.written_run import WrittenRun
from wandb.apis.local import LocalRuns
from wandb.apis.public import Api
from wandb.errors import UsageError
from wandb.runlog.transaction_log import FILE_HEADER

RUN = """
    import sys
    import wandb
    with wandb.init(project="p", name="n", id=sys.argv[1], config={"lr": 0.1, "deep": {"x": 1}}, tags=["a", "b"]) as run:
        run.define_metric("loss", summary="min,max")
        for number in range(10):
            run.log({"loss": 10 - number, "deep": {"er": number}})
            print("line", number)
        print("to stderr", file=sys.stderr)
        print("50%\\r100%")
        run.alert("title", "text", level="WARN", wait_duration=5)
        open("kept.txt", "w").write("kept")
        run.save("kept.txt")
"""


def sync(
    program: Program, server: RecordingServer, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wandb", "sync", *arguments],
        cwd=program.folder,
        env={**program.environment, **server.environment(**environment)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_complete(server: RecordingServer, run_id: str = "one") -> None:
    """The server has all of RUN, once."""
    run = server.runs[run_id]
    assert [(row["loss"], row["deep"]["er"], row["_step"]) for row in run.rows()] == [(10 - n, n, n) for n in range(10)]
    assert run.console() == [*(f"line {number}" for number in range(10)), "ERROR to stderr", "100%"]
    assert run.summary()["loss"] == {"min": 1, "max": 10} and run.summary()["deep"] == {"er": 9}
    assert run.config()["lr"] == 0.1 and run.config()["deep"] == {"x": 1}
    assert "t" in run.config()["_wandb"]
    fields = {name: run.fields[name] for name in ("displayName", "tags")}
    assert fields == {"displayName": "n", "tags": ["a", "b"]}
    assert (run.complete, run.exit_code) == (True, 0)
    assert [(alert["title"], alert["severity"], alert["waitDuration"]) for alert in run.alerts] == [("title", "WARN", 5000)]
    names = {"config.yaml", "kept.txt", "output.log", "requirements.txt", "wandb-metadata.json", "wandb-summary.json"}
    assert set(run.files) == set(run.uploaded) == names
    assert run.files["kept.txt"] == b"kept"
    assert json.loads(run.files["wandb-summary.json"]) == run.summary()


def test_sync__offline_run__is_at_the_server_and_marked(program: Program, server: RecordingServer) -> None:
    """Rows, console, summary, config, files, alerts, exit code; the page is named."""
    run = program(RUN, "one").ok().run
    result = sync(program, server, str(run.path))
    assert result.returncode == 0, result.stderr
    assert f"{server.url}/somebody/p/runs/one" in result.stderr
    assert_complete(server)
    assert Path(run.layout.synced_marker).exists()


def test_sync__again__sends_nothing(program: Program, server: RecordingServer) -> None:
    """Neither with the mark nor, asked to look all the same, without it."""
    run = program(RUN, "one").ok().run
    assert sync(program, server, str(run.path)).returncode == 0
    requests = len(server.requests)
    assert "were sent before" in sync(program, server, str(run.path)).stderr
    assert sync(program, server, "--include-synced", str(run.path)).returncode == 0
    assert len(server.requests) == requests
    assert_complete(server)


@pytest.mark.parametrize("kind", ["UpsertBucket", "file_stream", "CreateRunFiles", "put", "ServerFeaturesQuery"])
@pytest.mark.parametrize("fault", [Fault(STATUS, status=503), Fault.lost_reply()], ids=["503", "lost reply"])
def test_sync__requests_fail_at_first__has_everything_once(
    program: Program, server: RecordingServer, kind: str, fault: Fault
) -> None:
    """A request whose answer was lost is made again, to the same effect."""
    run = program(RUN, "one").ok().run
    server.faults.plan(kind, fault, 2)
    result = sync(program, server, str(run.path))
    assert result.returncode == 0, result.stderr
    assert_complete(server)


@pytest.mark.parametrize("place", range(9))
def test_sync__killed_between_any_two_answers__goes_on_where_the_server_is(
    program: Program, server: RecordingServer, place: int, wait_for: Callable[..., Any]
) -> None:
    """SIGKILL while each of its requests in turn hangs, after it was carried out."""
    run = program(RUN, "one").ok().run
    healthy: List[str] = []

    def hang_at_place(kind: str) -> Fault | None:
        healthy.append(kind)
        return Fault("hang", applies=True, seconds=60) if len(healthy) == place + 1 else None

    server.faults.chaos = hang_at_place
    command = [sys.executable, "-m", "wandb", "sync", str(run.path)]
    environment = {**program.environment, **server.environment()}
    process = subprocess.Popen(command, cwd=program.folder, env=environment, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(healthy) > place)
    process.kill()
    process.wait()
    server.faults.clear()
    result = sync(program, server, str(run.path))
    assert result.returncode == 0, result.stderr
    alerts = server.runs["one"].alerts
    if healthy[place] == "NotifyScriptableRunAlert":
        del alerts[1:]  # the one request that has no number to make it the same: told twice rather than never
    assert_complete(server)


def test_sync__run_killed_with_its_helpers__is_completed_first(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Nobody but this command is left to end it; a child's rows have their steps then."""
    result = program(
        """
        import os, signal, sys, wandb
        run = wandb.init(project="p", id="dead", settings={"x_disable_stats": True})
        run.log({"x": 0})
        if not os.fork():
            run.log({"child": 1})
            os._exit(0)
        os.wait()
        run.log({"x": 1})
        print("last words")
        os.kill(run._interface._service.pid, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert result.status == -9
    assert sync(program, server).returncode == 0
    run = server.runs["dead"]
    assert [(row.get("x"), row.get("child"), row["_step"]) for row in run.rows()] == [(0, None, 0), (1, None, 1), (None, 1, 2)]
    assert run.console() == ["last words"]
    assert (run.complete, run.exit_code) == (True, 1)


def test_sync__several_runs_and_one_is_garbage__sends_the_others_and_tells(
    program: Program, server: RecordingServer
) -> None:
    """One bad file must not stop a night's worth of runs."""
    for name in ("one", "two"):
        program(RUN, name).ok()
    broken = program.folder / "wandb" / "offline-run-20200101_000000-bad"
    broken.mkdir()
    (broken / "run-bad.wandb").write_bytes(b"this is no run file at all")
    result = sync(program, server, "-n", "2")
    assert result.returncode == 1
    assert "[bad] ERROR" in result.stderr and "Runs: 2 sent, 1 not or not wholly sent." in result.stderr
    for name in ("one", "two"):
        assert_complete(server, name)


def test_sync__run_file_beside_another_one__sends_the_one_that_is_named(
    program: Program, server: RecordingServer
) -> None:
    """In a folder of files that were gathered from machines; a file that is no run's is not there."""
    for name in ("a", "b"):
        run = WrittenRun(program.folder / name, name, "folder")
        run.row({"x": name})
        run.log.close()
        shutil.copy(run.layout.transaction_log, program.folder)
    (program.folder / "notes.wandb").touch()
    result = sync(program, server, "run-b.wandb")
    assert result.returncode == 0 and [row["x"] for row in server.run.rows()] == ["b"] and server.run.run_id == "b"
    assert sync(program, server, "notes.wandb").returncode == 1 and list(server.runs) == ["b"]


def test_sync__path_that_leads_nowhere__is_a_wrong_argument_and_an_empty_folder_is_none(
    program: Program, server: RecordingServer
) -> None:
    """Scripts send what a job has left, if anything; a typing error is told before anything is sent."""
    program(RUN, "one").ok()
    (program.folder / "empty").mkdir()
    for wrong in ("nowhere", "wandb/offline-*-none"):
        result = sync(program, server, "wandb", wrong)
        assert result.returncode == 2 and f"there is nothing at {wrong}" in result.stderr and not server.runs
    result = sync(program, server, "empty")
    assert result.returncode == 0 and "There is nothing to send." in result.stderr
    assert sync(program, server, "empty", "wandb").returncode == 0
    assert_complete(server, "one")


def test_sync__run_with_a_damaged_byte__sends_the_rest_and_tells(program: Program, server: RecordingServer) -> None:
    """What can't be read is named; the run is not marked as sent whole."""
    run = program(RUN, "one").ok().run
    log = Path(run.layout.transaction_log)
    data = bytearray(log.read_bytes())
    data[data.index(b"to stderr")] ^= 0xFF
    log.write_bytes(data)
    result = sync(program, server, str(run.path))
    assert result.returncode == 1 and "checksum" in result.stderr
    assert len(server.run.rows()) == 10 and server.run.complete
    assert not Path(run.layout.synced_marker).exists()


def test_sync__row_whose_media_are_missing__sends_the_rest_and_names_the_file(
    program: Program, server: RecordingServer
) -> None:
    """A disk has refused the file, or somebody has removed it; it may come back, and is sent then."""
    run = program(
        """
        import wandb
        with wandb.init(project="p", id="one") as run:
            run.log({"page": wandb.Html("<b>x</b>"), "loss": 1})
            run.log({"loss": 2})
        """
    ).ok().run
    name = str(run.rows()[0]["page", "path"])
    (run.path / "files" / name).rename(program.folder / "aside")
    (local,) = Api(local=str(program.folder)).runs()
    assert [row["loss"] for row in local.scan_history()] == [1, 2] and name not in [file.name for file in local.files()]
    with pytest.raises(UsageError, match="has no file 'media/html/"):
        local.file(name)
    result = sync(program, server, str(run.path))
    assert result.returncode == 1 and f"{name} could not be sent: No such file" in result.stderr
    assert "not wholly sent" in result.stderr and "Traceback" not in result.stderr
    assert [row["loss"] for row in server.run.rows()] == [1, 2] and "config.yaml" in server.run.files
    (program.folder / "aside").rename(run.path / "files" / name)
    result = sync(program, server, str(run.path))
    assert result.returncode == 0, result.stderr
    assert b"<b>x</b>" in server.run.files[name] and len(server.run.rows()) == 2


def test_sync__run_that_goes_on__sends_what_there_is_and_later_the_rest(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Of an offline run, while it is being recorded; nothing is sent twice."""
    process = program.start(
        """
        import sys, wandb
        run = wandb.init(project="p", id="live")
        run.log({"x": 0})
        print("ready", flush=True)
        sys.stdin.readline()
        run.log({"x": 1})
        """,
        stdin=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    result = sync(program, server)
    assert result.returncode == 0 and "1 still going on" in result.stderr
    run = server.runs["live"]
    assert [row["x"] for row in run.rows()] == [0] and not run.complete
    process.communicate("\n", timeout=60)
    assert sync(program, server).returncode == 0
    assert [row["x"] for row in run.rows()] == [0, 1] and run.complete
    posts = [part["content"] for post in run.posts for name, part in post.get("files", {}).items() if "history" in name]
    assert [len(lines) for lines in posts] == [1, 1]


def test_sync__options__change_what_is_sent(program: Program, server: RecordingServer) -> None:
    """Another id, project, owner, job type, renamed tags, no console."""
    run = program(RUN, "one").ok().run
    options = ("--id", "other", "-p", "q", "-e", "team", "--job-type", "eval", "--replace-tags", "a=z", "--skip-console")
    assert sync(program, server, *options, str(run.path)).returncode == 0
    got = server.run
    assert (got.run_id, got.project, got.entity) == ("other", "q", "team")
    assert (got.fields["jobType"], got.fields["tags"]) == ("eval", ["z", "b"])
    assert got.console() == [] and len(got.rows()) == 10


def test_sync__console_settings_of_the_run__hold_for_what_is_sent(program: Program, server: RecordingServer) -> None:
    """The server's console and output.log show the same lines."""
    run = program(
        """
        import wandb
        with wandb.init(project="p", id="one", settings={"console_exclude": ["secret"], "console_prefix": True}) as run:
            print("shown")
            print("a secret")
        """
    ).ok().run
    assert sync(program, server, str(run.path)).returncode == 0
    assert server.run.console() == run.output() and run.output()[0].endswith("] shown") and len(run.output()) == 1


def test_sync__dry_run_and_globs__say_what_would_be_sent(program: Program, server: RecordingServer) -> None:
    """Nothing is asked of a server."""
    for name in ("one", "two"):
        program(RUN, name).ok()
    result = sync(program, server, "--dry-run", "--include-globs", "*-two")
    assert result.returncode == 0 and "-two" in result.stderr and "-one" not in result.stderr
    assert "-one" in sync(program, server, "--dry-run", "--exclude-globs", "*-two").stderr
    assert "nothing to send" in sync(program, server, "--dry-run", "--no-include-offline").stderr
    assert server.requests == []


def test_sync__clean__deletes_what_was_sent_and_is_old(program: Program, server: RecordingServer) -> None:
    """Never without being sure; what was not sent stays."""
    one = program(RUN, "one").ok().run
    assert sync(program, server, str(one.path)).returncode == 0
    program(RUN, "two").ok()
    assert "nothing to delete" in sync(program, server, "--clean").stderr
    assert sync(program, server, "--clean", "--clean-old-hours", "0").returncode == 1 and one.path.exists()
    assert sync(program, server, "--clean", "--clean-old-hours", "0", "--clean-force").returncode == 0
    assert not one.path.exists() and len(list(program.folder.glob("wandb/offline-run-*-two"))) == 1


def test_sync__run_that_its_own_helper_sends__is_left_to_it(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """That is no failure, and it is said."""
    source = """
        import sys, wandb
        with wandb.init(project="p", id="one") as run:
            print("ready", flush=True)
            sys.stdin.readline()
    """
    process = program.start(source, stdin=subprocess.PIPE, env=server.environment())
    wait_for(lambda: "one" in server.runs)
    (path,) = program.folder.glob("wandb/run-*")
    for paths in ([], [str(path)]):
        result = sync(program, server, *paths)
        assert result.returncode == 0 and result.stderr.count("is being sent now, by its own helper") == 1
    process.communicate("\n", timeout=60)
    assert server.run.complete


def test_sync__no_key__is_one_clear_error(program: Program, server: RecordingServer) -> None:
    """It says what to do."""
    run = program(RUN, "one").ok().run
    result = sync(program, server, str(run.path), WANDB_API_KEY="")
    assert result.returncode == 1 and "wandb login" in result.stderr and server.url in result.stderr


def test_sync__refused_key__names_the_host_and_keeps_the_data(program: Program, server: RecordingServer) -> None:
    """One line, no key in it."""
    run = program(RUN, "one").ok().run
    key = "local-" + "f" * 40
    result = sync(program, server, str(run.path), WANDB_API_KEY=key)
    assert result.returncode == 1 and f"{server.host} refuses the API key" in result.stderr
    assert key not in result.stderr and not Path(run.layout.synced_marker).exists()
    assert sync(program, server, str(run.path)).returncode == 0
    assert_complete(server)


def test_sync__copy_of_the_folder_under_the_same_id__goes_on_behind_what_is_there(
    program: Program, server: RecordingServer
) -> None:
    """Nothing that the server has of a run is overwritten by a run that does not know of it."""
    run = program(RUN, "one").ok().run
    copy = program.folder / "copy"
    shutil.copytree(run.path, copy, symlinks=True)
    assert sync(program, server, str(run.path)).returncode == 0
    assert sync(program, server, str(copy)).returncode == 0
    assert len(server.run.rows()) == 20 and len(server.run.console()) == 24


def test_sync__segments_of_one_run__join_in_any_order_and_once(program: Program, server: RecordingServer) -> None:
    """Jobs of a few hours each that resume one id on a cluster without network."""
    source = """
        import sys, wandb
        with wandb.init(project="p", id="seg", resume="allow", config={sys.argv[1]: 1}) as run:
            for step in range(3):
                run.log({"x": f"{sys.argv[1]}{step}"})
            print("part", sys.argv[1])
    """
    paths = []
    for part in "abc":
        before = set(program.folder.glob("wandb/offline-run-*"))
        program(source, part).ok()
        paths += sorted(set(program.folder.glob("wandb/offline-run-*")) - before)
    for _ in range(2):
        for path in paths:
            assert sync(program, server, "--include-synced", str(path)).returncode == 0
    run = server.run
    assert [row["x"] for row in run.rows()] == [f"{part}{step}" for part in "abc" for step in range(3)]
    assert [row["_step"] for row in run.rows()] == list(range(9))
    assert {"a", "b", "c"} <= set(run.config())
    assert run.console() == ["part a", "part b", "part c"]


@pytest.mark.parametrize(("knows", "recorded"), [(True, 150.0), (False, 50.0)])
def test_sync__resumed_part__goes_on_behind_the_runtime_of_the_earlier_one(
    program: Program, server: RecordingServer, knows: bool, recorded: float
) -> None:
    """A part that knew of the earlier one, on its disk, counts on by itself; else the server's word is added."""
    earlier = WrittenRun(program.folder, "r", "first", project="p")
    earlier.row({"x": 0, "_step": 0, "_runtime": 100.0, "_timestamp": 1100.0})
    earlier.exit()
    settings = {"_resumed_from": {"folder": "first"}} if knows else {}
    part = WrittenRun(program.folder, "r", "second", project="p", resume=True, settings=settings)
    part.row({"x": 1, "_step": 0, "_runtime": recorded, "_timestamp": 1200.0})
    part.exit()
    for run in (earlier, part):
        assert sync(program, server, str(run.path)).returncode == 0
    assert [(row["x"], row["_step"], row["_runtime"]) for row in server.run.rows()] == [(0, 0, 100.0), (1, 1, 150.0)]


def test_sync__parts_of_hosts_whose_clocks_differ__are_sent_as_they_go_on_from_each_other(
    program: Program, server: RecordingServer
) -> None:
    """A job that was preempted goes on at another host of the cluster, an hour earlier by its clock."""
    for number, ahead in enumerate((3600, 0, 0, 7200, -3600)):
        result = program(
            """
            import sys, time
            real, ahead = time.time, float(sys.argv[2])
            time.time = lambda: real() + ahead
            import wandb
            with wandb.init(project="p", id="r", resume="allow") as run:
                run.log({"x": int(sys.argv[1])})
                print("part", sys.argv[1])
            """,
            str(number),
            str(ahead),
        ).ok()
    output = RecordedRun(program.folder / "wandb" / "latest-run").output()
    assert [line for line in output if line.startswith("part")] == [f"part {number}" for number in range(5)]
    (run,) = Api(local=str(program.folder)).runs()
    assert [(row["_step"], row["x"]) for row in run.scan_history()] == [(number, number) for number in range(5)]
    assert sync(program, server).returncode == 0, result.stderr
    assert [(row["_step"], row["x"]) for row in server.run.rows()] == [(number, number) for number in range(5)]


@pytest.mark.parametrize("size", [0, 3, 7])
def test_sync__run_killed_before_its_first_record__is_no_failure(
    program: Program, server: RecordingServer, size: int
) -> None:
    """It was preempted within `init`, and would make each later command fail; named itself, it is said to be none."""
    program(RUN, "one").ok()
    folder = program.folder / "wandb" / "offline-run-20260101_000000-two"
    folder.mkdir()
    (folder / "run-two.wandb").write_bytes(FILE_HEADER[:size])
    (folder / "run-two.here.spool").touch()
    assert sync(program, server).returncode == 0
    assert list(server.runs) == ["one"]
    result = sync(program, server, str(folder))
    assert result.returncode == 1 and "There is no run in" in result.stderr


def test_sync__of_a_million_characters_and_many_rows__needs_bounded_requests(
    program: Program, server: RecordingServer
) -> None:
    """A request is at most 10 MiB, however much there is."""
    run = program(
        """
        import wandb
        with wandb.init(project="p", id="big") as run:
            for number in range(30):
                run.log({"text": "x" * 1_000_000, "number": number})
        """
    ).ok().run
    assert sync(program, server, str(run.path)).returncode == 0
    assert [row["number"] for row in server.run.rows()] == list(range(30))
    sizes = [sum(len(line) for part in post.get("files", {}).values() for line in part["content"]) for post in server.run.posts]
    assert max(sizes) <= 12 * 2**20 and len([size for size in sizes if size > 2**20]) >= 3


def test_key__of_an_upload__is_nowhere_on_the_disk(program: Program, server: RecordingServer) -> None:
    """Not in a log, a run file, a status, or what the command says."""
    program(RUN, "one").ok()
    result = sync(program, server, "-v")
    online = program(RUN, "two", env=server.environment(WANDB_DEBUG="true")).ok()
    assert server.runs["two"].complete
    texts = result.stdout + result.stderr + online.stdout + online.stderr
    for path in program.folder.rglob("*"):
        if path.is_file():
            texts += path.read_bytes().decode("latin-1")
    assert KEY not in texts and KEY[6:] not in texts
    assert RecordedRun(next(program.folder.glob("wandb/run-*"))).exit_code() == 0


def test_sync__a_network_that_answers_for_the_server__loses_no_row(program: Program, server: RecordingServer) -> None:
    """A page of a hotel's Wi-Fi acknowledges nothing, whatever it was sent."""
    run = program(RUN, "one").ok().run
    for kind in ("UpsertBucket", "file_stream", "CreateRunFiles", "put", "NotifyScriptableRunAlert"):
        server.faults.plan(kind, Fault.answer(200, "<html>please log in</html>", **{"Content-Type": "text/html"}), 2)
    result = sync(program, server, str(run.path))
    assert result.returncode == 0, result.stderr
    assert_complete(server)


def test_sync__run_files_put_together_in_one_folder__are_sent_each_with_what_is_its_own(
    program: Program, server: RecordingServer
) -> None:
    """All at once, and with the files of one of them beside, which nobody can tell whose they are."""
    collected = program.folder / "collected"
    collected.mkdir()
    names = ("one", "two", "three")
    for name in names:
        program(RUN, name).ok()
    for run in runs_in(program.folder):
        shutil.copy(run.layout.transaction_log, collected)
    shutil.copytree(run.layout.files_dir, collected / "files")
    (collected / "files" / "output.log").write_text("whose?")
    for paths in ([str(collected)], list(map(str, collected.glob("*.wandb")))):
        result = sync(program, server, *paths)
        assert result.returncode == 1 and result.stderr.count("kept.txt could not be sent") == 3
    assert sorted(server.runs) == sorted(names)
    for name, received in server.runs.items():
        assert len(received.rows()) == 10 and received.complete and received.console()[0] == "line 0"
        assert received.files["output.log"].startswith(b"line 0\n")
        assert json.loads(received.files["wandb-summary.json"]) == received.summary()
        assert f"run-{name}.wandb" in result.stderr
    runs = LocalRuns(str(collected))
    for name in names:
        assert runs.run(str(collected / f"run-{name}.wandb")).id == name


def test_sync__texts_of_wide_characters__fill_no_request_beyond_its_limit(program: Program, server: RecordingServer) -> None:
    """The limit is of bytes, and such a character has three."""
    written = WrittenRun(program.folder / "wandb", "one", project="p")
    for number in range(40):
        written.row({"x": "漢" * 1000, "_step": number})
        written.text("漢" * 1000 + "\n")
    written.exit()
    limit = 50_000
    result = sync(program, server, str(written.path), WANDB_X_FILE_STREAM_MAX_BYTES=str(limit))
    assert result.returncode == 0, result.stderr
    assert len(server.run.rows()) == len(server.run.console()) == 40
    parts = [post.get("files", {}).values() for post in server.run.posts]
    sizes = [sum(len(line.encode()) for part in post for line in part["content"]) for post in parts]
    assert max(sizes) <= limit + 4000, "the first line of a stream always fits"


def test_sync__run_that_was_preempted__says_so_once(program: Program, server: RecordingServer) -> None:
    """Also long after it was."""
    run = program("import wandb\nrun = wandb.init(project='p', id='one')\nrun.mark_preempting()\nrun.finish()\n").ok().run
    result = sync(program, server, str(run.path))
    assert result.returncode == 0, result.stderr
    assert [post["preempting"] for post in server.run.posts if "preempting" in post] == [True]


def test_sync__run_folder_and_a_copy_of_it__is_sent_once(program: Program, server: RecordingServer) -> None:
    """The copy has no checkpoint: it would go behind what the original has sent."""
    run = program(RUN, "one").ok().run
    copy = Path(shutil.copytree(run.path, f"{run.path}-copy"))
    for names in ((run.path, copy), (copy, run.path)):
        result = sync(program, server, "--include-synced", *map(str, names))
        assert result.returncode == 0 and result.stderr.count("is a copy of") == 1
        assert_complete(server)
    assert not (copy / "checkpoint.json").exists()


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_key__among_the_programs_arguments__is_in_no_file_and_no_request(
    program: Program, server: RecordingServer, mode: str
) -> None:
    """`train.py --api_key KEY`: the arguments are kept for whoever starts the program again."""
    environment = server.environment(WANDB_MODE=mode)
    run = program(RUN, "one", "--lr=1", f"--key={KEY}", env=environment).ok().run
    assert json.loads((run.path / "files" / "wandb-metadata.json").read_text())["args"] == ["one", "--lr=1", "--key=********"]
    assert sync(program, server, str(run.path)).returncode == 0
    for path in filter(Path.is_file, run.path.rglob("*")):
        assert KEY.encode() not in path.read_bytes(), path
    assert all(KEY.encode() not in content for content in server.run.files.values())
    assert KEY not in json.dumps(server.run.fields)
