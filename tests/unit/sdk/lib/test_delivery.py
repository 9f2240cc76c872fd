"""One file on its way to its place: what is left of it when something comes between."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

import pytest

from tests.interruption import interrupted_everywhere
from wandb import descriptors
from wandb.sdk.lib import delivery
from wandb.sdk.lib.delivery import Delivery


def limit(*_: object) -> None:
    raise TimeoutError


@pytest.mark.parametrize("kind", ["content", "users_file"])
def test_go_on__interrupted_anywhere__leaves_no_part_and_no_open_file(tmp_path: Path, kind: str) -> None:
    """A time limit in a loop, in a process with a limit of open files."""
    users, media = tmp_path / "users", tmp_path / "files" / "media"
    users.write_bytes(b"content")
    media.mkdir(parents=True)
    made: List[str] = []

    def body() -> None:
        source = b"content" if kind == "content" else str(users)
        Delivery(source, str(media.parent), lambda _: f"media/{len(made)}", "hash" if kind == "content" else "").go_on(
            1.0
        )

    body()
    before = len(os.listdir("/proc/self/fd"))
    for raised in interrupted_everywhere([delivery, descriptors], lambda: made.append(""), body, limit):
        assert raised
    assert len(made) > 20 and len(os.listdir("/proc/self/fd")) == before
    assert not list(media.glob(".*")) and {path.read_bytes() for path in media.iterdir()} == {b"content"}


def test_move_to__of_half_a_file__begins_again_in_the_other_folder(tmp_path: Path) -> None:
    """The half one has moved with the folder."""
    old, new = tmp_path / "old" / "files", tmp_path / "new" / "files"
    old.mkdir(parents=True)
    file = Delivery(b"x" * (2 << 20), str(old), lambda _: "media/a")
    assert not file.go_on(0.0)
    old.parent.rename(new.parent)
    with pytest.raises(FileNotFoundError):
        file.go_on(1.0)
    assert file.move_to(str(new)) and not file.move_to(str(new))
    assert file.go_on(1.0) and os.listdir(new / "media") == ["a"] and not old.exists()
