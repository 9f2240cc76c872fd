"""`wandb artifact` as a person calls it: against a server on loopback, and for the local cache alone."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from tests.conftest import ROOT
from tests.server.artifacts import ArtifactServer


@pytest.fixture
def server() -> Iterator[ArtifactServer]:
    with ArtifactServer() as serving:
        yield serving
        assert serving.unexpected == []


def call(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "PYTHONPATH": str(ROOT), "WANDB_CACHE_DIR": str(folder / "cache")}
    known.update(WANDB_DATA_DIR=str(folder / "data"), **environment)
    command = [sys.executable, "-m", "wandb", "artifact", *arguments]
    return subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, timeout=60)


def test_put__of_a_folder__is_at_the_server_and_listed_and_got(tmp_path: Path, server: ArtifactServer) -> None:
    """There and back."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("content")
    environment = server.environment(WANDB_X_DISABLE_STATS="true")
    for number in range(2):
        (tmp_path / "d" / "y").write_text(str(number))
        result = call(tmp_path, "put", "d", "-n", "p/data", "-t", "kind", "-a", "best", "-d", "text", **environment)
        assert result.returncode == 0, result.stderr
        assert f'run.use_artifact("somebody/p/data:v{number}")' in result.stdout
    first, last = server.artifacts
    assert (last.aliases, last.fields["description"], last.state) == ({"best", "latest"}, "text", "COMMITTED")
    server.page = 1
    server.put("other", {"z": b"1234"}, artifactTypeName="a kind")
    listed = call(tmp_path, "ls", "somebody/p", **environment).stdout.split("\n")
    assert [line.split() for line in listed[:-1]] == [
        ["a", "kind", "2026-01-01T00:00:00Z", "4.0B", "other:v0"],
        ["kind", "2026-01-01T00:00:00Z", "8.0B", "data:v1"],
    ]
    assert call(tmp_path, "ls", "p", "-t", "kind", **environment).stdout.split() == listed[1].split()
    result = call(tmp_path, "get", "p/data:v0", "--root", "got", "--type", "kind", **environment)
    assert result.returncode == 0 and "Artifact downloaded to got" in result.stderr
    assert (tmp_path / "got" / "x").read_text() == "content" and (tmp_path / "got" / "y").read_text() == "0"
    assert first.state == "COMMITTED"


def test_get__of_what_is_not_there__is_one_line_and_status_1(tmp_path: Path, server: ArtifactServer) -> None:
    """Scripts look at the status, people at the line."""
    server.put("data", {"x": b"1"})
    for arguments, text in (
        (("get", "p/data:v7"), "There is no artifact somebody/p/data:v7"),
        (("get", "p/data:v0", "--type", "model"), "is of the type 'dataset', not 'model'"),
        (("ls", "p", "-t", "nothing"), ""),
    ):
        result = call(tmp_path, *arguments, **server.environment())
        assert result.returncode == (1 if text else 0) and text in result.stderr, result.stderr
    result = call(tmp_path, "get", "p/data:v0", WANDB_BASE_URL=server.url)
    assert result.returncode == 1 and "call `wandb login` first" in result.stderr


def test_put__without_a_server__is_in_an_offline_run(tmp_path: Path) -> None:
    """And what can't be put is a wrong call."""
    (tmp_path / "x").write_text("content")
    result = call(tmp_path, "put", "x", WANDB_MODE="offline")
    assert result.returncode == 0 and "in the record of an offline run" in result.stderr
    assert len(list(tmp_path.glob("wandb/offline-run-*"))) == 1
    result = call(tmp_path, "put", "nowhere", WANDB_MODE="offline")
    assert result.returncode == 2 and "nowhere is no file, no folder and no URL" in result.stderr
    result = call(tmp_path, "put", "x", "-a", "a/b", WANDB_MODE="offline")
    assert result.returncode and "a/b" in result.stderr
    assert len(list(tmp_path.glob("wandb/offline-run-*"))) == 1


def test_put__with_a_server_that_is_not_there__ends_at_once(tmp_path: Path) -> None:
    """Somebody waits for it, unlike for a training, whose run is sent when the server is back."""
    (tmp_path / "x").write_text("content")
    address = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "f" * 40, "WANDB_X_GRAPHQL_RETRY_MAX": "0"}
    result = call(tmp_path, "put", "x", **address)
    assert result.returncode == 1 and "127.0.0.1:9 can't be reached" in result.stderr
    assert not list(tmp_path.glob("wandb/run-*"))


