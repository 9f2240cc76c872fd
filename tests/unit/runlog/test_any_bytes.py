"""Logs that hold any bytes: data up to the damage and behind it, no exception, and work that grows with the file only."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings

from tests.damage import EXAMPLES, any_bytes
from wandb.errors import CorruptLog
from wandb.runlog import spool
from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.spool import FRAME_OVERHEAD, MARK, RECORD, SpoolReader
from wandb.runlog.tail import Tail
from wandb.runlog.transaction_log import BLOCK, FILE_HEADER, frame
from wandb.sync.completion import finalize

# One of them goes over several blocks.
PAYLOADS = [b"first", b"x" * 70_000, b"", b"y" * 200, b"last"]


def log_bytes() -> bytes:
    data = FILE_HEADER
    for payload in PAYLOADS:
        data += frame(payload, len(data))
    return data


def spool_bytes() -> bytes:
    return b"".join(spool.frame(RECORD, payload) for payload in PAYLOADS)


def same_beginning(first: bytes, second: bytes) -> int:
    return next((place for place, (one, other) in enumerate(zip(first, second)) if one != other), min(len(first), len(second)))


class CountedFile:
    """A file whose reader's work is counted, in bytes; the time that it takes says nothing on a busy machine."""

    bytes_read = 0

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> CountedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int) -> bytes:
        data = bytes(self._file.read(size))
        CountedFile.bytes_read += len(data)
        return data


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both readers open CountedFile."""
    CountedFile.bytes_read = 0
    for module in ("spool", "log_reader"):
        name = f"wandb.runlog.{module}.open"
        monkeypatch.setattr(name, lambda *args, **options: CountedFile(open(*args, **options)), raising=False)  # noqa: SIM115


@settings(max_examples=4 * EXAMPLES, suppress_health_check=list(HealthCheck))
@given(any_bytes(log_bytes()))
def test_log__any_bytes__gives_everything_before_the_damage(data: bytes) -> None:
    """Each record whose bytes are there comes, in its order, and nothing that was never written."""
    whole = log_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run-x.wandb")
        Path(path).write_bytes(data)
        reader = LogReader(path)
        try:
            found = list(reader.records())
        except CorruptLog:
            assert not data.startswith(FILE_HEADER)
            return
        end, undamaged = len(FILE_HEADER), 0
        for payload in PAYLOADS:
            end += len(frame(payload, end))
            undamaged += end <= same_beginning(data, whole)
        assert found[:undamaged] == PAYLOADS[:undamaged]
        assert list(reader.records()) == []
        assert reader.offset <= len(data)


@settings(max_examples=4 * EXAMPLES, suppress_health_check=list(HealthCheck))
@given(any_bytes(spool_bytes()))
def test_spool__any_bytes__gives_everything_before_the_damage(data: bytes) -> None:
    """The same, for the log with many writers."""
    whole = spool_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.spool")
        Path(path).write_bytes(data)
        reader = SpoolReader(path)
        found = [payload for _, payload in reader.frames()]
        end, undamaged = 0, 0
        for payload in PAYLOADS:
            end += FRAME_OVERHEAD + len(payload)
            undamaged += end <= same_beginning(data, whole)
        assert found[:undamaged] == PAYLOADS[:undamaged]
        assert list(reader.frames()) == []


@pytest.mark.parametrize("data", [b"", b":W", b"garbage that is no log", FILE_HEADER, FILE_HEADER + bytes(100_000)])
def test_finalize__log_without_a_record__is_said_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    """Never a traceback."""
    layout = RunLayout(str(tmp_path), "x")
    os.makedirs(layout.files_dir)
    os.makedirs(layout.logs_dir)
    Path(layout.transaction_log).write_bytes(data)
    told = finalize(str(tmp_path))
    assert len(told.splitlines()) == (1 if data.startswith(b"garbage") else 0)


def test_log__zeros_behind_the_last_record__are_passed_over_at_once(tmp_path: Path, counted: None) -> None:
    """What a power loss leaves: the file's length, but not its bytes. Followed live, each look reads them once."""
    path = tmp_path / "run-x.wandb"
    path.write_bytes(log_bytes() + bytes(3_000_000))
    reader = LogReader(str(path))
    assert list(reader.records()) == PAYLOADS
    assert CountedFile.bytes_read < 4_000_000


