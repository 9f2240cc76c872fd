"""`wandb clean`: which run folders it deletes, and which it never does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, List

import pytest

from tests.conftest import Program
from tests.online.test_progress import Terminal
from tests.online.test_sync_command import RUN, sync
from tests.server.server import RecordingServer
from tests.written_run import WrittenRun
from wandb.runlog.lease import is_held

OLD = "20200101_000000"


def clean(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wandb", "clean", *arguments],
        cwd=program.folder,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def aged(path: Path) -> Path:
    """The run folder, with the name of one that began long ago."""
    kind, _, run_id = path.name.rpartition("run-")[0], "", path.name.rpartition("-")[2]
    return Path(shutil.move(str(path), str(path.with_name(f"{kind}run-{OLD}-{run_id}"))))


def left(program: Program) -> List[str]:
    return sorted(path.name.rpartition("-")[2] for path in program.folder.glob("wandb/*run-2*"))


def test_clean__folder_of_all_kinds__deletes_old_runs_that_a_server_has(program: Program, server: RecordingServer) -> None:
    """Young ones stay, and those that no mark proves to be sent, such as online runs of upstream's client."""
    sent = program(RUN, "sent").ok().run.path
    assert sync(program, server, str(sent)).returncode == 0
    aged(sent)
    program(RUN, "young").ok()
    assert sync(program, server).returncode == 0
    WrittenRun(program.folder / "wandb", "unsent", f"offline-run-{OLD}-unsent").log.close()
    WrittenRun(program.folder / "wandb", "theirs", f"run-{OLD}-theirs").log.close()
    cut_off = WrittenRun(program.folder / "wandb", "cut", f"run-{OLD}-cut")
    cut_off.log.close()
    Path(cut_off.layout.upload_lease).touch()
    marked = WrittenRun(program.folder / "wandb", "marked", f"offline-run-{OLD}-marked")
    marked.log.close()
    Path(marked.layout.synced_marker).touch()
    assert clean(program).returncode == 1
    assert left(program) == ["cut", "marked", "sent", "theirs", "unsent", "young"]
    result = clean(program, "--force")
    assert result.returncode == 0 and "3 runs were not sent, and are kept" in result.stderr
    assert left(program) == ["cut", "theirs", "unsent", "young"]
    assert clean(program, "--force", "--min-hours", "0").returncode == 0 and left(program) == ["cut", "theirs", "unsent"]
    assert clean(program, "--force", "--include-unsynced").returncode == 0 and left(program) == []
    assert clean(program, "--force").returncode == 0


@pytest.mark.parametrize("command", ["clean", "sync"])
def test_clean__folder_that_is_not_a_runs_alone__is_kept_and_named(
    program: Program, server: RecordingServer, command: str
) -> None:
    """A run file in a folder of the user's own, a link to a folder elsewhere, a file that the user has put there."""
    runs = program.folder / "wandb"
    for name, folder in (
        ("own", "run-own"),
        ("linked", f"../elsewhere/offline-run-{OLD}-linked"),
        ("foreign", f"offline-run-{OLD}-foreign"),
        ("other", f"offline-run-{OLD}-another"),
        ("gone", f"offline-run-{OLD}-gone-1"),
    ):
        run = WrittenRun(runs, name, folder)
        run.log.close()
        Path(run.layout.synced_marker).touch()
    (runs / f"offline-run-{OLD}-foreign" / "thesis.tex").touch()
    (runs / f"offline-run-{OLD}-linked").symlink_to(f"../elsewhere/offline-run-{OLD}-linked")
    if command == "clean":
        result = clean(program, "--force", "--include-unsynced", "--min-hours", "0")
    else:
        result = sync(program, server, "--clean", "--clean-force", "--clean-old-hours", "0")
    assert result.returncode == 0, result.stderr
    kept = [line for line in result.stderr.splitlines() if "is kept" in line]
    assert len(kept) == 4 and any("thesis.tex" in line for line in kept) and any("a link" in line for line in kept)
    assert left(program) == ["another", "foreign", "linked"] and (runs / "run-own" / "run-own.wandb").exists()
    assert (program.folder / "elsewhere" / f"offline-run-{OLD}-linked" / "run-linked.wandb").exists()


def test_sync_clean__run_file_or_link_in_a_folder_of_the_users__deletes_nothing(
    program: Program, server: RecordingServer
) -> None:
    """Named by its path: the folder around it is not ours."""
    run = WrittenRun(program.folder, "mine", "mine")
    run.log.close()
    Path(run.layout.synced_marker).touch()
    (program.folder / "latest-run").symlink_to("mine")
    for path in (run.layout.transaction_log, "mine", "latest-run"):
        result = sync(program, server, "--clean", "--clean-force", "--clean-old-hours", "0", path)
        assert result.returncode == 0 and "is kept" in result.stderr and run.path.exists()


