"""Copies by the kernel: the same bytes by each of its ways, and by none of them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Iterator, Tuple

import pytest

from wandb.sdk.lib.kernel_copy import clone, copy, digest_of

DATA = os.urandom(1_000_003)


def copied(folder: Path, source: str) -> bytes:
    read, write = os.open(source, os.O_RDONLY), os.open(folder / "copy", os.O_RDWR | os.O_CREAT)
    try:
        copy(read, write)
    finally:
        os.close(read)
        os.close(write)
    return (folder / "copy").read_bytes()


def refuses(*_: object) -> int:
    raise OSError(errno.EINVAL, "not between these")


@pytest.mark.parametrize("way", ["kernel", "refused", "missing"])
def test_copy__by_whatever_there_is__is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Some kernels do it between some files only."""
    if way == "refused":
        monkeypatch.setattr(os, "sendfile", refuses)
    elif way == "missing":
        monkeypatch.delattr(os, "sendfile")
    (tmp_path / "source").write_bytes(DATA)
    assert copied(tmp_path, str(tmp_path / "source")) == DATA


def test_copy__of_a_file_without_a_size__has_all_of_it(tmp_path: Path) -> None:
    """Files of the kernel's own say that they are empty."""
    assert b"Name:" in copied(tmp_path, "/proc/self/status")


def test_copy__that_a_time_limit_ends__raises_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception of a signal handler of the program is no refusal of the kernel's."""

    def interrupted(*_: object) -> int:
        raise TimeoutError("the program's own")

    monkeypatch.setattr(os, "sendfile", interrupted)
    (tmp_path / "source").write_bytes(DATA)
    with pytest.raises(TimeoutError):
        copied(tmp_path, str(tmp_path / "source"))


@pytest.fixture(params=["btrfs", "xfs"])
def cloning_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system that can clone."""
    maker = shutil.which(f"mkfs.{request.param}")
    if os.geteuid() != 0 or maker is None:
        pytest.skip("makes a file system")
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(400 << 20)
    subprocess.run([maker, "-q", str(image)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=False).returncode:
        pytest.skip("no loop devices here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def written(folder: Path, age: float) -> Tuple[int, int]:
    """An open file that was changed so many seconds ago, and an empty one."""
    (folder / "source").write_bytes(DATA)
    os.utime(folder / "source", (time.time() - age,) * 2)
    return os.open(folder / "source", os.O_RDWR), os.open(folder / "copy", os.O_RDWR | os.O_CREAT)


def test_clone__of_a_settled_file__has_its_content_and_digest(cloning_disk: Path) -> None:
    """And one that was just changed, or changes meanwhile, is no other content than its digest says."""
    source, target = written(cloning_disk, 3600)
    assert clone(source, target, digest_of) == (sha256(DATA).hexdigest(), len(DATA))
    assert (cloning_disk / "copy").read_bytes() == DATA
    assert clone(*written(cloning_disk, 1), digest_of) is None

    def changing(descriptor: int) -> Tuple[str, int]:
        if descriptor == source:
            os.pwrite(source, b"changed", 0)
        return digest_of(descriptor)

    source, target = written(cloning_disk, 3600)
    assert clone(source, target, changing) == (sha256(DATA).hexdigest(), len(DATA))


def test_clone__where_the_file_system_has_none__does_nothing() -> None:
    """The caller copies then."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        source, target = written(Path(folder), 3600)
        assert clone(source, target, digest_of) is None and os.fstat(target).st_size == 0


def test_digest_of__an_open_file__begins_at_its_beginning(tmp_path: Path) -> None:
    """Wherever it stands."""
    (tmp_path / "source").write_bytes(DATA)
    with open(tmp_path / "source", "rb") as file:
        file.read(7)
        assert digest_of(file.fileno()) == (sha256(DATA).hexdigest(), len(DATA))