def test_log__records_that_all_lead_into_a_broken_one__are_each_given_up_at_once(tmp_path: Path, counted: None) -> None:
    """Hundreds of beginnings, one inside the other, share a megabyte of middle pieces and no end."""
    chunk = b""
    for _ in range(300):
        chunk = struct.pack("<IHB", crc32(chunk, crc32(b"\x02")), len(chunk), 2) + chunk
    data = FILE_HEADER + frame(b"x" * (BLOCK - len(FILE_HEADER) - 7 - len(chunk)), len(FILE_HEADER))
    piece = b"m" * (BLOCK - 7)
    middle = struct.pack("<IHB", crc32(piece, crc32(b"\x03")), len(piece), 3) + piece
    data += chunk
    assert len(data) == BLOCK
    data += middle * 30 + b"broken" + bytes(BLOCK)
    path = tmp_path / "run-x.wandb"
    path.write_bytes(data)
    list(LogReader(str(path)).records())
    assert CountedFile.bytes_read < 50 * len(data)


def test_spool__garbage_without_a_mark__is_read_once(tmp_path: Path, counted: None) -> None:
    """And not held: frames behind it come."""
    path = tmp_path / "x.spool"
    path.write_bytes(spool.frame(RECORD, b"a") + bytes(8_000_000) + spool.frame(RECORD, b"b"))
    reader = SpoolReader(str(path))
    assert [payload for _, payload in reader.frames()] == [b"a", b"b"]
    assert reader.skipped_bytes == 8_000_000 and CountedFile.bytes_read < 9_000_000


def test_spool__thousands_of_marks_that_claim_megabytes__cost_a_bounded_number_of_checksums(
    tmp_path: Path, counted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each length reaches to the end of the file; checked one by one, they would cost its square."""
    monkeypatch.setattr(spool, "_MOST_IN_VAIN", 1 << 24)
    size, head = 2_000_000, FRAME_OVERHEAD
    data = bytearray()
    while len(data) < size:
        data += MARK + struct.pack("<BI", RECORD, size - len(data) - head) + b"crc!" + bytes(100)
    data += spool.frame(RECORD, b"behind")
    path = tmp_path / "x.spool"
    path.write_bytes(data)
    assert [payload for _, payload in SpoolReader(str(path)).frames()] == [b"behind"]
    assert CountedFile.bytes_read < (1 << 24) + 100 * size


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 100_000_000])
def test_spool__frame_that_claims_gigabytes__is_read_no_further_than_the_file(
    tmp_path: Path, counted: None, length: int
) -> None:
    """A length claims nothing."""
    path = tmp_path / "x.spool"
    path.write_bytes(MARK + struct.pack("<BI", RECORD, length) + b"crc!" + bytes(1000) + spool.frame(RECORD, b"behind"))
    assert [payload for _, payload in SpoolReader(str(path)).frames()] == [b"behind"]
    assert CountedFile.bytes_read < 20_000


def test_fold__torn_end__is_told_once(tmp_path: Path) -> None:
    """Whoever completes the run says what was cut off; who opens it later finds a whole log."""
    layout = RunLayout(str(tmp_path), "x")
    os.makedirs(layout.files_dir)
    os.makedirs(layout.logs_dir)
    whole = FILE_HEADER + frame(b"", len(FILE_HEADER))
    Path(layout.transaction_log).write_bytes(whole + frame(b"torn", len(whole))[:-2])
    assert finalize(str(tmp_path)) == ""
    assert "9 bytes" in Path(layout.closing_report).read_text(encoding="utf-8")
    tail = Tail(layout)
    assert len(list(tail.step())) and tail.damage() == []
