"""The multi-writer log: whole frames from many processes, torn ones stepped over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from wandb.runlog.spool import MARK, RECORD, Spool, SpoolReader, frame


def read_all(path: Path) -> List[Tuple[int, bytes]]:
    return list(SpoolReader(str(path)).frames())


def test_append__eight_processes_at_once__keeps_every_frame(tmp_path: Path) -> None:
    """One write on an O_APPEND descriptor is all the locking there is."""
    path = tmp_path / "x.spool"
    children = []
    for writer in range(8):
        pid = os.fork()
        if pid == 0:
            spool = Spool(str(path))
            for n in range(500):
                spool.append(RECORD, b"%d:%d:" % (writer, n) + b"x" * (n % 300))
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    frames = [payload.split(b":")[:2] for _, payload in read_all(path)]
    for writer in range(8):
        assert [int(n) for w, n in frames if int(w) == writer] == list(range(500))


def test_frames__torn_frame_in_the_middle__is_skipped_and_counted(tmp_path: Path) -> None:
    """A full disk tears a frame that nobody may cut off."""
    path = tmp_path / "x.spool"
    torn = frame(RECORD, b"lost" * 50)[:40]
    path.write_bytes(frame(RECORD, b"a") + torn + frame(RECORD, b"b"))
    reader = SpoolReader(str(path))
    assert [payload for _, payload in reader.frames()] == [b"a", b"b"]
    assert reader.skipped_bytes == len(torn)


def test_frames__torn_frame_at_the_end__is_waited_for(tmp_path: Path) -> None:
    """The end may be on its way."""
    path = tmp_path / "x.spool"
    whole = frame(RECORD, b"later")
    path.write_bytes(frame(RECORD, b"a") + whole[:-2])
    reader = SpoolReader(str(path))
    assert len(list(reader.frames())) == 1
    with open(path, "ab") as file:
        file.write(whole[-2:])
    assert [payload for _, payload in reader.frames()] == [b"later"]
    assert reader.skipped_bytes == 0


def test_frames__huge_frame_torn__does_not_hide_small_ones_behind_it(tmp_path: Path) -> None:
    """Its length says more than will ever come."""
    path = tmp_path / "x.spool"
    path.write_bytes(frame(RECORD, b"x" * 5_000_000)[:1000] + frame(RECORD, b"small"))
    assert [payload for _, payload in read_all(path)] == [b"small"]


@settings(deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), st.just(MARK)), max_size=6), st.binary(max_size=40))
def test_frames__garbage_and_marks_in_payloads__never_hide_a_frame(
    tmp_path_factory: object, payloads: List[bytes], garbage: bytes
) -> None:
    """A payload may hold anything, a mark too."""
    path = tmp_path_factory.mktemp("spool") / "x.spool"  # type: ignore[attr-defined]
    path.write_bytes(b"".join(garbage.replace(MARK, b"") + frame(RECORD, payload) for payload in payloads))
    assert [payload for _, payload in read_all(path)] == payloads


def test_frames__no_file__is_empty(tmp_path: Path) -> None:
    """A run without children has no spool."""
    assert read_all(tmp_path / "none.spool") == []
