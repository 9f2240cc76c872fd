"""A run folder that is moved, removed, replaced or locked while the run goes on, and disks that nobody may write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

import pytest

from tests.conftest import LIMIT, Finished, Program
from tests.recorded import RecordedRun, runs_in
from wandb.service.service import finalize

BEGIN = """
import os, shutil, subprocess, sys, time, wandb
disk = sys.argv[1]

def log(first, last):
    for number in range(first, last):
        run.log({"n": number})
        print("line", number)

run = wandb.init(project="p", dir=disk)
folder = run.sync_dir
log(0, 50)
"""
# The helper looks for the folder each second, and the program for the helper each five, or at its end.
GO_ON = "\nlog(50, 100)\ntime.sleep(2.5)\nlog(100, 150)\nsys.exit(3)\n"


def check(result: Finished) -> None:
    assert result.status == 3 and result.stdout.splitlines() == [f"line {number}" for number in range(150)], result.stderr
    assert "Traceback" not in result.stderr


def test_folder__moved__is_completed_in_its_new_place(program: Program, tmp_path: Path) -> None:
    """Somebody tidies up, and the record goes on in the file that is open."""
    result = program(f"{BEGIN}os.rename(folder, disk + '/moved'){GO_ON}", str(tmp_path))
    check(result)
    run = RecordedRun(tmp_path / "moved")
    assert [row["n"] for row in run.rows()] == list(range(150)) and run.exit_code() == 3
    assert run.summary()["n"] == 149 and [line for line in run.output() if "line " in line] == result.stdout.splitlines()
    assert f"recording goes on in {run.path}" in result.stderr and not list((tmp_path / "wandb").glob("*run-*"))


@pytest.mark.parametrize(
    "loss",
    [
        "shutil.rmtree(folder, ignore_errors=True)",
        "os.rename(folder, 'copy'); shutil.copytree('copy', folder); shutil.rmtree('copy')",
        "os.rename(folder, 'gone'); shutil.rmtree('gone'); open(folder, 'w').close()",
        "os.rename(folder, 'gone'); shutil.rmtree('gone'); os.makedirs(folder)",
    ],
    ids=["removed", "replaced_by_a_copy", "replaced_by_a_file", "replaced_by_an_empty_one"],
)
def test_folder__removed__the_program_goes_on_and_it_is_said_once(program: Program, tmp_path: Path, loss: str) -> None:
    """What is written into a file without a name is lost with the last descriptor."""
    result = program(f"{BEGIN}time.sleep(1)\n{loss}{GO_ON}", str(tmp_path))
    check(result)
    assert result.stderr.count("has been removed, and what was recorded in it") == 1


def test_files__removed_during_the_run__are_made_again(program: Program, tmp_path: Path) -> None:
    """They are made from the logs; at the end they are complete."""
    result = program(f"{BEGIN}time.sleep(1)\n[shutil.rmtree(f'{{folder}}/{{name}}') for name in ('files', 'logs')]{GO_ON}", str(tmp_path))
    check(result)
    (run,) = runs_in(tmp_path)
    assert run.exit_code() == 3 and run.summary()["n"] == 149
    assert [line for line in run.output() if "line " in line] == result.stdout.splitlines()
    assert (run.path / "files" / "config.yaml").exists()


def without_privileges(program: Program, source: str, *arguments: str) -> Finished:
    """Root, but bound by permissions like anybody."""
    if os.geteuid() != 0:
        command: List[str] = []
    elif shutil.which("setpriv"):
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-linux_immutable"]
    else:
        pytest.skip("root, for whom permissions are nothing")
    command += [sys.executable, str(program.write(source)), *arguments]
    ended = subprocess.run(
        command, cwd=program.folder, env=program.environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    return Finished(ended.returncode, ended.stdout, ended.stderr, program.folder)


def test_folder__without_permission_at_the_start__the_run_goes_elsewhere(program: Program, tmp_path: Path) -> None:
    """A data set's folder, or a shared one."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    (tmp_path / "temporary").mkdir()
    program.environment["TMPDIR"] = str(tmp_path / "temporary")
    result = without_privileges(program, f"{BEGIN}{GO_ON}", str(locked))
    check(result)
    assert f"{locked}/wandb can't be written (Permission denied); the run goes to" in result.stderr
    (run,) = runs_in(tmp_path / "temporary")
    assert [row["n"] for row in run.rows()] == list(range(150))


def test_folder__permission_taken_away_during_the_run__loses_no_row(program: Program, tmp_path: Path) -> None:
    """What is open stays open; what could not be made is told of, and made by a later command."""
    lock = "subprocess.run(['chmod', '-R', 'a-w', folder], check=True)"
    result = without_privileges(program, f"{BEGIN}time.sleep(1)\n{lock}{GO_ON}", str(tmp_path))
    check(result)
    (run,) = runs_in(tmp_path)
    subprocess.run(["chmod", "-R", "u+w", str(run.path)], check=True)
    assert "can't be written (Permission denied)" in result.stderr or "not complete yet" in result.stderr
    assert finalize(str(run.path)) in ("", f"Another process is completing the run in {run.path}.")
    assert [row["n"] for row in run.rows()] == list(range(150))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="makes the root of a namespace read-only")
def test_root__read_only__the_program_runs_unrecorded_and_says_so(program: Program, tmp_path: Path) -> None:
    """A container with `--read-only`: no folder, no temporary folder, no home."""
    path = program.write(f"{BEGIN}{GO_ON}")
    # Every mount but those of the kernel's own.
    script = 'for place in $(findmnt -rno TARGET -t nosysfs,noproc,nodevtmpfs,nocgroup2 | sort -u); do mount -o remount,bind,ro "$place" 2>/dev/null; done; exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, str(path), str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, env=program.environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    check(Finished(ended.returncode, ended.stdout, ended.stderr, tmp_path))
    assert "(Read-only file system)" in ended.stderr and "this run is NOT recorded" in ended.stderr


@pytest.fixture
def failing_file_system(tmp_path: Path) -> Iterator[Path]:
    """A file system of the kernel's own, which becomes read-only when an error is found in it; yields its folder."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("mounts a file system")
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    if subprocess.run(["mount", "-o", "loop,errors=remount-ro", str(image), str(folder)], check=False).returncode:
        pytest.skip("no loop devices here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_disk__that_the_kernel_makes_read_only__keeps_what_was_before_and_holds_nobody(
    program: Program, failing_file_system: Path, tmp_path: Path
) -> None:
    """What a bad sector does to a running machine."""
    device = subprocess.run(["findmnt", "-no", "SOURCE", str(failing_file_system)], capture_output=True, text=True, check=True)
    trigger = f"/sys/fs/ext4/{os.path.basename(device.stdout.strip())}/trigger_fs_error"
    result = program(f"{BEGIN}time.sleep(1)\nopen({trigger!r}, 'w').write('1'){GO_ON}", str(failing_file_system))
    check(result)
    assert result.stderr.count("can't be written (Read-only file system)") == 1 and "could not be written" in result.stderr
    (run,) = runs_in(failing_file_system)
    copy = shutil.copytree(run.path, tmp_path / "copy")
    assert finalize(str(copy)) == ""
    assert [row["n"] for row in RecordedRun(copy).rows()] == list(range(50))
