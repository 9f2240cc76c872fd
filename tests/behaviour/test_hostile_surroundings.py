"""Programs and machines that are not as one expects: the run is recorded, and the program behaves as without us."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import LIMIT, ROOT, Program
from tests.recorded import runs_in

ALL_CHILDREN = """
    import ctypes, os, sys, wandb
    if sys.argv[1] == "subreaper":
        assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
    run = wandb.init(project="p")
    if not os.fork():
        os._exit(3)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    run.log({"a": 1})
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans go to the first process, or to a subreaper")
def test_program__that_inherits_orphans_and_waits_for_all_children__does_not_wait_for_ours(program: Program) -> None:
    """A container's first process, and what process managers make of a program."""
    run = program(ALL_CHILDREN, "subreaper").ok().run
    assert run.rows()[0]["a"] == 1 and run.exit_code() == 0


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="makes a process namespace")
def test_program__that_is_the_first_process__does_not_wait_for_ours(program: Program) -> None:
    """`docker run image python train.py`."""
    path = program.write(ALL_CHILDREN)
    command = ["unshare", "-pf", "--mount-proc", sys.executable, str(path), "first"]
    subprocess.run(command, cwd=program.folder, env=program.environment, check=True, timeout=LIMIT)
    (run,) = runs_in(program.folder)
    assert run.rows()[0]["a"] == 1 and run.exit_code() == 0


def test_package__in_an_archive__records_and_completes_the_run(program: Program) -> None:
    """What tools that pack a program with all that it needs make of it."""
    with zipfile.ZipFile(program.folder / "packed.zip", "w") as archive:
        for path in (ROOT / "wandb").rglob("*"):
            if path.suffix in (".py", ".desc"):
                archive.write(path, path.relative_to(ROOT))
    result = program(
        """
        import sys
        sys.path.insert(0, "packed.zip")
        import wandb
        assert "packed.zip" in wandb.__file__
        with wandb.init(project="p") as run:
            run.log({"a": 1})
            print("text")
        """
    ).ok()
    assert result.run.exit_code() == 0 and result.run.output() == ["text"] and result.run.summary()["a"] == 1


PATCHED = """
    import {module}, wandb
    class Blocked:
        def __init__(self, *args, **kwargs):
            raise RuntimeError("not in a test")
    {module}.{name} = Blocked
    with wandb.init(project="p", settings={{"console": "{mode}"}}) as run:
        run.log({{"a": 1}})
        print("text")
"""


@pytest.mark.parametrize("mode", ["wrap", "redirect"])
@pytest.mark.parametrize("module, name", [("subprocess", "Popen"), ("socket", "socket"), ("socket", "socketpair")])
def test_init__where_no_process_may_be_started__records_all_the_same(
    program: Program, module: str, name: str, mode: str
) -> None:
    """Test suites forbid processes and sockets by putting something else in their place."""
    result = program(PATCHED.format(module=module, name=name, mode=mode)).ok()
    assert "can't be started" in result.stderr
    run = result.run
    assert run.rows()[0]["a"] == 1 and run.exit_code() == 0 and "text" in run.output()


def test_files__git_that_sleeps__costs_the_git_facts_only(program: Program) -> None:
    """A network file system, or a prompt for a password."""
    path = program.folder / "bin" / "git"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\nsleep 60\n")
    path.chmod(0o755)
    search = f"{path.parent}{os.pathsep}{os.environ['PATH']}"
    source = "import time, wandb\nrun = wandb.init(project='p')\nrun.log({'a': 1})\ntime.sleep(1.5)\n"
    run = program(source, env={"PATH": search}).ok().run
    assert json.loads(run.file("wandb-metadata.json"))["program"].endswith("train.py")
    assert "psutil==" in run.file("requirements.txt")


def test_files__one_odd_package_or_variable__costs_nothing_else(program: Program, tmp_path: Path) -> None:
    """A package whose author's name is no UTF-8, a variable that is no text."""
    package = tmp_path / "packages" / "odd-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_bytes(b"Name: odd\nVersion: 1.0\nAuthor: \xff\xfe\n")
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{package.parent}", "SLURM_X": os.fsdecode(b"\xff"), "SLURM_Y": "1"}
    run = program("import wandb\nwandb.init(project='p').log({'a': 1})\n", env=environment).ok().run
    assert json.loads(run.file("wandb-metadata.json"))["slurm"]["y"] == "1"
    assert "psutil==" in run.file("requirements.txt")


def test_clock__set_back_during_the_run__gives_no_negative_time(program: Program) -> None:
    """A time server's correction, or a test's frozen clock."""
    source = """
        import time, wandb
        run = wandb.init(project="p")
        time.time = lambda: 5.0
        run.log({"a": 1})
    """
    run = program(source).ok().run
    assert run.records()[-1].exit.runtime >= 0 and run.rows()[0]["_runtime"] >= 0
    assert run.summary()["_runtime"] >= 0


def test_clock__far_away__is_no_reason_to_fail(program: Program) -> None:
    """Nor is one that no calendar knows."""
    program("import time, wandb\ntime.time = lambda: 1e20\nwandb.init(project='p').log({'a': 1})\n").ok()


@pytest.mark.parametrize("console", ["wrap", "redirect"])
def test_select__without_poll__the_run_ends_as_ever(program: Program, console: str) -> None:
    """eventlet's `monkey_patch` takes it away, and its own `select` does not let one wait twice for the same file."""
    source = """
        import select, sys, wandb
        del select.poll
        select.select = None
        run = wandb.init(project="p", settings=wandb.Settings(console=sys.argv[1]))
        print("printed", flush=True)
        run.finish()
        print("after", flush=True)
    """
    ended = program(source, console).ok()
    assert ended.stdout == "printed\nafter\n"
    assert ended.run.output() == ["printed"] and ended.run.exit_code() == 0
