"""wandb/runlog/quick_write.py: `os.write` that keeps the interpreter's lock."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wandb.runlog.quick_write import quick_write


@pytest.fixture
def descriptor(tmp_path: Path) -> int:
    """An open file on this machine's disk, whose function is another one than `os.write`."""
    number = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    if quick_write(os.fstat(number).st_dev) is os.write:
        pytest.skip("the file system of the tests' folder is of no kind that is known to be near")
    return number


def test_quick_write__of_bytes__appends_them_all_and_counts_them(descriptor: int) -> None:
    """Zeros are bytes like others."""
    data = b"one\0two" * 1000
    write = quick_write(os.fstat(descriptor).st_dev)
    assert write(descriptor, data) == len(data) and write(descriptor, b"") == 0
    assert os.pread(descriptor, 10_000, 0) == data


def test_quick_write__that_is_refused__raises_as_os_write_does(descriptor: int) -> None:
    """A closed descriptor; a pipe that takes only a part and then nothing, or that nobody reads."""
    write = quick_write(os.fstat(descriptor).st_dev)
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        write(descriptor, b"one")
    assert caught.value.errno == errno.EBADF
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    assert 0 < write(sink, bytes(1 << 24)) < 1 << 24
    with pytest.raises(BlockingIOError):
        write(sink, b"one")
    os.close(source)
    with pytest.raises(BrokenPipeError):
        write(sink, b"one")
    os.close(sink)


def test_quick_write__to_what_may_be_far_or_is_no_file__is_os_write() -> None:
    """A write to a file server may take minutes; and who knows what a pipe leads to."""
    source, sink = os.pipe()
    for device in (os.fstat(sink).st_dev, os.stat("/proc/self/comm").st_dev, os.makedev(4000, 1)):
        assert quick_write(device) is os.write
    os.close(source)
    os.close(sink)
