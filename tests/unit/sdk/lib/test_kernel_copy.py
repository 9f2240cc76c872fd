"""Copies by the kernel: the same bytes by each of its ways, and by none of them."""

from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest

from wandb.sdk.lib.kernel_copy import copy, digest_of

DATA = os.urandom(1_000_003)


def copied(folder: Path, source: str, may_share: bool) -> bytes:
    read, write = os.open(source, os.O_RDONLY), os.open(folder / "copy", os.O_RDWR | os.O_CREAT)
    try:
        copy(read, write, may_share)
    finally:
        os.close(read)
        os.close(write)
    return (folder / "copy").read_bytes()


def refuses(*_: object) -> int:
    raise OSError(errno.EXDEV, "not between these")


@pytest.mark.parametrize("may_share", [False, True])
@pytest.mark.parametrize("missing", [[], ["sendfile"], ["copy_file_range", "sendfile"]])
@pytest.mark.parametrize("refused", [False, True])
def test_copy__by_whatever_the_kernel_has__is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_share: bool, missing: list[str], refused: bool
) -> None:
    """Older ones have less, and refuse it between some file systems."""
    for name in missing:
        if refused:
            monkeypatch.setattr(os, name, refuses, raising=False)
        else:
            monkeypatch.delattr(os, name, raising=False)
    (tmp_path / "source").write_bytes(DATA)
    assert copied(tmp_path, str(tmp_path / "source"), may_share) == DATA


@pytest.mark.parametrize("may_share", [False, True])
def test_copy__of_a_file_without_a_size__has_all_of_it(tmp_path: Path, may_share: bool) -> None:
    """Files of the kernel's own say that they are empty."""
    assert b"Name:" in copied(tmp_path, "/proc/self/status", may_share)


def test_copy__that_a_time_limit_ends__raises_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception of a signal handler of the program is no refusal of the kernel's."""

    def interrupted(*_: object) -> int:
        raise TimeoutError("the program's own")

    monkeypatch.setattr(os, "sendfile", interrupted)
    (tmp_path / "source").write_bytes(DATA)
    with pytest.raises(TimeoutError):
        copied(tmp_path, str(tmp_path / "source"), False)


def test_digest_of__an_open_file__begins_at_its_beginning(tmp_path: Path) -> None:
    """Wherever it stands."""
    (tmp_path / "source").write_bytes(DATA)
    with open(tmp_path / "source", "rb") as file:
        file.read(7)
        assert digest_of(file.fileno()) == (sha256(DATA).hexdigest(), len(DATA))
