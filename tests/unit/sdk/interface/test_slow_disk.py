"""The thread that brings records to a disk that is slow, and when it is done."""

from __future__ import annotations

import threading
from typing import List, Tuple

import pytest

from wandb.runlog.spool import RECORD
from wandb.sdk.interface import slow_disk
from wandb.sdk.interface.backlog import Backlog
from wandb.sdk.interface.slow_disk import SlowDisk

LIMIT = 10.0


class Disk:
    """Writes when it may; the first so many writes fail."""

    def __init__(self, failures: int = 0) -> None:
        self.backlog = Backlog()
        self.lock = threading.RLock()
        self.written: List[bytes] = []
        self.over = threading.Event()
        self.may_write = threading.Event()
        self.writes = threading.Event()
        self.failures = failures

    def write(self, _: int, record_body: bytes) -> None:
        self.writes.set()
        self.may_write.wait(LIMIT)
        if self.failures:
            self.failures -= 1
            raise OSError("not now")
        self.written.append(record_body)

    def slow(self) -> SlowDisk:
        return SlowDisk(self.backlog, self.lock, self.write, self.over.set)

    def keep(self, *bodies: bytes) -> None:
        with self.lock:
            for record_body in bodies:
                self.backlog.keep(RECORD, record_body)


def test_slow_disk__nothing_to_write_yet__waits_to_see_a_quick_write() -> None:
    """The disk is not known to be well before that, and the next call would be held again."""
    disk = Disk()
    slow = disk.slow()
    disk.may_write.set()
    assert not disk.over.wait(0.05)
    disk.keep(b"a", b"b")
    assert slow.takes_it()
    assert disk.over.wait(LIMIT) and disk.written == [b"a", b"b"]


def test_slow_disk__that_refuses__tries_the_same_record_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes meanwhile stays behind it."""
    disk = Disk(failures=1)
    monkeypatch.setattr(slow_disk, "_RETRY_SECONDS", 0.01)
    disk.keep(b"a")
    slow = disk.slow()
    assert disk.writes.wait(LIMIT)
    disk.keep(b"b")
    disk.may_write.set()
    assert slow.end(LIMIT) and disk.written == [b"a", b"b"] and disk.over.is_set()


def test_slow_disk__that_is_quick_again__is_given_back_to_the_next_call() -> None:
    """Its thread writes one record each time that it gets to run, and a busy program makes thousands meanwhile."""
    disk = Disk()
    disk.keep(b"a", b"b")
    slow = disk.slow()
    assert disk.writes.wait(LIMIT)
    with disk.lock:
        assert slow.takes_it()
        disk.may_write.set()
        assert slow._has_written.wait(LIMIT)
        disk.keep(b"c")
        taken = [] if slow.takes_it() else [disk.backlog.take(), disk.backlog.take()]
    assert slow.end(LIMIT) and not disk.over.is_set()
    assert disk.written == [b"a"] and taken == [(RECORD, b"b"), (RECORD, b"c")]


def test_slow_disk__with_files__is_never_given_back_nor_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may take it long, however quick the records are between them."""
    disk = Disk()
    disk.keep(b"a")
    slow = disk.slow()
    assert disk.writes.wait(LIMIT)
    with disk.lock:
        disk.backlog.keep_file(b"file")
        disk.may_write.set()
        assert slow._has_written.wait(LIMIT)
        assert slow.takes_it() and not slow.holds_records()  # a record was quick, and a file comes
        disk.writes.clear()
        disk.may_write.clear()
    assert disk.writes.wait(LIMIT)
    monkeypatch.setattr(slow._has_written, "wait", lambda _: pytest.fail("a call waits"))
    with disk.lock:
        disk.keep(b"b")
        assert slow.takes_it() and disk.backlog.files == 0  # it is being written
    disk.may_write.set()
    assert slow.end(LIMIT) and disk.written == [b"a", b"file", b"b"]


def test_slow_disk__at_the_end__is_waited_for_within_the_limit() -> None:
    """The lock is free meanwhile: nobody else is held."""
    disk = Disk()
    disk.keep(b"a")
    slow = disk.slow()
    assert disk.writes.wait(LIMIT)
    assert not slow.end(0.01) and disk.lock.acquire(False)
    disk.lock.release()
    disk.may_write.set()
    assert slow.end(LIMIT) and disk.written == [b"a"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_slow_disk__whose_thread_fails__gives_everything_back() -> None:
    """Nobody else would ever write it."""
    disk = Disk()
    disk.keep(b"a", b"b")

    def fail(*_: object) -> None:
        raise MemoryError

    slow = SlowDisk(disk.backlog, disk.lock, fail, disk.over.set)
    assert disk.over.wait(LIMIT) and slow.end(LIMIT) and not slow.takes_it()
    assert [disk.backlog.take(), disk.backlog.take()] == [(RECORD, b"a"), (RECORD, b"b")]


def test_slow_disk__that_refuses_at_the_end__is_not_waited_for_as_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few tries, and what is left is its caller's."""
    monkeypatch.setattr(slow_disk, "_RETRY_SECONDS", 0.01)
    disk = Disk(failures=1_000_000)
    disk.keep(b"a", b"b")
    disk.may_write.set()
    slow = disk.slow()
    assert slow.end(LIMIT) and disk.over.is_set() and disk.written == []
    assert [disk.backlog.take(), disk.backlog.take()] == [(RECORD, b"a"), (RECORD, b"b")]


def test_backlog__record_put_back__is_the_first_again() -> None:
    """And counts for the bound, like before."""
    backlog = Backlog(limit=10)
    backlog.keep(RECORD, b"12345")
    backlog.keep(RECORD, b"6789")
    taken: Tuple[int, bytes] | None = backlog.take()
    assert taken == (RECORD, b"12345") and len(backlog) == 1
    backlog.put_back(taken)
    backlog.keep(RECORD, b"too much")
    assert backlog.dropped == 1 and [backlog.take(), backlog.take(), backlog.take()] == [taken, (RECORD, b"6789"), None]
