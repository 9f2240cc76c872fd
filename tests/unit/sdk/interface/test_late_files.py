"""Which files `log` writes by itself, which ones wait, and how much memory they may take."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import List

import pytest

from tests.interruption import interrupted_everywhere
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


def test_bring__to_a_disk_that_refuses__has_the_file_step_aside(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records behind it go on; it is said, once, and the file is tried again when the disk takes another one."""
    monkeypatch.setattr(late_files, "_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(late_files, "monotonic", lambda: 0.0)  # else a busy machine is a disk that takes long to refuse
    line.deliver("a", 1, is_slow=True)
    line.deliver("b", 1, is_slow=True)
    media = line.folder / "media"
    media.write_text("in the way")
    for file in tuple(line.put_off):
        line.late.bring(file)
    assert line.late.aside() == line.put_off and "media/a can't be written" in line.news.waiting.pop()
    assert not line.news.waiting
    media.unlink()
    line.deliver("c", 1)  # by itself: nobody waits
    for _ in range(2):
        assert [file.name for file in line.put_off[2:]] == ["media/a", "media/b"][: len(line.put_off) - 2]
        line.late.bring(line.put_off[-1])
    assert line.there() == ["a", "b", "c"] and not line.late.are_waiting()


def test_bring__to_a_disk_that_takes_long_to_refuse__leaves_it_alone_for_as_long(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that many files don't hold the records one after the other."""
    now, tried = [0.0], []

    def refuse(file: Delivery, _: float) -> bool:
        tried.append(file.name)
        now[0] += 20.0
        raise OSError(errno.EIO, "after a while")

    monkeypatch.setattr(late_files, "monotonic", lambda: now[0])
    monkeypatch.setattr(Delivery, "go_on", refuse)
    for name in "abc":
        line.deliver(name, 1, is_slow=True)
    for file in tuple(line.put_off):
        line.late.bring(file)
    assert tried == ["media/a"] and line.late.aside() == line.put_off
    now[0] += 21.0
    line.late.bring(line.put_off[1])
    assert tried == ["media/a", "media/b"]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "no"), MemoryError()])
def test_end__of_a_disk_that_still_refuses__gives_files_up(
    line: Line, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """After one more try; whatever went wrong, it is said in one sentence and their memory is free."""

    def refuse(*_: object) -> bool:
        raise error

    line.deliver("a", 1, is_slow=True)
    line.deliver("b", 1, is_slow=True)
    monkeypatch.setattr(Delivery, "go_on", refuse)
    line.late.bring(line.put_off[0])
    line.news.waiting.clear()
    assert line.late.end() == line.put_off[:1]
    for file in line.put_off:
        line.late.bring(file)
    line.late.tell_given_up()
    line.late.tell_given_up()
    (said,) = line.news.waiting
    assert "media/a and 1 other files could not be written" in said and not line.late.are_waiting()


def test_deliver__to_a_folder_that_was_moved__follows_it(line: Line) -> None:
    """Those that wait, and those that come."""
    new = line.folder.parent / "moved" / "files"
    line.late = LateFiles(line.put_off.append, line.news, lambda file: file.move_to(str(new)))
    line.folder = line.folder.parent / "run" / "files"
    line.deliver("a", 1, is_slow=True)
    new.mkdir(parents=True)
    line.deliver("b", 1)
    line.late.bring(line.put_off[0])
    assert sorted(os.listdir(new / "media")) == ["a", "b"]


def test_deliver__interrupted_anywhere__keeps_no_file_for_ever(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a time limit leaves in memory is brought when the disk takes the next one."""
    monkeypatch.setattr(late_files, "LIMIT_BYTES", 1 << 20)
    number = 0

    def limit(*_: object) -> None:
        raise TimeoutError

    def body() -> None:
        line.deliver(str(number), 1, is_slow=True)

    def bring_all() -> None:
        while line.put_off:
            line.late.bring(line.put_off.pop())

    for _ in interrupted_everywhere([late_files], lambda: None, body, limit):
        number += 1
        bring_all()
    bring_all()
    line.deliver("last", 1)
    bring_all()
    assert not line.late.are_waiting()
    assert not [name for name in line.there() if name.endswith(".part")]