@pytest.mark.parametrize("is_helper_killed", [False, True])
def test_clean__run_that_goes_on__is_kept(
    program: Program, wait_for: Callable[..., Any], is_helper_killed: bool
) -> None:
    """Even if all that is not sent shall go, and with nobody but the program itself that knows."""
    process = program.start(
        "import sys, wandb\nrun = wandb.init(project='p', id='live')\nprint('ready', flush=True)\nsys.stdin.readline()\n",
        stdin=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    (lease,) = wait_for(lambda: list(program.folder.glob("wandb/offline-run-*/follower.lease")))
    helper = wait_for(lambda: json.loads(lease.read_text() or "{}")).get("pid")
    if is_helper_killed:
        os.kill(helper, signal.SIGKILL)
        wait_for(lambda: not is_held(str(lease)))
    assert clean(program, "--force", "--include-unsynced", "--min-hours", "0").returncode == 0 and left(program) == ["live"]
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert clean(program, "--force", "--include-unsynced", "--min-hours", "0").returncode == 0 and left(program) == []


def test_clean__online_run_that_no_helper_began_to_send__is_kept_and_offered_to_sync(
    program: Program, server: RecordingServer
) -> None:
    """A container that was killed at once, a full disk, a helper that could not start: there is no lease."""
    source = "import os, wandb\nwandb.init(project='p', id='cut').log({'x': 1})\nos._exit(9)\n"
    program(source)
    (path,) = program.folder.glob("wandb/offline-run-*-cut")
    path.rename(path.with_name(f"run-{OLD}-cut"))
    assert clean(program, "--force").returncode == 0 and left(program) == ["cut"]
    result = sync(program, server)
    assert result.returncode == 0 and "1 sent" in result.stderr, result.stderr
    assert [row["x"] for row in server.runs["cut"].rows()] == [1]
    assert clean(program, "--force").returncode == 0 and left(program) == []


LATE = """
    import os, sys, wandb
    run = wandb.init(project="p", id="late")
    run.log({"x": 1})
    if os.fork() == 0:
        os.setsid()
        while not os.path.exists("go"):
            os.sched_yield()
        run.log({"x": 2})
        open("said", "w").close()
        while not os.path.exists("end"):
            os.sched_yield()
        os._exit(0)
    run.finish()
    os._exit(0)
"""


def test_clean__rows_that_came_after_the_mark__are_kept_and_sent(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """A child outlives the run that was sent: while it lives nothing is deleted, and later only what was sent again."""
    process = program.start(LATE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.wait(60) == 0
    assert sync(program, server).returncode == 0
    (path,) = program.folder.glob("wandb/offline-run-*-late")
    (program.folder / "go").touch()
    wait_for((program.folder / "said").exists)
    assert (path / "run-late.wandb.synced").exists()
    assert clean(program, "--force", "--min-hours", "0").returncode == 0 and left(program) == ["late"]
    (program.folder / "end").touch()
    wait_for(lambda: not is_held(str(path / "follower.lease")))
    assert clean(program, "--force", "--min-hours", "0").returncode == 0 and left(program) == ["late"]
    assert sync(program, server, "--clean", "--clean-old-hours", "0", "--clean-force").returncode == 0
    assert left(program) == ["late"]
    assert sync(program, server).returncode == 0
    assert sorted(row["x"] for row in server.runs["late"].rows()) == [1, 2]
    assert clean(program, "--force", "--min-hours", "0").returncode == 0 and left(program) == []


def test_clean__online_run_whose_child_outlives_it__is_kept_until_the_helper_has_sent_all(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """Then its mark holds, without a word to `wandb sync`."""
    process = program.start(LATE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=server.environment())
    assert process.wait(60) == 0
    (path,) = program.folder.glob("wandb/run-*-late")
    (program.folder / "go").touch()
    wait_for((program.folder / "said").exists)
    assert clean(program, "--force", "--min-hours", "0").returncode == 0 and left(program) == ["late"]
    (program.folder / "end").touch()
    wait_for(lambda: not is_held(str(path / "follower.lease")))
    assert sorted(row["x"] for row in server.runs["late"].rows()) == [1, 2]
    result = sync(program, server)
    assert result.returncode == 0 and "1 runs were sent before" in result.stderr, result.stderr
    assert clean(program, "--force", "--min-hours", "0").returncode == 0 and left(program) == []


@pytest.mark.parametrize("answer, status", [("y", 0), ("n", 1)])
def test_clean__on_a_terminal__asks_first(
    program: Program, wait_for: Callable[..., Any], answer: str, status: int
) -> None:
    """What it is about stands above the question."""
    run = WrittenRun(program.folder / "wandb", "theirs", f"run-{OLD}-theirs")
    run.log.close()
    Path(run.layout.synced_marker).touch()
    terminal = Terminal(program, [sys.executable, "-m", "wandb", "clean"], {})
    wait_for(lambda: any("Delete 1 folders?" in line for line in terminal.screen()))
    assert any("-theirs" in line for line in terminal.screen())
    terminal.process.sendline(answer)
    assert terminal.status(wait_for) == status and (left(program) == []) is (status == 0)


@pytest.mark.parametrize("command", [["clean", "--force"], ["sync"], ["sync", "--clean", "--clean-force"]], ids="-".join)
def test_commands__in_a_folder_whose_name_is_a_pattern__leave_those_that_it_matches(
    program: Program, server: RecordingServer, command: List[str]
) -> None:
    """`exp[1]` is a name, and `exp1` is somebody else's folder; also where the named one has no runs."""
    other = WrittenRun(program.folder / "exp1" / "wandb", "other", f"offline-run-{OLD}-other")
    other.exit()
    if command != ["sync"]:
        assert sync(program, server, str(other.path)).returncode == 0
    os.utime(other.layout.transaction_log, (1e9, 1e9))
    here = program.folder / "exp[1]"
    here.mkdir()
    for own in ([], ["own"]):
        for run_id in own:
            WrittenRun(here / "wandb", run_id, f"offline-run-{OLD}-own").exit()
        environment = {**program.environment, **server.environment()}
        line = [sys.executable, "-m", "wandb", *command]
        subprocess.run(line, cwd=here, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert other.path.exists()
        assert list(server.runs) == (own if command == ["sync"] else ["other"])
