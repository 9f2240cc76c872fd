"""What is known of the machine, as far as it is found without the library or command that says the same."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from wandb.service.facts import cores, git_facts, operating_system


def test_operating_system__here__as_platform_says() -> None:
    """The standard library starts a process for one part of it, which is empty on most machines.

    Before Python 3.9 it names the oldest C library that the interpreter could use, not the one that is there.
    """
    known = platform.platform()
    assert operating_system() == (
        known if sys.version_info >= (3, 9) else known[: known.rindex("glibc")] + "".join(platform.libc_ver())
    )


def test_cores__here__as_psutil_counts() -> None:
    """Readers compare them with those of upstream's client, which asks psutil."""
    assert cores() == psutil.cpu_count(logical=False)


@pytest.mark.parametrize("below", [".", "a/b"])
def test_git_facts__somewhere_in_a_repository__root_and_commit(tmp_path: Path, below: str) -> None:
    """Found from any folder of the work tree, also through a link."""
    folder = tmp_path / "repository" / below
    folder.mkdir(parents=True)
    environment = {**os.environ, "HOME": str(tmp_path)}
    for name in ("AUTHOR", "COMMITTER"):
        environment.update({f"GIT_{name}_NAME": "a", f"GIT_{name}_EMAIL": "a@b"})
    for command in ("init -q", "commit -q --allow-empty -m x", "remote add origin https://me:secret@host/x.git"):
        subprocess.run(["git", *command.split()], cwd=tmp_path / "repository", env=environment, check=True)
    (tmp_path / "link").symlink_to(folder)
    for cwd in (folder, tmp_path / "link"):
        remote, commit, root = git_facts({"_cwd": str(cwd)})
        assert (remote, root) == ("https://host/x.git", os.path.realpath(tmp_path / "repository"))
        assert len(commit) == 40


def test_git_facts__no_repository__only_what_the_settings_say(tmp_path: Path) -> None:
    """No process is started to hear that there is none."""
    given = {"git_remote_url": "https://host/x.git", "git_commit": "abc"}
    assert git_facts({"_cwd": str(tmp_path)}) == ["", "", ""]
    assert git_facts({"_cwd": str(tmp_path), **given}) == ["https://host/x.git", "abc", ""]


def test_git_facts__of_a_repository_that_is_named_by_the_environment__are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder above the program has it, and other variables of git's name none."""
    repository, elsewhere = tmp_path / "repository", tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("GIT_SSL_CAINFO", "/nowhere")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    author = ["-c", "user.name=x", "-c", "user.email=x@x"]
    subprocess.run(["git", *author, "commit", "-q", "--allow-empty", "-m", "x"], cwd=repository, check=True)
    assert git_facts({"_cwd": str(elsewhere)})[1] == ""
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert len(git_facts({"_cwd": str(elsewhere)})[1]) == 40
