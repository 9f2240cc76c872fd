"""`wandb verify`: what is well is said in few words, what is not with the way to mend it, and the status tells."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.server.server import ENTITY, KEY, OTHER_KEY, RecordingServer
from tests.unit.cli.place import Place
from wandb.cli.finding import FAILED, WARNING
from wandb.cli.machine import check_limits
from wandb.cli.trial_run import _judge
from wandb.settings import Settings


def line(output: str, subject: str) -> str:
    """What is said of one subject, with its remedy."""
    lines = output.splitlines()
    (number,) = (number for number, text in enumerate(lines) if text[8:].startswith(f"{subject}: "))
    return "\n".join(lines[number : number + 2])


def test_verify__all_is_well__says_so_and_leaves_nothing(place: Place) -> None:
    """The checks are real, and still nothing of them is found afterwards."""
    with RecordingServer() as server:
        place.environ.update(WANDB_BASE_URL=server.url, WANDB_API_KEY=KEY)
        result = place.run("verify")
    assert (result.returncode, result.stderr) == (0, "")
    *checks, last = result.stdout.splitlines()
    assert last == "All is well." and len(checks) == 10
    assert all(text.startswith("ok ") for text in checks)
    assert "forked and spawned" in line(result.stdout, "recording") and ENTITY in line(result.stdout, "API key")
    assert KEY not in result.stdout
    assert list(place.folder.iterdir()) == [] and list(place.home.iterdir()) == []


@pytest.mark.parametrize(
    "key, told", [("", "wandb login"), (OTHER_KEY, "rejected"), ("short", "too short")], ids=["none", "wrong", "short"]
)
def test_verify__key_that_does_not_do__failed_with_the_way_out(place: Place, key: str, told: str) -> None:
    """The server is there, only the key is not."""
    with RecordingServer() as server:
        place.environ.update(WANDB_API_KEY=key)
        result = place.run("verify", "--host", server.url)
    assert result.returncode == 1 and result.stdout.endswith("1 of 10 checks failed.\n" if key != "short" else "failed.\n")
    assert line(result.stdout, "API key").startswith("FAILED") and told in line(result.stdout, "API key")


def test_verify__server_that_is_not_there__failed_with_the_reason(place: Place) -> None:
    """A refused connection is told from a rejected key."""
    place.environ.update(WANDB_BASE_URL="http://127.0.0.1:1", WANDB_API_KEY=KEY)
    result = place.run("verify")
    assert result.returncode == 1
    assert "Connection refused" in line(result.stdout, "server")


def test_verify__offline__server_not_asked(place: Place) -> None:
    """Whoever works offline has no server to check."""
    place.environ["WANDB_MODE"] = "offline"
    with RecordingServer() as server:
        place.environ.update(WANDB_BASE_URL=server.url)
        result = place.run("verify")
    assert result.returncode == 0 and server.asked == []
    assert "WANDB_MODE" in line(result.stdout, "server") and result.stdout.endswith("No check failed, 1 warned.\n")


@pytest.mark.parametrize("ahead, level", [(10, "ok"), (-300, "warning"), (3600, "FAILED")])
def test_verify__clock__compared_with_the_servers(place: Place, ahead: int, level: str) -> None:
    """A clock that is wrong makes uploads fail with words about signatures."""
    with RecordingServer(clock_ahead=ahead) as server:
        place.environ.update(WANDB_BASE_URL=server.url, WANDB_API_KEY=KEY)
        result = place.run("verify")
    assert line(result.stdout, "clock").startswith(level)
    assert result.returncode == (level == "FAILED")


def test_verify__folder_that_can_not_be_written__failed_and_a_variable_named(place: Place) -> None:
    """Runs would go to the temporary folder, which is gone after the next start of the machine."""
    place.environ.update(WANDB_MODE="offline", WANDB_DIR="/proc/nowhere", WANDB_CONFIG_DIR="/proc/nowhere")
    result = place.run("verify")
    assert result.returncode == 1
    assert line(result.stdout, "run folder").startswith("FAILED") and "WANDB_DIR" in line(result.stdout, "run folder")
    assert line(result.stdout, "settings folder").startswith("warning")
    assert line(result.stdout, "recording").startswith("ok")


def test_verify__keys_that_others_can_read__warning(place: Place) -> None:
    """Other programs make the file, too."""
    place.netrc.write_text("machine x password y\n")
    place.netrc.chmod(0o644)
    place.environ["WANDB_MODE"] = "offline"
    assert f"chmod 600 {place.netrc}" in line(place.run("verify").stdout, "netrc")


@pytest.mark.parametrize(
    "name, source, subject, told",
    [
        ("requests.py", "raise ImportError('no TLS here')", "packages", "no TLS here"),
        ("sitecustomize.py", "import sys; sys.modules['multiprocessing'] = None", "recording", "multiprocessing"),
    ],
)
def test_verify__python_that_is_broken__failed_and_the_rest_is_checked(
    place: Place, tmp_path: Path, name: str, source: str, subject: str, told: str
) -> None:
    """The command is for setups that do not work, so nothing of them may stop it."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / name).write_text(source)
    place.environ["PYTHONPATH"] = f"{tmp_path / 'broken'}:{place.environ['PYTHONPATH']}"
    place.environ.update(WANDB_BASE_URL="http://127.0.0.1:1", WANDB_API_KEY=KEY)
    result = place.run("verify")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert line(result.stdout, subject).startswith("FAILED") and told in line(result.stdout, subject)
    assert line(result.stdout, "server").startswith("FAILED")


