"""The run folder: where it is, what is in it for people with nothing but `cat`, and what happens where it can't be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.conftest import Program
from tests.recorded import RecordedRun, runs_in

SMALL = """
    import wandb
    with wandb.init(project="p", name="n", config={"lr": 0.1}) as run:
        print("a line")
        run.log({"loss": 1})
        print("DIR", run.sync_dir)
"""


def test_files__offline__are_complete(program: Program) -> None:
    """Upstream's offline runs have no config, summary or metadata file."""
    run = program(SMALL, "--flag", "value").ok().run
    assert run.output()[0] == "a line"
    assert yaml.safe_load(run.file("config.yaml"))["lr"] == {"value": 0.1}
    assert run.summary()["loss"] == 1
    metadata = json.loads(run.file("wandb-metadata.json"))
    assert metadata["args"] == ["--flag", "value"]
    assert metadata["program"].endswith("train.py") and metadata["executable"] == sys.executable
    assert metadata["cpu_count_logical"] == os.cpu_count() and metadata["startedAt"].endswith("Z")
    assert any(line.startswith("protobuf==") for line in run.file("requirements.txt").splitlines())
    assert all("==" in line for line in run.file("requirements.txt").splitlines())
    assert (run.path.parent / "latest-run").resolve() == run.path.resolve()
    assert not [path for path in run.path.rglob("*") if path.name.endswith((".part", ".spool", ".new"))]


def test_output_log__last_line_with_its_end__has_it(program: Program) -> None:
    """`cat` must not leave the prompt behind the last line."""
    assert program(SMALL).ok().run.file("output.log").endswith("\n")


def test_git__facts_are_found_and_credentials_are_not(program: Program) -> None:
    """Who reads the metadata learns the commit, nobody the token."""
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.com"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "m"],
                    ["remote", "add", "origin", "https://user:secret@example.com/x.git"]):  # fmt: skip
        subprocess.run([*git, *command], cwd=program.folder, check=True)
    run = program(SMALL).ok().run
    metadata = json.loads(run.file("wandb-metadata.json"))
    assert metadata["git"]["remote"] == "https://example.com/x.git"
    assert len(metadata["git"]["commit"]) == 40
    assert "secret" not in run.file("wandb-metadata.json") + run.file("config.yaml")


def test_git__that_sleeps_for_ever__costs_init_nothing(program: Program, tmp_path: Path) -> None:
    """The service waits for it a little, the training never."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "git"
    fake.write_text("#!/bin/sh\nexec sleep 1000\n")
    fake.chmod(0o755)
    run = program(SMALL, env={"PATH": f"{fake.parent}:{os.environ['PATH']}"}).ok().run
    assert run.summary()["loss"] == 1 and run.exit_code() == 0


def test_folder__twelve_runs_in_the_same_second__each_has_its_own(program: Program) -> None:
    """Job arrays start together, some with one id."""
    source = """
        import wandb
        with wandb.init(project="p", id="same") as run:
            run.log({"mine": run.sync_dir})
    """
    processes = [program.start(source) for _ in range(12)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    runs = runs_in(program.folder)
    assert len(runs) == 12
    assert all(run.rows()[0]["mine"] == str(run.path) for run in runs)


def test_folder__python_package_named_wandb__runs_go_to_dot_wandb(program: Program) -> None:
    """A run must not land in somebody's source code, this repository's for instance."""
    (program.folder / "wandb").mkdir()
    (program.folder / "wandb" / "__init__.py").write_text("raise RuntimeError('not this one')")
    source = "import sys; sys.path.pop(0)\n" + "\n".join(line[4:] for line in SMALL.splitlines())
    result = program(source).ok()
    assert sum("is a Python package" in line for line in result.stderr.splitlines()) == 1
    assert [path.name for path in (program.folder / "wandb").iterdir() if path.name != "__pycache__"] == ["__init__.py"]
    (path,) = (program.folder / ".wandb").glob("offline-run-*")
    assert RecordedRun(path).summary()["loss"] == 1


def test_folder__that_cannot_be_made__the_stated_fallback_is_used(program: Program, tmp_path: Path) -> None:
    """A read-only home or a file in the way must not end the training."""
    (tmp_path / "blocked").write_text("a file")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    result = program(SMALL, env={"WANDB_DIR": str(tmp_path / "blocked"), "TMPDIR": str(temporary)}).ok()
    assert str(temporary / "wandb") in result.stderr
    (path,) = (temporary / "wandb").glob("offline-run-*")
    assert RecordedRun(path).summary()["loss"] == 1


def test_secrets__of_the_settings__are_not_in_the_folder(program: Program) -> None:
    """Run folders are shared."""
    run = program(SMALL, env={"WANDB_API_KEY": "local-" + "s3cr3t" * 8, "WANDB_HTTP_PROXY": "http://u:s3cr3t@h"}).ok().run
    for path in run.path.rglob("*"):
        if path.is_file():
            assert b"s3cr3t" not in path.read_bytes(), path


def test_creator_s_descriptors__after_many_runs__do_not_grow(program: Program) -> None:
    """The eighteenth run in a process must not fail with too many open files."""
    program(
        """
        import os, resource, threading, wandb
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        wandb.init(project="p").finish()
        before = len(os.listdir("/proc/self/fd")), threading.active_count()
        for _ in range(17):
            with wandb.init(project="p") as run:
                run.log({"a": 1})
        assert before == (len(os.listdir("/proc/self/fd")), threading.active_count())
        """,
        env={"WANDB_SILENT": "true"},
    ).ok()
