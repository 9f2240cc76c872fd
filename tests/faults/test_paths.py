"""Names, paths and links from outside: nothing leaves the run's folder, and no file of the user's is written to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Program
from wandb.service.service import finalize

USERS = "the user's own\n"


def test_save__of_a_file_with_a_name_of_ours__leaves_the_users_file_alone(program: Program) -> None:
    """It is a link in the run folder; the service, which writes files of that name, must not write through it."""
    names = ("requirements.txt", "config.yaml", "wandb-summary.json", "wandb-metadata.json", "output.log", "code/train.py")
    (program.folder / "code").mkdir()
    for name in names:
        (program.folder / name).write_text(USERS)
    source = f"""
        import wandb
        with wandb.init(project="p", save_code=True) as run:
            for name in {names}:
                run.save(name)
            run.log({{"a": 1}})
            print("a line")
    """
    run = program(source).ok().run
    assert [(program.folder / name).read_text() for name in names] == [USERS] * len(names)
    assert run.output()[0] == "a line" and run.summary()["a"] == 1


def test_files__links_in_the_place_of_ours__are_replaced_not_followed(program: Program) -> None:
    """Whoever has put them there."""
    outside = program.folder / "outside"
    outside.write_text(USERS)
    source = f"""
        import os, wandb
        run = wandb.init(project="p")
        for name in ("output.log", "config.yaml", "wandb-summary.json", "wandb-metadata.json", "requirements.txt"):
            for path in (f"{{run.dir}}/{{name}}", f"{{run.dir}}/{{name}}.part", f"{{run.dir}}/.{{name}}.new"):
                if os.path.lexists(path):
                    os.unlink(path)
                os.symlink("{outside}", path)
        print("a line")
        run.log({{"a": 1}})
        run.finish()
    """
    run = program(source).ok().run
    assert outside.read_text() == USERS
    assert run.output()[0] == "a line" and run.summary()["a"] == 1


@pytest.mark.parametrize("name", ["run-x.wandb", "files", "logs", "follower.lease", "run-x.host.spool", "logs/debug.log"])
def test_folder__of_somebody_else_with_a_link__is_not_completed(program: Program, tmp_path: Path, name: str) -> None:
    """A run folder may have come in an archive, with links to where its reader has files."""
    program('import os, wandb; wandb.init(id="x"); os._exit(0)').ok()
    original = next(tmp_path.glob("wandb/offline-run-*"))
    copy = Path(shutil.copytree(original, tmp_path / "received", ignore=shutil.ignore_patterns("*.spool")))
    outside = tmp_path / "outside"
    if (copy / name).is_dir():
        shutil.rmtree(copy / name)
        outside.mkdir()
    else:
        outside.write_bytes((copy / name).read_bytes() if (copy / name).exists() else b"")
        if (copy / name).exists():
            (copy / name).unlink()
    (copy / name).symlink_to(outside)
    before = outside.read_bytes() if outside.is_file() else os.listdir(outside)
    assert "is a link" in finalize(str(copy))
    assert before == (outside.read_bytes() if outside.is_file() else os.listdir(outside))
    if name != "files":
        return
    command = [sys.executable, "-m", "wandb.service", str(copy)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 2 and "is a link" in told.stderr and "Traceback" not in told.stderr
    assert os.listdir(outside) == before


def test_init__something_else_in_the_place_of_ours__goes_beside_it(program: Program) -> None:
    """Links of ours are conveniences, and a run folder is always a new one."""
    outside = program.folder / "outside"
    outside.write_text(USERS)
    source = f"""
        import os, time, wandb

        def moments():
            return [time.strftime("%Y%m%d_%H%M%S", time.localtime(time.time() + second)) for second in range(20)]

        places = {{
            "folder": lambda path: os.mkdir(f"{{path}}/latest-run"),
            "link": lambda path: os.symlink("{outside}", f"{{path}}/latest-run"),
            "log": lambda path: os.symlink("{outside}", f"{{path}}/debug.log"),
            "taken": lambda path: [open(f"{{path}}/offline-run-{{moment}}-x", "w") for moment in moments()],
        }}
        for name, prepare in places.items():
            os.makedirs(f"{{name}}/wandb")
            prepare(f"{{name}}/wandb")
            with wandb.init(id="x", dir=name) as run:
                run.log({{"a": 1}})
    """
    program(source).ok()
    assert outside.read_text() == USERS
    summaries = list(program.folder.glob("*/wandb/offline-run-*/files/wandb-summary.json"))
    assert len(summaries) == 4 and all('"a":1' in summary.read_text() for summary in summaries)


def test_init__any_name_from_outside__stays_in_its_folder_or_is_refused(program: Program) -> None:
    """Ids and hosts are parts of file names; the others are only text."""
    source = """
        import wandb
        for value in ("..", ".", "../../x", "/etc/x", "-rf", "*", "\\\\", "a\\0b", "x" * 200, "\\u202e"):
            for names in (("id",), ("name", "group", "job_type", "notes"), ("project",)):
                try:
                    wandb.init(**dict.fromkeys(names, value), settings=wandb.Settings(host=value)).finish()
                except wandb.UsageError as error:
                    print(names, "refused")
    """
    result = program(source).ok()
    assert "Traceback" not in result.stderr and "refused" in result.stdout
    allowed = {"train.py", "wandb", "latest-run", "debug.log", "debug-internal.log"}
    found = {path.name for path in (*program.folder.iterdir(), *program.folder.glob("wandb/*"))}
    assert {name for name in found if not name.startswith("offline-run-")} <= allowed
