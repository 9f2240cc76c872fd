"""The options and exit statuses of `wandb sync`, each judged by what the server has got."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from tests.conftest import Program
from tests.online.test_clean import clean
from tests.online.test_progress import Terminal
from tests.online.test_sync_command import RUN, assert_complete, sync
from tests.recorded import RecordedRun, runs_in
from tests.server.faults import HANG, STATUS, Fault
from tests.server.server import RecordingServer
from tests.written_run import WrittenRun
from wandb.process import host_name

GOES_ON = """
    import os, sys, wandb
    run = wandb.init(project="p", id="live", settings={"x_disable_stats": True})
    for number in range(3):
        run.log({"x": number})
        print("line", number)
        print("ready", flush=True)
        if sys.stdin.readline() == "die\\n":
            os.kill(os.getpid(), 9)
"""


def start_sync(program: Program, server: RecordingServer, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", *arguments],
        cwd=program.folder,
        env={**program.environment, **server.environment()},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_marked(run: RecordedRun) -> bool:
    return Path(run.layout.synced_marker).exists()


@pytest.mark.parametrize("last", ["\n", "die\n"], ids=["ends", "is killed"])
def test_follow__offline_run_that_goes_on__is_sent_as_it_goes_and_completed(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any], last: str
) -> None:
    """Rows are at the server before the next ones are made, each once; the end is told, however it came."""
    process = program.start(GOES_ON, stdin=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    following = None
    for number in range(3):
        while process.stdout.readline() != "ready\n":
            continue
        following = following or start_sync(program, server, "--follow")
        wait_for(lambda: "live" in server.runs and len(server.run.rows()) == number + 1)  # noqa: B023 (waited for here)
        assert not server.run.complete and following.poll() is None
        process.stdin.write(last if number == 2 else "\n")
        process.stdin.flush()
    assert following is not None
    _, said = following.communicate(timeout=60)
    run = server.run
    assert following.returncode == 0 and "1 sent" in said, said
    assert [row["x"] for row in run.rows()] == [0, 1, 2]
    assert [line for line in run.console() if line.startswith("line")] == ["line 0", "line 1", "line 2"]
    histories = [post["files"]["wandb-history.jsonl"] for post in run.posts if "wandb-history.jsonl" in post.get("files", {})]
    assert sum(len(part["content"]) for part in histories) == 3
    assert run.complete and (run.exit_code == 0) is (last == "\n")
    assert is_marked(runs_in(program.folder)[0])


def test_follow__interrupted_while_the_server_hangs__ends_at_once_and_loses_nothing(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Ctrl-C waits for no server."""
    run = program(RUN, "one").ok().run
    server.faults.plan("file_stream", Fault(HANG, seconds=60))
    following = start_sync(program, server, "--follow", str(run.path))
    wait_for(lambda: server.faults.made)
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=20)
    assert following.returncode == 130 and "Interrupted" in said and "Traceback" not in said
    assert not is_marked(run)
    server.faults.release.set()
    assert sync(program, server).returncode == 0
    assert_complete(server)


@pytest.mark.parametrize("options", [(), ("--append",), ("--sync-all",), ("--yes", "-n", "1"), ("-v",)])
def test_sync__older_spellings__send_all_runs_of_the_folder(
    program: Program, server: RecordingServer, options: List[str]
) -> None:
    """Scripts have them; upstream's release has removed some."""
    for name in ("one", "two"):
        program(RUN, name).ok()
    result = sync(program, server, *options)
    assert result.returncode == 0 and "2 sent" in result.stderr
    assert_complete(server, "one")
    assert_complete(server, "two")
    assert ("the server has 10 rows" in result.stderr) is ("-v" in options)