def test_trial__helper_that_does_not_start__failed(program: Program) -> None:
    """The record is whole then all the same, so only its absence from the machine's facts shows it."""
    program.environment["WANDB__HELPER"] = "1"  # a helper starts no helpers
    source = """
    import os, wandb
    run = wandb.init(project="p")
    run.log({"a": 1})
    for name in ("creator", "fork", "spawn"):
        print("text of", name)
    """
    program(source).ok()
    recording, helper = _judge("", str(program.folder))
    assert recording.level == "ok" and helper.level == FAILED and "/bin/sh" in helper.remedy


@pytest.mark.parametrize("source, lost", [("print('text of fork')", "the row"), ("run.log({})", "the text of creator")])
def test_trial__something_lost__failed_and_named(program: Program, source: str, lost: str) -> None:
    """What the promise is about."""
    program(f"import wandb; run = wandb.init(project='p'); {source}").ok()
    recording = next(iter(_judge("", str(program.folder))))
    assert recording.level == FAILED and lost in recording.text


@pytest.mark.parametrize("limit", ["NOFILE", "FSIZE"])
def test_limits__of_a_narrow_shell__warned_of(limit: str) -> None:
    """They strike hours later, with words about something else."""
    kind = getattr(resource, f"RLIMIT_{limit}")
    soft, hard = resource.getrlimit(kind)
    before = [finding.subject for finding in check_limits(Settings())]
    resource.setrlimit(kind, (200, hard) if limit == "NOFILE" else (1 << 30, hard))
    try:
        findings = list(check_limits(Settings()))
    finally:
        resource.setrlimit(kind, (soft, hard))
    (new,) = (finding for finding in findings if finding.subject not in before)
    assert new.level == WARNING and "ulimit" in new.remedy


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_verify__disk_without_room__failed(place: Place) -> None:
    """A disk of one megabyte holds no run."""
    shell = 'mount -t tmpfs -o size=1m tmpfs "$1" || exit 77; shift; exec "$@"'
    place.environ["WANDB_MODE"] = "offline"
    command = ["unshare", "-rm", "sh", "-c", shell, "sh", str(place.folder), sys.executable, "-m", "wandb", "verify"]
    environ = {**place.environ, "WANDB_DIR": str(place.folder)}
    result = subprocess.run(command, env=environ, cwd=str(place.home), stdout=subprocess.PIPE, universal_newlines=True)
    if result.returncode == 77:
        pytest.skip("this machine allows no mounts in a namespace")
    assert result.returncode == 1
    assert line(result.stdout, "run folder").startswith("FAILED") and "make room" in line(result.stdout, "run folder")