def test_cleanup__of_the_cache__keeps_what_was_used_last(tmp_path: Path) -> None:
    """To the size that was asked for; parts of downloads only if told."""
    objects = tmp_path / "cache" / "artifacts" / "obj" / "md5" / "00"
    objects.mkdir(parents=True)
    part = tmp_path / "cache" / "artifacts" / "tmp" / "md5-00-0a.part"
    part.parent.mkdir()
    part.write_bytes(b"p" * 10)
    new, old, older = ("0a", "0b", "0c")
    for age, name in enumerate((new, old, older)):
        (objects / name).write_bytes(b"x" * 1000)
        os.utime(objects / name, (1000 - age, 1000 - age))
    for size, said, left in (
        ("1 TB", "0.0B", {new, old, older}),
        ("2.1KB", "1.0KB", {new, old}),
        ("1500B", "1.0KB", {new}),
        ("0", "1.0KB", set()),
    ):
        result = call(tmp_path, "cache", "cleanup", size)
        assert (result.stdout, {path.name for path in objects.iterdir()}) == (f"Reclaimed {said} of space\n", left)
    assert part.exists()
    assert call(tmp_path, "cache", "cleanup", "1GB", "--remove-temp").stdout == "Reclaimed 10.0B of space\n"
    assert not part.exists()
    assert call(tmp_path, "cache", "cleanup", "much").returncode == 2


def test_purge__of_the_cache__removes_what_is_old_and_ours(tmp_path: Path) -> None:
    """Nobody at the terminal is no yes; what else lies in the folder stays, also beside the cache's and behind links."""
    logs = "core-debug-20260101_000000.log", "symon-debug-20260101_000000.log"
    names = {"artifacts/obj/md5/00": ("0a", "0b"), "logs": logs, "artifacts/tmp": ("md5-00-0a.part", "etag-00-0b.part")}
    mine = [
        *("logs/train.log", "artifacts/mymodel/00/0a", "artifacts/obj/cube.obj", "artifacts/obj/md5/00/cube.obj"),
        *("artifacts/tmp/movie.part", "mine/0a", "artifacts/obj/etag/00/0a/0a"),
    ]
    for age, name in ((0, 0), (2 * 86400, 1)):
        for folder, pair in names.items():
            write(tmp_path / "cache" / folder / pair[name], age)
    for name in mine:
        write(tmp_path / "cache" / name, 2 * 86400)
    (tmp_path / "cache" / "artifacts" / "obj" / "md5" / "01").symlink_to(tmp_path / "cache" / "mine")
    (tmp_path / "cache" / "artifacts" / "obj" / "md5" / "00" / "0c").symlink_to(tmp_path / "cache" / "mine" / "0a")
    assert purge(tmp_path).returncode == 2 and purge(tmp_path, "--age", "long", "--force").returncode == 2
    assert purge(tmp_path, "--age", "1d", "--force").stderr == "wandb: Deleted 3 file(s) (30.0B)\n"
    assert files(tmp_path / "cache") == sorted([*mine, *(f"{folder}/{new}" for folder, (new, _) in names.items())])
    assert purge(tmp_path, "--force").returncode == 0 and files(tmp_path / "cache") == sorted(mine)
    assert purge(tmp_path).stderr == "wandb: Deleted 0 file(s) (0.0B)\n"


def test_purge__while_a_part_is_on_its_way__leaves_it(tmp_path: Path) -> None:
    """Whoever brings it has it locked, and would fail without it; the one of a download that died goes."""
    folder = tmp_path / "cache" / "artifacts" / "tmp"
    for name in ("md5-00-0a.part", "md5-00-0b.part"):
        write(folder / name, 0)
    with open(folder / "md5-00-0a.part", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert purge(tmp_path, "--force").stderr == "wandb: Deleted 1 file(s) (10.0B)\n"
        assert call(tmp_path, "cache", "cleanup", "0", "--remove-temp").stdout == "Reclaimed 0.0B of space\n"
        assert os.listdir(folder) == ["md5-00-0a.part"]
    assert call(tmp_path, "cache", "cleanup", "0", "--remove-temp").stdout == "Reclaimed 10.0B of space\n"


def write(path: Path, age: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 10)
    os.utime(path, (time.time() - age,) * 2)


def files(folder: Path) -> List[str]:
    """The files below a folder, without links."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(str(path.relative_to(folder)) for path in found)


def purge(folder: Path, *arguments: str) -> Any:
    command = [sys.executable, "-m", "wandb", "purge-cache", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WANDB_CACHE_DIR": str(folder / "cache")}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(command, cwd=folder, env=environment, text=True, timeout=60, **streams)  # type: ignore[call-overload]
