"""`wandb pull` and `wandb restore`: the files of a run of the server, and the state of code that it ran with."""

from __future__ import annotations

import os
import re
import subprocess

import click
import yaml

from wandb.apis.run_downloads import run_at_server
from wandb.apis.server_files import ServerFile
from wandb.apis.server_run import ServerRun
from wandb.artifacts.transfer import Refused
from wandb.cli.folder import folder_settings
from wandb.cli.saying import say
from wandb.errors import ArgumentValueError, Error, UsageError
from wandb.foreign_names import place_below, shown

_PATCH, _CODE = "diff.patch", "code/"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def _run(path: str, project: str | None, entity: str | None) -> ServerRun:
    given = {name: value for name, value in (("project", project), ("entity", entity)) if value}
    return run_at_server(folder_settings(**given), path)


@click.command()
@click.argument("run", envvar="WANDB_RUN_ID")
@click.option("--project", "-p", envvar="WANDB_PROJECT", help="The project of the run.")
@click.option("--entity", "-e", envvar="WANDB_ENTITY", help="The user or team that it belongs to.")
def pull(run: str, project: str | None, entity: str | None) -> None:
    """Download the files of RUN, [[entity/]project/]id, to the current folder.

    The status is 1 if some of them could not be written there.
    """
    found = _run(run, project, entity)
    files = found.files()
    say(f"Downloading {len(files)} file(s) of {'/'.join(found.path)}")
    left_out = sum(not _brought(file) for file in files)
    if left_out:
        raise Error(f"{left_out} of {len(files)} file(s) of the run could not be written here.")


def _brought(file: ServerFile) -> bool:
    """Write a file below the current folder, in the place of what is there; False, and why, if that can't be."""
    try:
        file.write_to(place_below(os.curdir, file.name))
    except (ArgumentValueError, Refused) as error:
        say(f"{shown(file.name)} is left out: {error}")
        return False
    except OSError as error:
        say(f"{shown(file.name)} is left out: {error.strerror or error}")
        return False
    say(shown(file.name))
    return True


@click.command()
@click.argument("run", envvar="WANDB_RUN_ID")
@click.option("--no-git", is_flag=True, help="Leave git alone.")
@click.option("--branch/--no-branch", default=True, help="Make a branch, or detach HEAD.")
@click.option("--project", "-p", envvar="WANDB_PROJECT", help="The project of the run.")
@click.option("--entity", "-e", envvar="WANDB_ENTITY", help="The user or team that it belongs to.")
def restore(run: str, no_git: bool, branch: bool, project: str | None, entity: str | None) -> None:
    """Bring back code and config of RUN, [[entity/]project/]id, in the repository of the current folder."""
    found = _run(run, project, entity)
    if found.commit and not no_git:
        _check_out(found, branch)
        _apply_patch(found)
    _bring_code(found, no_git)
    path = os.path.join(str(folder_settings().wandb_dir), "config.yaml")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        values = {key: {"desc": None, "value": value} for key, value in found.rawconfig.items()}
        yaml.safe_dump({"wandb_version": 1, **values}, file, sort_keys=False)
    say(f"The config is in {path}")
    image = (found.metadata or {}).get("docker")
    if image:
        say(f"The run was in the image {image}: docker run -it {image}")


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise UsageError("There is no git here: --no-git leaves it alone.") from None


def _must(*arguments: str) -> None:
    done = _git(*arguments)
    if done.returncode:
        raise UsageError(f"git {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")


def _check_out(found: ServerRun, branch: bool) -> None:
    """The commit of the run, in a branch of its own; changes that are not committed must not be lost."""
    commit = str(found.commit)
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"The run's commit is none: {commit!r}.")
    if _git("rev-parse", "--git-dir").returncode:
        raise UsageError("This folder is in no git repository: clone that of the run, or use --no-git.")
    if _git("status", "--porcelain", "--untracked-files=no").stdout.strip():
        raise UsageError("There are changes here that are not committed: commit or stash them, or use --no-git.")
    if _git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        _must("fetch", "--all")
        if _git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
            raise UsageError(f"The commit {commit} of the run is not in this repository.")
    name = f"wandb/{found.id}"
    if not branch:
        _must("checkout", "--detach", commit)
        say(f"HEAD is at {commit}")
        return
    is_new = _git("rev-parse", "--verify", "--quiet", f"refs/heads/{name}").returncode != 0
    _must(*(("checkout", "-b", name, commit) if is_new else ("checkout", name)))
    say(f"The branch {name} is at the commit of the run" if is_new else f"The branch {name} was here already")


def _apply_patch(found: ServerRun) -> None:
    """What was not committed when the run began, if its client has kept that."""
    files = found.files([_PATCH])
    if not files:
        return
    path = os.path.join(str(folder_settings().wandb_dir), _PATCH)
    files[0].write_to(path)
    _must("apply", "--whitespace=nowarn", path)
    say("Changes that were not committed are applied")


def _bring_code(found: ServerRun, no_git: bool) -> None:
    """Code that was saved with the run, where there is no commit to take it from."""
    if found.commit and not no_git:
        return
    for file in found.files(pattern=f"{_CODE}%"):
        name = file.name[len(_CODE) :]
        try:
            path = place_below("", name)
            if os.path.lexists(path):
                say(f"{shown(name)} is here already, and kept")
                continue
            file.write_to(path)
        except ArgumentValueError as error:
            say(f"{shown(name)} is left out: {error}")
        except OSError as error:
            say(f"{shown(name)} is left out: {error.strerror or error}")
        else:
            say(f"{shown(name)} is the code of the run")