def test_beta_sync__with_its_options__is_sync(program: Program, server: RecordingServer) -> None:
    """The spelling of earlier releases."""
    run = program(RUN, "one").ok().run
    options = ["--live", "--skip-synced", "--no-skip-online", "-p", "p", "-n", "2", "-v", "--yes"]
    result = subprocess.run(
        [sys.executable, "-m", "wandb", "beta", "sync", *options, str(run.path)],
        cwd=program.folder,
        env={**program.environment, **server.environment()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert_complete(server)


def test_append__to_an_id_that_the_server_has__goes_on_behind_it(program: Program, server: RecordingServer) -> None:
    """Nothing of the run that is there is overwritten, and the second time nothing is sent."""
    for name in ("one", "two"):
        program(RUN, name).ok()
    paths = {run.layout.run_id: str(run.path) for run in runs_in(program.folder)}
    assert sync(program, server, paths["one"]).returncode == 0
    for _ in range(2):
        assert sync(program, server, "--append", "--include-synced", "--id", "one", paths["two"]).returncode == 0
        assert [row["loss"] for row in server.run.rows()] == 2 * [10 - number for number in range(10)]
        assert server.run.console().count("line 9") == 2


@pytest.mark.parametrize("ids, options", [("zam", ("--id", "all")), ("zzz", ())], ids=["by --id", "resumed"])
def test_parts__of_one_run__go_one_behind_the_other_in_the_order_of_their_beginnings(
    program: Program, server: RecordingServer, ids: str, options: List[str]
) -> None:
    """As upstream's client sends them; at the same time they would be given the same numbers."""
    for number, name in enumerate(ids):
        folder = f"offline-run-20260101_00000{9 - number}-{name}"
        run = WrittenRun(program.folder / "wandb", name, folder, start=1000 + number)
        run.row({"x": number})
        run.log.close()
    assert sync(program, server, *options).returncode == 0
    assert [row["x"] for row in server.run.rows()] == [0, 1, 2]


def test_no_mark_synced__run_sent_whole__is_looked_at_again_and_not_sent_again(
    program: Program, server: RecordingServer
) -> None:
    """What the server has is known without the mark."""
    run = program(RUN, "one").ok().run
    assert sync(program, server, "--no-mark-synced").returncode == 0 and not is_marked(run)
    requests = len(server.requests)
    assert sync(program, server, "--mark-synced").returncode == 0 and is_marked(run)
    assert len(server.requests) == requests
    assert_complete(server)


def test_skip_console__and_later_without__sends_the_lines_then(program: Program, server: RecordingServer) -> None:
    """What was left out is known to be missing, and it alone is sent; with the option again, nothing is."""
    program(RUN, "one").ok()
    result = sync(program, server, "--skip-console")
    assert result.returncode == 0 and "sent without its console: http" in result.stderr
    assert server.run.console() == [] and len(server.run.rows()) == 10 and "output.log" not in server.run.files
    requests, posts, puts = len(server.requests), len(server.run.posts), len(server.run.puts)
    assert "sent before" in sync(program, server, "--skip-console").stderr and len(server.requests) == requests
    assert "one (its console was not sent)" in sync(program, server, "--view").stderr
    assert sync(program, server).returncode == 0
    assert_complete(server)
    later = server.run.posts[posts:]
    assert {name for post in later for name in post.get("files", {})} == {"output.log"}
    assert server.run.puts[puts:] == ["output.log"]
    assert "sent before" in sync(program, server, "--view").stderr


def test_skip_console__of_a_run_whose_console_was_sent__takes_nothing_back(
    program: Program, server: RecordingServer
) -> None:
    """The run is still one that was sent whole; and one that printed nothing is so in any case."""
    program(RUN, "one").ok()
    assert sync(program, server).returncode == 0
    assert sync(program, server, "--skip-console", "--include-synced").returncode == 0
    silent = "import wandb\nwith wandb.init(project='p', id='two') as run:\n    run.log({'x': 1})"
    program(silent, env={"WANDB_SILENT": "true"}).ok()
    assert sync(program, server, "--skip-console").returncode == 0
    result = sync(program, server, "--view")
    assert "2 runs were sent before" in result.stderr, result.stderr


@pytest.mark.parametrize("command", ["clean", "sync"])
def test_clean__run_sent_without_its_console__is_kept_unless_that_is_meant(
    program: Program, server: RecordingServer, command: str
) -> None:
    """The text is nowhere else."""
    run = program(RUN, "one").ok().run
    assert sync(program, server, "--skip-console").returncode == 0
    if command == "sync":
        options, meant = ["--clean", "--clean-force", "--clean-old-hours", "0"], "--skip-console"
        result = sync(program, server, *options)
    else:
        options, meant = ["--force", "--min-hours", "0"], "--include-unsynced"
        result = clean(program, *options)
    assert result.returncode == 0 and run.path.exists()
    assert "1 runs were sent without their console, and are kept" in result.stderr and "not sent, and" not in result.stderr
    again = sync if command == "sync" else (lambda program, server, *options: clean(program, *options))
    assert again(program, server, *options, meant).returncode == 0 and not run.path.exists()


def test_include_and_exclude__of_a_mixed_folder__choose_by_mode_mark_and_name(
    program: Program, server: RecordingServer
) -> None:
    """An online run of ours without a mark is wanted anyway; one of another client's, only if asked for."""
    for name in ("one", "two"):
        program(RUN, name).ok()
    program(RUN, "own", env=server.environment()).ok()
    WrittenRun(program.folder / "wandb", "on", "run-20200101_000000-on").log.close()

    def listed(*options: str) -> List[str]:
        result = sync(program, server, "--dry-run", *options)
        assert result.returncode == 0
        return sorted(line.rpartition("-")[2] for line in result.stderr.splitlines() if "run-2" in line)

    assert listed() == ["one", "two"]
    assert listed("--include-online") == listed("--no-skip-online") == ["on", "one", "two"]
    assert listed("--include-online", "--no-include-offline") == ["on"]
    assert listed("--include-globs", "*-one,*-on", "--include-online") == ["on", "one"]
    assert listed("--exclude-globs", "*-one,*-on", "--include-online") == ["two"]
    assert sync(program, server, "--include-globs", "*-one").returncode == 0
    assert listed() == ["two"]
    assert listed("--include-synced") == listed("--no-skip-synced") == ["one", "own", "two"]
    (mark,) = program.folder.glob("wandb/run-*/run-own.wandb.synced")
    mark.unlink()
    (mark.parent / "upload.lease").unlink()
    assert listed() == ["own", "two"]


def test_clean__with_its_options__deletes_old_runs_that_were_sent_and_no_others(
    program: Program, server: RecordingServer
) -> None:
    """Days old by their logs; paths narrow it; what can't be deleted is said."""
    for name in ("one", "two", "three"):
        program(RUN, name).ok()
    assert sync(program, server, "--sync-all", "--exclude-globs", "*-three").returncode == 0
    runs = {run.layout.run_id: run for run in runs_in(program.folder)}
    for name in ("one", "three"):
        os.utime(runs[name].layout.transaction_log, (1e9, 1e9))
    result = sync(program, server, "--view", "--clean", "--clean-force")
    assert result.returncode == 0 and runs["one"].path.exists(), "it only says what would be deleted"
    assert str(runs["one"].path) in result.stderr and str(runs["two"].path) not in result.stderr
    assert sync(program, server, "--clean", "--clean-force").returncode == 0
    assert not runs["one"].path.exists() and runs["two"].path.exists() and runs["three"].path.exists()
    assert sync(program, server, "--clean", "--clean-force", "--clean-old-hours", "0", str(runs["three"].path)).returncode == 0
    assert runs["two"].path.exists() and runs["three"].path.exists()
    assert sync(program, server, "--clean", "--clean-force", "--clean-old-hours", "0").returncode == 0
    assert not runs["two"].path.exists() and runs["three"].path.exists()


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 1)])
def test_clean__on_a_terminal__asks_first(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any], answer: str, status: int
) -> None:
    """No is no."""
    run = program(RUN, "one").ok().run
    assert sync(program, server).returncode == 0
    command = [sys.executable, "-m", "wandb", "sync", "--clean", "--clean-old-hours", "0"]
    terminal = Terminal(program, command, server.environment())
    wait_for(lambda: any("Delete 1 folders?" in line for line in terminal.screen()))
    terminal.process.sendline(answer)
    assert terminal.status(wait_for) == status and run.path.exists() is (answer == "n")


