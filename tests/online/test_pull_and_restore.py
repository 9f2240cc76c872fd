"""Files of a run of the server on another machine: `wandb pull`, `wandb restore`, and `wandb.restore` in programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, Program
from tests.server.ready_runs import put_run
from tests.server.server import RecordingServer


def call(program: Program, server: RecordingServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`wandb ARGUMENTS` in the program's folder, online."""
    return subprocess.run(
        [sys.executable, "-m", "wandb", *arguments], cwd=program.folder, capture_output=True, text=True, timeout=60,
        env={**program.environment, **server.environment(WANDB_X_GRAPHQL_RETRY_MAX="2"), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """What git says in a folder."""
    name = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    return subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(program: Program) -> str:
    """One with two commits in the program's folder; the first one's name."""
    git(program.folder, "init", "-q")
    for text in ("first", "second"):
        (program.folder / "code.py").write_text(f"{text}\n")
        git(program.folder, "add", "code.py")
        git(program.folder, "commit", "-q", "-m", text)
    return git(program.folder, "rev-parse", "HEAD~1")


def test_pull__of_a_run__brings_its_files(program: Program, server: RecordingServer) -> None:
    """Below the current folder, and what is there of it already is as it is at the server."""
    put_run(server, "r1", files={"model.bin": b"\x00\xff", "media/x.txt": b"x"}, project="q")
    (program.folder / "model.bin").write_text("old")
    result = call(program, server, "pull", "q/r1")
    assert result.returncode == 0 and "Downloading 2 file(s) of somebody/q/r1" in result.stderr, result.stderr
    assert (program.folder / "model.bin").read_bytes() == b"\x00\xff" and (program.folder / "media" / "x.txt").read_text() == "x"
    for arguments in (("pull", "r1", "-p", "q"), ("pull", "r1", "-p", "q", "-e", "somebody")):
        assert call(program, server, *arguments).returncode == 0
    missing = call(program, server, "pull", "q/none")
    assert missing.returncode == 1 and "There is no run somebody/q/none" in missing.stderr and "Traceback" not in missing.stderr


def test_pull__of_names_that_can_not_be_written_here__brings_the_others(
    program: Program, server: RecordingServer, repository: str
) -> None:
    """A name in a `.git` would have the next git command run what a stranger wrote; one bad name must not keep the rest back."""
    command = b'[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "touch PWNED;false"\n'
    bad = {".git/config": command, "sub/.GIT/config": command, "../esc.txt": b"x", "sub": b"file", "a\x1b[31m\n/../b": b"x"}
    put_run(server, "r1", files={**bad, "sub/inner": b"dir", "z.txt": b"z", "git/.github": b"kept"})
    before = (program.folder / ".git" / "config").read_text()
    result = call(program, server, "pull", "p/r1")
    assert result.returncode == 1 and "Traceback" not in result.stderr and "\x1b" not in result.stderr, result.stderr
    assert "5 of 8 file(s) of the run could not be written" in result.stderr
    assert (program.folder / "z.txt").read_text() == "z" and (program.folder / "git" / ".github").read_text() == "kept"
    assert (program.folder / ".git" / "config").read_text() == before and not (program.folder.parent / "esc.txt").exists()
    git(program.folder, "status")
    assert not list(program.folder.rglob("PWNED")) and not list(program.folder.rglob("*.part"))


def test_pull__where_the_disk_refuses__says_which_file_and_why(program: Program, server: RecordingServer) -> None:
    """A limit of the user's, a full disk, a name that is too long: what fits is brought, and nothing half stays."""
    put_run(server, "r1", files={"big.bin": b"x" * (1 << 20), "n" * 300: b"x", "small.txt": b"s"})
    command = ["sh", "-c", 'ulimit -f 256; exec "$@"', "sh", sys.executable, "-m", "wandb", "pull", "p/r1"]
    environment = {**program.environment, **server.environment(), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=program.folder, capture_output=True, text=True, timeout=60, env=environment)
    assert result.returncode == 1 and "Traceback" not in result.stderr and "2 of 3 file(s)" in result.stderr, result.stderr
    assert "big.bin is left out: File too large" in result.stderr and "File name too long" in result.stderr
    assert (program.folder / "small.txt").read_text() == "s" and not [*program.folder.glob("big*"), *program.folder.glob("nn*")]


@pytest.mark.parametrize("name", [".git/config", ".GIT/hooks/x", "sub/.git"])
def test_download__of_a_file_of_git__is_refused(program: Program, server: RecordingServer, name: str) -> None:
    """By the public API and by `wandb.restore`, as by the commands."""
    put_run(server, "r1", files={name: b"stranger's"})
    source = f"""
        import wandb
        for call in (lambda: wandb.Api().run("somebody/p/r1").file({name!r}).download(), lambda: wandb.restore({name!r}, "p/r1")):
            try:
                call()
            except ValueError as error:
                print("git's own" in str(error))
    """
    assert program(source, env=server.environment()).ok().stdout.splitlines() == ["True", "True"]
    assert not list(program.folder.rglob("[.]git")) and not list(program.folder.rglob("[.]GIT"))


def test_restore__in_the_repository__checks_out_what_the_run_had(
    program: Program, server: RecordingServer, repository: str
) -> None:
    """In a branch of its own, with what was not committed then, and its config; a second time nothing is lost."""
    patch = b"diff --git a/code.py b/code.py\n--- a/code.py\n+++ b/code.py\n@@ -1 +1,2 @@\n first\n+changed\n"
    put_run(server, "r1", config={"lr": 0.1}, commit=repository, files={"diff.patch": patch})
    (program.folder / ".git" / "info" / "exclude").write_text("wandb\n")
    result = call(program, server, "restore", "p/r1")
    assert result.returncode == 0, result.stderr
    assert git(program.folder, "rev-parse", "--abbrev-ref", "HEAD") == "wandb/r1"
    assert git(program.folder, "rev-parse", "HEAD") == repository
    assert (program.folder / "code.py").read_text() == "first\nchanged\n"
    config = yaml.safe_load((program.folder / "wandb" / "config.yaml").read_text())
    assert config["lr"] == {"desc": None, "value": 0.1} and config["wandb_version"] == 1
    again = call(program, server, "restore", "p/r1")
    assert again.returncode == 1 and "not committed" in again.stderr and "Traceback" not in again.stderr
    git(program.folder, "checkout", "-q", "code.py")
    detached = call(program, server, "restore", "p/r1", "--no-branch")
    assert detached.returncode == 0 and git(program.folder, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_restore__without_git__brings_the_code_that_was_saved(program: Program, server: RecordingServer) -> None:
    """What is here already is kept, and nothing outside the folder is written."""
    files = {"code/train2.py": b"print(1)", "code/sub/x.py": b"x", "code/../../bad": b"b", "code/.git/config": b"b", "wandb-metadata.json": b'{"docker": "image@sha"}'}
    put_run(server, "r1", files=files)
    (program.folder / "sub").mkdir()
    (program.folder / "sub" / "x.py").write_text("mine")
    result = call(program, server, "restore", "p/r1")
    assert result.returncode == 0, result.stderr
    assert (program.folder / "train2.py").read_text() == "print(1)" and (program.folder / "sub" / "x.py").read_text() == "mine"
    assert result.stderr.count("is left out") == 2 and not (program.folder / ".git").exists()
    assert "docker run -it image@sha" in result.stderr and not list(program.folder.parent.glob("bad"))
    put_run(server, "r2", commit="0" * 40)
    refused = call(program, server, "restore", "p/r2")
    assert refused.returncode == 1 and "in no git repository" in refused.stderr


def test_restore__in_a_program__asks_the_server_for_what_is_not_here(program: Program, server: RecordingServer) -> None:
    """Of a run of another machine; what neither has is still a ValueError."""
    put_run(server, "r1", files={"d/model.bin": b"from the server"})
    source = """
        import wandb
        print(wandb.restore("d/model.bin", "somebody/p/r1").read())
        print(wandb.restore("d/model.bin", "p/r1", root="other").name)
        with wandb.init(project="p") as run:
            print(run.restore("d/model.bin", "p/r1").read())
            for name, path in (("none", "p/r1"), ("model.bin", "p/none"), ("none", None)):
                try:
                    run.restore(name, path)
                except ValueError as error:
                    print("nor at the server" in str(error))
    """
    lines = program(source, env=server.environment()).ok().stdout.splitlines()
    assert lines == ["from the server", "other/d/model.bin", "from the server", "True", "True", "True"]
    assert (program.folder / "d" / "model.bin").read_bytes() == b"from the server"


def test_restore__offline__asks_nobody(program: Program, server: RecordingServer) -> None:
    """A run that is not sent has nothing at a server."""
    put_run(server, "r1", files={"x": b"1"})
    source = "import wandb\ntry: wandb.restore('x', 'p/r1')\nexcept ValueError as error: print(error)"
    result = program(source, env={**server.environment(), "WANDB_MODE": "offline"}).ok()
    assert "finds no file 'x' of the run 'r1'" in result.stdout and server.requests == []


def test_projects__of_the_server__are_listed(program: Program, server: RecordingServer) -> None:
    """By name, one a line; nothing else is said where nothing goes wrong."""
    for number in range(3):
        put_run(server, f"r{number}", project=f"p{number}")
    for arguments in (("projects",), ("projects", "-e", "somebody")):
        result = call(program, server, *arguments)
        assert [line.split()[0] for line in result.stdout.splitlines()] == ["p0", "p1", "p2"]
        assert result.stderr == ""
    assert call(program, server, "projects", "-e", "nobody").stdout == ""


def test_api__in_forked_and_spawned_workers__has_connections_of_its_own(program: Program, server: RecordingServer) -> None:
    """A pool that reads many runs at once is what programs do; a connection must not be shared, and the key is found anew."""
    for number in range(6):
        put_run(server, f"r{number}", [{"loss": number}] * 3)
    source = """
        import multiprocessing, wandb

        def last(run):
            return run.id, [row["loss"] for row in run.scan_history()], run.summary["loss"]

        if __name__ == "__main__":
            runs = wandb.Api().runs("somebody/p", per_page=2)
            assert len(runs) == 6 and runs[0].summary["loss"] == 0
            for way in ("fork", "spawn"):
                with multiprocessing.get_context(way).Pool(3) as pool:
                    assert sorted(pool.map(last, runs)) == [(f"r{number}", [number] * 3, number) for number in range(6)]
    """
    program(source, env=server.environment()).ok()
