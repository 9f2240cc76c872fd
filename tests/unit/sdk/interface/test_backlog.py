"""What a disk that takes nothing may make us hold."""

from __future__ import annotations

from typing import List

from wandb.runlog.spool import FINISH, RECORD
from wandb.sdk.interface.backlog import Backlog
from wandb.wire.encode import body, moment_field, output_body

ROW = body("history", b"x" * 90)
TEXT = output_body(True, moment_field(0), b"y" * 80)


def kept(backlog: Backlog) -> List[bytes]:
    found = []
    while backlog:
        found.append(backlog.first()[1])
        backlog.drop_first()
    return found


def test_keep__over_the_bound__is_counted_and_the_older_ones_stay() -> None:
    """Bounded memory; and the last word of the run always finds room."""
    backlog = Backlog(limit=10 * len(ROW))
    for _ in range(25):
        backlog.keep(RECORD, ROW)
    backlog.keep(FINISH, ROW)
    assert (len(backlog), backlog.dropped) == (11, 15)
    assert kept(backlog) == [ROW] * 11


def test_keep__rows_when_text_has_filled_it__the_newest_text_goes_first() -> None:
    """A night's metrics are worth more than what a loop printed."""
    backlog = Backlog(limit=200 * len(TEXT))
    texts = [output_body(True, moment_field(0), b"%080d" % number) for number in range(300)]
    for number, text in enumerate(texts):
        backlog.keep(RECORD, text)
        if number == 150:
            backlog.keep(RECORD, ROW)
    dropped = backlog.dropped
    assert dropped >= 100
    for _ in range(50):
        backlog.keep(RECORD, ROW)
    found = kept(backlog)
    assert found.count(ROW) == 51
    left = [text for text in found if text != ROW]
    assert left == texts[: len(left)] and 100 < len(left) < 151
    assert backlog.dropped == 300 - len(left)


def test_keep__rows_only__cost_no_search_for_text() -> None:
    """Over the bound each call is as quick as the first; and an emptied backlog is a new one."""
    backlog = Backlog(limit=5 * len(ROW))
    for _ in range(3):
        for _ in range(8):
            backlog.keep(RECORD, ROW)
        assert kept(backlog) == [ROW] * 5
    assert backlog.dropped == 9


def test_keep__a_row_that_never_fits__takes_no_text_with_it() -> None:
    """Only what helps is dropped."""
    backlog = Backlog(limit=10 * len(TEXT))
    for _ in range(9):
        backlog.keep(RECORD, TEXT)
    backlog.keep(RECORD, ROW * 1000)
    assert (len(backlog), backlog.dropped) == (9, 1)