@pytest.mark.parametrize("answer, status", [("", 0), ("n", 1)])
def test_sync__on_a_terminal_without_paths__asks_first(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any], answer: str, status: int
) -> None:
    """What it is about stands above the question."""
    program(RUN, "one").ok()
    terminal = Terminal(program, [sys.executable, "-m", "wandb", "sync"], server.environment())
    wait_for(lambda: any("Send them?" in line for line in terminal.screen()))
    assert any("-one" in line for line in terminal.screen())
    terminal.process.sendline(answer)
    assert terminal.status(wait_for) == status and ("one" in server.runs) is (status == 0)


def test_exit_status__server_that_fails_for_good__is_1_and_the_rest_is_sent_later(
    program: Program, server: RecordingServer
) -> None:
    """Which of the runs, and why; the other one is whole."""
    for name in ("one", "two"):
        program(RUN, name).ok()
    server.faults.plan("UpsertBucket", Fault(STATUS, status=403))
    result = sync(program, server, "-n", "1")
    assert result.returncode == 1 and "1 sent, 1 not or not wholly sent" in result.stderr
    assert len([line for line in result.stderr.splitlines() if "ERROR" in line]) == 1
    result = sync(program, server)
    assert result.returncode == 0 and "1 sent" in result.stderr
    assert_complete(server, "one")
    assert_complete(server, "two")


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["--no-such-option"], 2),
        (["-n", "0"], 2),
        (["--replace-tags", "a"], 2),
        (["--id", "a/b"], 2),
        (["--project", "a/b"], 2),
        (["--entity", "a/b"], 2),
        (["nothing-there"], 2),
        ([], 0),
        (["--dry-run"], 0),
    ],
)
def test_exit_status__without_a_run_to_send__tells_why(
    program: Program, server: RecordingServer, arguments: List[str], status: int
) -> None:
    """2 for a wrong call, 0 for nothing to do."""
    result = sync(program, server, *arguments)
    assert result.returncode == status and "Traceback" not in result.stderr, result.stderr
    assert server.requests == []


