"""output.log on disks that refuse: the error is the caller's to see, and nothing is lost or doubled by it."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from wandb.sync.output import OutputLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


def written(path: Path) -> list[str]:
    """The lines of the file, each of which must be ended."""
    text = path.read_bytes().decode()
    assert text == "" or text.endswith("\n")
    return text.split("\n")[:-1]


def test_output__full_disk__error_is_raised_and_later_flush_writes_all(tmp_path: Path) -> None:
    """The log of records is the truth: once there is room again, output.log is complete, nothing twice."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    try:
        if (
            not sys.platform.startswith("linux")
            or subprocess.run(mount, check=False, stderr=subprocess.PIPE).returncode
        ):
            pytest.skip("can't mount a small disk here")
    except FileNotFoundError:
        pytest.skip("no mount command")
    try:
        filler, path = disk / "filler", disk / "output.log"
        log = OutputLog(str(path))
        log.feed("w", "stderr", "bar 0%")
        log.feed("w", "stdout", "first\n")
        log.flush()
        filler.write_bytes(b"x" * 160_000)
        log.feed("w", "stderr", "\rbar 50%")
        log.feed("w", "stdout", "".join(f"{number:099d}\n" for number in range(3_000)))
        for _ in range(2):
            with pytest.raises(OSError) as caught:
                log.flush()
            assert caught.value.errno == errno.ENOSPC
        log.feed("w", "stderr", "\rbar 99%\n")
        with pytest.raises(OSError):
            log.close()
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,size=2m", str(disk)], check=True)
        log.feed("w", "stdout", "last")
        log.flush()
        log.close()
        # The bar's line was still open when 3,000 lines came in one piece, so its last refresh is a line of its own.
        numbers = [f"{number:099d}" for number in range(3_000)]
        assert written(path) == ["bar 50%", "first", *numbers, "bar 99%", "last"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_output__file_size_limit__error_is_raised_and_later_flush_writes_all(path: Path) -> None:
    """A quota looks like this in a batch job; the first flush fails too, before the file is in place."""
    pytest.importorskip("resource")
    program = """
        import resource, sys
        from wandb.sync.output import OutputLog

        log = OutputLog(sys.argv[1])
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        for limit in (10_000, 30_000, hard):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            log.feed("w", "stdout", "x" * 50 + "|\\n" * 10_000)
            log.feed("w", "stderr", "\\rbar %d" % limit)
            try:
                log.flush()
                print("ok")
            except OSError as error:
                print(type(error).__name__, error.errno)
        log.close()
    """
    path.write_text("old\n")
    child = [sys.executable, "-c", textwrap.dedent(program), str(path)]
    result = subprocess.run(child, stdout=subprocess.PIPE, check=True, timeout=60)
    assert result.stdout.decode().split("\n")[:3] == [f"OSError {errno.EFBIG}", f"OSError {errno.EFBIG}", "ok"]
    lines = [line for line in written(path) if not line.startswith("bar")]
    assert lines == ["x" * 50 + "|", *["|"] * 9_999] * 3
    assert written(path)[-1].startswith("bar")


def test_output__file_cannot_be_put_in_place__tried_again(path: Path) -> None:
    """The rename is the last step of the first flush and can fail alone."""
    path.mkdir()
    log = OutputLog(str(path))
    log.feed("w", "stdout", "text\n")
    with pytest.raises(OSError):
        log.flush()
    path.rmdir()
    log.flush()
    assert written(path) == ["text"]
    log.close()
