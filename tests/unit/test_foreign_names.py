"""Names that somebody else has chosen: what they may lead to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wandb.errors import ArgumentValueError
from wandb.foreign_names import place_below, place_to_read


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../../x", "/etc/passwd", "a\0b"])
def test_name__that_leads_out__is_neither_written_nor_read(tmp_path: Path, name: str) -> None:
    """Whatever is there."""
    for place in (place_below, place_to_read):
        with pytest.raises(ArgumentValueError):
            place(str(tmp_path), name)


@pytest.mark.parametrize("name", ["a", "a/b.txt", "..a", "a..b/c", ".git/config"])
def test_name__of_the_run__is_read(tmp_path: Path, name: str) -> None:
    """Programs save what they like of their own."""
    assert place_to_read(str(tmp_path), name) == str(tmp_path / name)


def test_link__of_the_user__is_followed(tmp_path: Path) -> None:
    """Upstream's client saves files by links."""
    (tmp_path / "files").mkdir()
    os.symlink(tmp_path, tmp_path / "files" / "link")
    assert place_to_read(str(tmp_path / "files"), "link/x") == str(tmp_path / "files/link/x")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_link__of_another_user__is_not_followed(tmp_path: Path) -> None:
    """In a run folder of somebody else's it could lead to any file that only this user may read."""
    (tmp_path / "files").mkdir()
    os.symlink(tmp_path, tmp_path / "files" / "link")
    os.lchown(tmp_path / "files" / "link", 12345, 12345)
    with pytest.raises(ArgumentValueError, match="another user's link"):
        place_to_read(str(tmp_path / "files"), "link/x")