@pytest.mark.parametrize("place", ["here", "another host"])
def test_sync__a_run_of_another_client_that_goes_on__is_sent_further_each_time_and_ends_with_its_end(
    program: Program, server: RecordingServer, place: str
) -> None:
    """Its client keeps the log open, or on another machine has written a moment ago; nothing is there twice."""
    folder = program.folder / "wandb"
    folder.mkdir()
    run = WrittenRun(folder, "theirs", project="p", host=host_name() if place == "here" else "elsewhere")
    for number in range(3):
        run.row({"x": number, "_step": number})
        run.text(f"line {number}\n")
        result = sync(program, server, str(run.path))
        assert result.returncode == 0 and "1 still going on" in result.stderr, result.stderr
        assert [row["x"] for row in server.run.rows()] == list(range(number + 1)) and not server.run.complete
    run.row({"x": 3, "_step": 3})
    run.exit(7)
    assert sync(program, server).returncode == 0
    assert [row["x"] for row in server.run.rows()] == [0, 1, 2, 3] and server.run.console() == ["line 0", "line 1", "line 2"]
    assert (server.run.complete, server.run.exit_code) == (True, 7)


def test_sync__a_run_of_another_client_that_was_taken_for_dead__is_sent_further_when_it_has_grown(
    program: Program, server: RecordingServer
) -> None:
    """A mark of ours says how much was sent; that of another client does not."""
    folder = program.folder / "wandb"
    folder.mkdir()
    run = WrittenRun(folder, "theirs", project="p", host="elsewhere")
    run.row({"x": 0, "_step": 0})
    hour_ago = time.time() - 3600
    os.utime(run.layout.transaction_log, (hour_ago, hour_ago))
    assert sync(program, server, str(run.path)).returncode == 0
    assert server.run.complete and server.run.exit_code == 1
    run.row({"x": 1, "_step": 1})
    run.exit()
    assert sync(program, server).returncode == 0
    assert [row["x"] for row in server.run.rows()] == [0, 1] and server.run.exit_code == 0


