"""Which files `log` writes by itself, which ones wait, and how much memory they may take."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import List

import pytest

from wandb.sdk.interface import late_files
from wandb.sdk.interface.disk_news import DiskNews
from wandb.sdk.interface.late_files import LateFiles
from wandb.sdk.lib.delivery import Delivery


class Line:
    """What has been put off, for the test to bring; `said` is what a person would read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self.folder.mkdir()
        self.put_off: List[Delivery] = []
        self.news = DiskNews(pytest.fail)
        self.late = LateFiles(self.put_off.append, self.news)

    def file(self, name: str, size: int) -> Delivery:
        return Delivery(b"x" * size, str(self.folder), lambda _: f"media/{name}", "hash")

    def deliver(self, name: str, size: int, is_slow: bool = False) -> None:
        self.late.deliver(self.file(name, size), is_slow)

    def there(self) -> List[str]:
        return sorted(os.listdir(self.folder / "media"))


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(late_files, "LIMIT_BYTES", 10)
    return Line(tmp_path)


def test_deliver__on_a_disk_that_is_well__writes_at_once(line: Line) -> None:
    """Whatever size it has."""
    line.deliver("small", 3)
    line.deliver("large", 3 << 20)
    assert line.there() == ["large", "small"] and line.put_off == []


def test_deliver__while_records_wait__puts_off_what_memory_has_room_for(line: Line) -> None:
    """The call that brings one too many writes its file by itself."""
    line.deliver("a", 6, is_slow=True)
    line.deliver("b", 4, is_slow=True)
    line.deliver("c", 1, is_slow=True)
    assert [file.name for file in line.put_off] == ["media/a", "media/b"] and line.there() == ["c"]
    line.late.bring(line.put_off[0])
    line.deliver("d", 6, is_slow=True)
    assert len(line.put_off) == 3 and line.there() == ["a", "c"]


def test_deliver__of_a_file_that_takes_long__leaves_the_rest_of_it(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next one as a whole, until one was quick."""
    monkeypatch.setattr(late_files, "LIMIT_BYTES", 10 << 20)
    monkeypatch.setattr(late_files, "PATIENCE_SECONDS", -1.0)
    line.deliver("a", 3 << 20)
    (part,) = line.there()
    assert part.endswith(".part") and (line.folder / "media" / part).stat().st_size == 1 << 20
    monkeypatch.setattr(late_files, "PATIENCE_SECONDS", 60.0)
    line.deliver("b", 1)
    assert line.there() == [part] and len(line.put_off) == 2
    line.late.bring(line.put_off[0])
    line.deliver("c", 1)
    assert line.there() == ["a", "c"] and (line.folder / "media" / "a").stat().st_size == 3 << 20


def test_deliver__of_a_user_s_file_while_records_wait__takes_it_into_memory(line: Line, tmp_path: Path) -> None:
    """Its name is known then, too."""
    path = tmp_path / "users"
    path.write_bytes(b"content")
    file = Delivery(str(path), str(line.folder), lambda sha256: f"media/{sha256[:3]}")
    line.late.deliver(file, True)
    path.write_bytes(b"other")
    assert file.name == "media/ed7" and file.size == 7
    line.late.bring(file)
    assert (line.folder / "media" / "ed7").read_bytes() == b"content"


def test_deliver__to_a_disk_that_hangs_with_memory_full__fails(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say how long it would hold the program."""
    line.deliver("a", 10, is_slow=True)
    monkeypatch.setattr(late_files, "_HANGS_SECONDS", -1.0)
    with pytest.raises(OSError, match="hangs") as caught:
        line.deliver("b", 1, is_slow=True)
    assert caught.value.errno == errno.ETIMEDOUT


def test_bring__to_a_disk_that_refuses__gives_a_file_up_after_some_tries(line: Line) -> None:
    """The records behind it must not wait for ever; it is said."""
    line.deliver("a", 1, is_slow=True)
    (line.folder / "media").write_text("in the way")
    for _ in range(2):
        with pytest.raises(OSError):
            line.late.bring(line.put_off[0])
    line.late.bring(line.put_off[0])
    assert "media/a could not be written" in line.news.waiting.pop()
    line.deliver("b", 10, is_slow=True)  # its memory is free again
    assert len(line.put_off) == 2
