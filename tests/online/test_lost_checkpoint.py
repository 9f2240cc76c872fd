"""A run whose checkpoint is gone or damaged is sent again, and everything is at the server once all the same."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Callable, List

import pytest

from tests.conftest import Program
from tests.damage import DEEP
from tests.online.test_sync_command import RUN, assert_complete, sync
from tests.online.test_sync_options import start_sync
from tests.server.server import RecordingServer

DAMAGE = {"garbage": b"\xff\x00", "empty": b"", "deep": DEEP[-1].encode(), "list": b"[]", "older form": b'{"version": 1}'}


def checkpoints(path: Path) -> List[Path]:
    """The checkpoint, and the bases beside it."""
    return [path / "checkpoint.json", *sorted(path.glob("checkpoint-*.json"))]


def change(path: Path, kind: str) -> None:
    if kind == "gone":
        path.unlink()
    elif kind == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif kind == "changed":
        path.write_text(path.read_text(encoding="utf-8").replace('"offset":10', '"offset":11'), encoding="utf-8")
    else:
        path.write_bytes(DAMAGE[kind])


@pytest.mark.parametrize("kind", ["gone", "cut", "changed", *DAMAGE])
def test_checkpoint__damaged_behind_a_whole_upload__all_is_sent_again_to_the_same_numbers(
    program: Program, server: RecordingServer, kind: str
) -> None:
    """But for alerts, which the server gives no number."""
    run = program(RUN, "one").ok().run
    assert sync(program, server, str(run.path)).returncode == 0
    change(checkpoints(run.path)[0], kind)
    result = sync(program, server, "--include-synced", str(run.path))
    assert result.returncode == 0, result.stderr
    del server.run.alerts[1:]
    assert_complete(server)
    requests = len(server.requests)
    assert sync(program, server, "--include-synced", str(run.path)).returncode == 0 and len(server.requests) == requests


def test_checkpoint__damaged_in_the_middle_of_a_run_of_several_processes__each_line_is_there_once(
    program: Program, server: RecordingServer, wait_for: Callable[..., Any]
) -> None:
    """The first half was read while the processes wrote, all of it later in the order of the whole log."""
    source = """
        import os, sys, wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        reading, writing = os.pipe()
        def work(who, gate):
            for number in range(20):
                if number == 10:
                    gate()
                run.log({"x": f"{who}-{number}"})
                print(f"{who}-{number}")
        def open_gate():
            sys.stdin.readline()
            os.write(writing, b"xx")
        for who in "ab":
            if not os.fork():
                work(who, lambda: os.read(reading, 1))
                os._exit(0)
        work("c", open_gate)
        for _ in "ab":
            os.wait()
    """
    process = program.start(source, stdin=subprocess.PIPE)
    (path,) = wait_for(lambda: list(program.folder.glob("wandb/offline-run-*/run-one.wandb")))
    following = start_sync(program, server, "--follow", str(path.parent))
    wait_for(lambda: "one" in server.runs and len(server.run.console()) == 30)
    following.kill()
    following.communicate()
    change(path.parent / "checkpoint.json", "cut")
    process.communicate("\n", timeout=60)
    result = sync(program, server)
    assert result.returncode == 0, result.stderr
    expected = sorted(f"{who}-{number}" for who in "abc" for number in range(20))
    assert sorted(row["x"] for row in server.run.rows()) == sorted(server.run.console()) == expected
    assert server.run.complete


def test_checkpoint__of_a_resumed_part__begins_behind_the_earlier_one_again(
    program: Program, server: RecordingServer
) -> None:
    """The lines of the part before are not touched."""
    source = """
        import sys, wandb
        with wandb.init(project="p", id="one", resume="allow") as run:
            run.log({"x": sys.argv[1]})
            print(sys.argv[1])
    """
    for part in "ab":
        program(source, part).ok()
    assert sync(program, server, "--sync-all").returncode == 0
    paths = sorted(program.folder.glob("wandb/offline-run-*"))
    change(checkpoints(paths[1])[0], "garbage")
    assert sync(program, server, "--include-synced").returncode == 0
    assert [row["x"] for row in server.run.rows()] == server.run.console() == ["a", "b"]


def test_checkpoint__and_its_base_unreadable__nothing_is_sent_and_it_says_what_to_do(
    program: Program, server: RecordingServer
) -> None:
    """Rows twice can't be taken back; without the files the run is one that the server has under that id."""
    run = program(RUN, "one").ok().run
    assert sync(program, server, str(run.path)).returncode == 0
    for path in checkpoints(run.path):
        change(path, "garbage")
    result = sync(program, server, "--include-synced", str(run.path))
    assert result.returncode == 1 and "checkpoint*.json" in result.stderr
    assert_complete(server)
    for path in checkpoints(run.path):
        path.unlink()
    assert sync(program, server, "--include-synced", str(run.path)).returncode == 0
    assert len(server.run.rows()) == 20


def test_checkpoint__unreadable_and_a_server_without_the_run__is_sent(program: Program, server: RecordingServer) -> None:
    """There is nothing that could be doubled."""
    run = program(RUN, "one").ok().run
    (run.path / "checkpoint.json").write_bytes(DAMAGE["garbage"])
    assert sync(program, server, str(run.path)).returncode == 0
    assert_complete(server)


def test_project__and_another_one_and_the_first_again__has_everything_once(
    program: Program, server: RecordingServer
) -> None:
    """Each place has its own numbers."""
    run = program(RUN, "one").ok().run
    received = []
    for project in ("p", "q", "p"):
        assert sync(program, server, "--include-synced", "-p", project, str(run.path)).returncode == 0
        received.append(server.runs["one"])  # the one that was made last
    first, second, _ = received
    assert first is not second and (first.project, second.project) == ("p", "q")
    for known in (first, second):
        assert len(known.rows()) == 10 and len(known.console()) == 12 and known.complete
        assert json.loads(known.files["wandb-summary.json"])["loss"] == {"min": 1, "max": 10}