@pytest.mark.parametrize("client", ["ours", "another"])
def test_follow__an_outage_longer_than_is_tried__is_outlasted(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any], client: str
) -> None:
    """As the service does; what goes on is not left because a server has failed for some minutes."""
    if client == "ours":
        trainer = program.start(
            """
            import sys, wandb
            run = wandb.init(project="p", id="one")
            run.log({"x": 0})
            sys.stdin.readline()
            run.log({"x": 1})
            run.finish()
            """,
            stdin=subprocess.PIPE,
        )
        path = str(wait_for(lambda: list(program.folder.glob("wandb/*run-*/*.wandb")))[0])
    else:
        (program.folder / "wandb").mkdir()
        run = WrittenRun(program.folder / "wandb", "one", project="p", host=host_name())
        run.row({"x": 0, "_step": 0})
        path = str(run.path)
    environment = server.environment(WANDB_X_FILE_STREAM_RETRY_MAX="1", WANDB_X_GRAPHQL_RETRY_MAX="1")
    command = [sys.executable, "-m", "wandb", "sync", "--follow", path]
    follower = subprocess.Popen(
        command, cwd=program.folder, env={**program.environment, **environment}, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: server.runs and server.run.rows())
    server.faults.plan("", Fault(STATUS, status=503), 6)
    if client == "another":
        run.row({"x": 1, "_step": 1})
    wait_for(lambda: len(server.faults.made) >= 6, 60)
    assert follower.poll() is None
    if client == "ours":
        trainer.communicate("\n", timeout=60)
    else:
        run.exit()
    _, stderr = follower.communicate(timeout=60)
    assert follower.returncode == 0, stderr
    assert [row["x"] for row in server.run.rows()] == [0, 1] and (server.run.complete, server.run.exit_code) == (True, 0)


def test_sync__server_that_gives_an_odd_name__is_summed_up_all_the_same(program: Program) -> None:
    """What a server calls a project is no setting of ours."""
    place = {"id": "p", "name": "odd:project", "entity": {"id": "e", "name": "some body"}}
    bucket = {"id": "i", "name": "one", "displayName": "d", "config": "{}", "historyLineCount": None, "project": place}

    class Odd(RecordingServer):
        def beyond(self, name: str, variables: Dict[str, Any]) -> Any:
            return {"upsertBucket": {"bucket": bucket, "inserted": True}} if name == "UpsertBucket" else None

    WrittenRun(program.folder / "wandb", "one").exit()
    with Odd() as server:
        result = sync(program, server)
        assert "Runs: 1" in result.stderr and f"{server.url}/some%20body/odd%3Aproject/runs/one" in result.stderr
        source = "import wandb\nrun = wandb.init(project='p', id='one', settings={'init_timeout': 60})\nrun.log({'x': 1})\nrun.finish()\n"
        assert "Traceback" not in program(source, env=server.environment()).ok().stderr


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write everywhere")
def test_sync__run_folder_that_is_read_only__says_that_a_copy_can_be_sent(program: Program, server: RecordingServer) -> None:
    """Of another user, or of an archive."""
    run = program(RUN, "one").ok().run
    run.path.chmod(0o555)
    as_anybody = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    result = subprocess.run(
        [*as_anybody, sys.executable, "-m", "wandb", "sync", str(run.path)],
        env={**program.environment, **server.environment()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    run.path.chmod(0o755)
    assert result.returncode == 1 and "send a copy of it" in result.stderr, result.stderr
    copy = shutil.copytree(run.path, program.folder / "copy")
    assert sync(program, server, str(copy)).returncode == 0
    assert_complete(server)
