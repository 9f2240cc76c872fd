"""The public block format: what is written is read, whatever happens to the end or the middle of the file."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wandb.errors import CorruptLog
from wandb.runlog.log_reader import LogReader
from wandb.runlog.transaction_log import BLOCK, TransactionLog, frame

SIZES = st.one_of(st.integers(0, 100), st.integers(32_700, 32_800), st.integers(60_000, 140_000))


def read_all(path: Path) -> List[bytes]:
    return list(LogReader(str(path)).records())


@settings(deadline=None, max_examples=60)
@given(st.lists(SIZES, max_size=12))
def test_append__records_of_any_size__are_read_back(tmp_path_factory: pytest.TempPathFactory, sizes: List[int]) -> None:
    """Block borders fall anywhere in a record."""
    path = tmp_path_factory.mktemp("log") / "run.wandb"
    payloads = [bytes([n % 251]) * size for n, size in enumerate(sizes)]
    log = TransactionLog.create(str(path))
    for payload in payloads:
        log.append(payload)
    log.close()
    assert read_all(path) == payloads


@pytest.mark.parametrize("left", range(9))
def test_frame__few_bytes_left_in_a_block__pads_or_splits(tmp_path: Path, left: int) -> None:
    """Fewer than 7 bytes are zero padding, exactly 7 hold an empty first chunk."""
    path = tmp_path / "run.wandb"
    log = TransactionLog.create(str(path))
    log.append(b"x" * (BLOCK - log.end - 7 - left))
    assert BLOCK - log.end % BLOCK == (left or BLOCK)
    log.append(b"second")
    log.close()
    assert read_all(path)[1] == b"second"
    if 0 < left < 7:
        assert path.read_bytes()[BLOCK - left : BLOCK] == bytes(left)


def test_frame__one_record__has_the_documented_bytes() -> None:
    """The format is public: little endian CRC-32 of type and payload, length, type."""
    assert frame(b"abc", 7) == zlib.crc32(b"\x01abc").to_bytes(4, "little") + b"\x03\x00\x01abc"


def test_records__file_cut_anywhere__gives_all_records_before(tmp_path: Path) -> None:
    """A node can die between any two bytes."""
    path, payloads = tmp_path / "run.wandb", [b"a" * 10, b"b" * 33_000, b"c" * 5]
    log = TransactionLog.create(str(path))
    ends = []
    for payload in payloads:
        log.append(payload)
        ends.append(log.end)
    log.close()
    whole = path.read_bytes()
    for cut in [*range(60), *range(32_700, 32_800), *range(len(whole) - 30, len(whole) + 1)]:
        path.write_bytes(whole[:cut])
        assert read_all(path) == [p for p, end in zip(payloads, ends) if end <= cut], cut


def test_records__growing_file__continues_where_it_was(tmp_path: Path) -> None:
    """A follower reads while the creator writes, also a record that is half there."""
    path = tmp_path / "run.wandb"
    log = TransactionLog.create(str(path))
    log.append(b"one")
    reader = LogReader(str(path))
    assert list(reader.records()) == [b"one"]
    second = frame(b"two", log.end)
    with open(path, "ab") as file:
        file.write(second[:5])
        file.flush()
        assert list(reader.records()) == []
        file.write(second[5:])
    assert list(reader.records()) == [b"two"]
    assert reader.damage == []


@pytest.mark.parametrize("place", [0, 4, 5, 6, 7, 150, 300])
@pytest.mark.parametrize("record", [0, 30, 108, 109, 150, 198])
def test_records__a_byte_damaged__costs_one_record_and_is_said(tmp_path: Path, record: int, place: int) -> None:
    """Neither what is before it nor what is behind it, in the same block or in later ones; also a wrong length."""
    path = tmp_path / "run.wandb"
    log = TransactionLog.create(str(path))
    begins = []
    for n in range(200):
        begins.append(log.end)
        log.append(b"%03d" % n * 100)
    log.close()
    data = bytearray(path.read_bytes())
    data[begins[record] + place] ^= 0xFF if place in (5, 6) else 1
    path.write_bytes(data)
    reader = LogReader(str(path))
    assert [int(payload[:3]) for payload in reader.records()] == [n for n in range(200) if n != record]
    assert [offset for offset, _ in reader.damage] == [begins[record]]
    assert reader.offset == log.end


def test_records__foreign_file__is_an_error(tmp_path: Path) -> None:
    """A newer or another format is not silently an empty run."""
    path = tmp_path / "run.wandb"
    path.write_bytes(b"something else")
    with pytest.raises(CorruptLog):
        read_all(path)


def test_reopen__torn_end__is_cut_off_before_the_next_record(tmp_path: Path) -> None:
    """The fold goes on where the creator was killed."""
    path = tmp_path / "run.wandb"
    log = TransactionLog.create(str(path))
    log.append(b"whole")
    log.close()
    with open(path, "ab") as file:
        file.write(frame(b"never finished", log.end)[:-3])
    again = TransactionLog.reopen(str(path), log.end)
    again.append(b"next")
    again.close()
    assert read_all(path) == [b"whole", b"next"]


def test_append__write_cut_short_by_a_size_limit__leaves_the_log_whole(tmp_path: Path) -> None:
    """A full disk takes a part of a record; what follows must not be hidden by it."""
    resource = pytest.importorskip("resource")
    import signal

    path = tmp_path / "run.wandb"
    log = TransactionLog.create(str(path))
    log.append(b"before")
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.end + 20, before[1]))
        with pytest.raises(OSError):
            log.append(b"x" * 100)
        assert os.path.getsize(path) == log.end + 20
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    log.append(b"after")
    log.close()
    assert read_all(path) == [b"before", b"after"]


def test_create__existing_file__is_refused(tmp_path: Path) -> None:
    """Two runs never share a log."""
    TransactionLog.create(str(tmp_path / "run.wandb")).close()
    with pytest.raises(FileExistsError):
        TransactionLog.create(str(tmp_path / "run.wandb"))


def test_records__read_while_they_are_written_in_pieces__come_whole_and_once(tmp_path: Path) -> None:
    """A reader may see a part of a record, and when it looks again that one's end and the next ones."""
    import threading

    path = tmp_path / "run.wandb"
    log = TransactionLog.create(str(path))
    data = bytearray()
    for n in range(3000):
        data += frame(b"%04d" % n * 60, log.end + len(data))
    reader, read = LogReader(str(path)), []

    def write() -> None:
        with open(path, "ab", buffering=0) as file:
            for start in range(0, len(data), 333):
                file.write(data[start : start + 333])

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive() or reader.offset < log.end + len(data):
        read += [int(payload[:4]) for payload in reader.records()]
    writer.join()
    log.close()
    assert read == list(range(3000)) and reader.damage == []
