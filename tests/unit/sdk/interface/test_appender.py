"""One process's end of the logs: order, line ends that are held back, a disk that refuses."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from time import monotonic
from typing import Callable, List

import pytest

from tests.interruption import interrupted_everywhere
from wandb.runlog.layout import RunLayout
from wandb.runlog.log_reader import LogReader
from wandb.runlog.spool import FINISH, RECORD, SpoolReader
from wandb.runlog.transaction_log import TransactionLog
from wandb.sdk.interface import appender as appender_module
from wandb.sdk.interface import late_files
from wandb.sdk.interface.appender import Appender
from wandb.sdk.interface.source import Source
from wandb.sdk.lib.delivery import Delivery
from wandb.wire.decode import decode
from wandb.wire.encode import body, encode


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return RunLayout(str(tmp_path), "run1")


@pytest.fixture
def creator(layout: RunLayout) -> Appender:
    """The end of the process that called `init`."""
    log = TransactionLog.create(layout.transaction_log)
    return Appender(layout, log, warn=pytest.fail, source=Source(os.getpid(), True, "all"))


def texts(layout: RunLayout) -> List[str]:
    """The text of each record; of one that is none, its kind."""
    records = [decode(payload) for payload in LogReader(layout.transaction_log).records()]
    numbers = [record.num for record in records]
    assert numbers == sorted(set(numbers)) and numbers[:1] == [1]
    return [record.output_raw.line or record.output_logger.line for record in records]


def other_record(appender: Appender) -> None:
    """Append one that is no console text."""
    appender.append(RECORD, body("output_logger", encode("OutputLoggerRecord", {"line": "other"})))


def row(appender: Appender) -> None:
    """Append one by the straight way of rows."""
    appender.append_row(body("output_logger", encode("OutputLoggerRecord", {"line": "row"})), monotonic())


def test_append_output__thread_behind_a_line_end__times_never_go_backwards(layout: RunLayout, creator: Appender) -> None:
    """Readers of the public format sort by them."""
    for _ in range(100):
        creator.append_output(True, "a")
        creator.append_output(True, "\n")
        thread = threading.Thread(target=creator.append_output, args=(True, "b"))
        thread.start()
        thread.join()
        creator.append_output(True, "\n")  # by itself, as `print()` writes it
        thread = threading.Thread(target=creator.append_output, args=(True, "c"))
        thread.start()
        thread.join()
    stamps = [decode(payload).output_raw.timestamp for payload in LogReader(layout.transaction_log).records()]
    times = [(stamp.seconds, stamp.nanos) for stamp in stamps]
    assert len(times) == 500 and times == sorted(times)


@pytest.mark.parametrize(
    "then, come",
    [
        (lambda it: it.append_output(True, "b"), ["\nb"]),
        (lambda it: it.append_output(False, "b"), ["\n", "b"]),
        (lambda it: it.append_output(True, "\n"), ["\n\n"]),
        (lambda it: it.append_output(True, ""), ["\n"]),
        (other_record, ["\n", "other"]),
        (lambda it: it.append_last(RECORD, body("output_logger", encode("OutputLoggerRecord", {"line": "end"})), 10.0), ["\n", "end"]),
    ],
    ids=["text", "text_of_the_other_stream", "another_end", "flush", "another_record", "the_last"],
)
def test_append_output__line_end_by_itself__comes_before_what_is_next(
    layout: RunLayout, creator: Appender, then: Callable[[Appender], None], come: List[str]
) -> None:
    """Half of the price of a print. No text that a person could see waits, and no order changes."""
    creator.append_output(True, "a")
    creator.append_output(True, "\n")
    assert texts(layout) == ["a"]
    then(creator)
    assert texts(layout) == ["a", *come]


def test_append_output__line_end_before_a_row__waits_for_the_next_text(layout: RunLayout, creator: Appender) -> None:
    """A loop that logs and prints pays for one record a line; a row has nothing to do with what is on a screen."""
    for text in ("a", "\n"):
        creator.append_output(True, text)
    row(creator)
    creator.append_output(True, "b")
    assert texts(layout) == ["a", "row", "\nb"]


def test_append_output__values_of_one_print__bring_what_is_between_them(layout: RunLayout, creator: Appender) -> None:
    """`print("a", 1)` writes five times."""
    for text in ("a", " ", "1", "\n", "b", "\n"):
        creator.append_output(True, text)
    assert texts(layout) == ["a", " 1", "\nb"]


def test_append_output__line_end_in_another_thread__does_not_wait(layout: RunLayout, creator: Appender) -> None:
    """Its text carries its name; and it pushes out what the main thread holds."""
    creator.append_output(True, "a")
    creator.append_output(True, "\n")
    thread = threading.Thread(target=creator.append_output, args=(True, "\n"))
    thread.start()
    thread.join()
    assert texts(layout) == ["a", "\n", "\n"]


def test_append_output__behind_a_text_that_another_thread_makes__keeps_its_order(layout: RunLayout, creator: Appender) -> None:
    """Where a disk stalls in another thread, a print leaves its text to that one; the line's end must not overtake it."""
    inside, go_on = threading.Event(), threading.Event()

    def stalls() -> None:
        inside.set()
        go_on.wait(10)

    thread = threading.Thread(target=creator._serial.run, args=(stalls,))
    thread.start()
    inside.wait(10)
    for text in ("a", "\n", "b"):
        creator.append_output(True, text)
    go_on.set()
    thread.join()
    creator.append_output(True, "\n")
    creator.append_output(True, "")
    assert "".join(texts(layout)) == "a\nb\n"


def test_append__behind_the_last__leaves_the_log_as_it_is(layout: RunLayout, creator: Appender) -> None:
    """A thread may be on its way when the run ends; the log may be folded by then."""
    creator.append_last(RECORD, body("output_logger", encode("OutputLoggerRecord", {"line": "end"})), 10.0)
    size = os.path.getsize(layout.transaction_log)
    creator.append_output(True, "late")
    other_record(creator)
    creator.append(FINISH, b"")
    assert os.path.getsize(layout.transaction_log) == size and not layout.spools()


def test_append_output__in_a_process_that_is_not_the_creator__holds_nothing(layout: RunLayout) -> None:
    """It may end at any moment, without a word."""
    child = Appender(layout, None, warn=pytest.fail, source=Source(os.getpid(), False, "all"))
    child.append_output(True, "a")
    child.append_output(True, "\n")
    frames = SpoolReader(layout.spool(os.uname().nodename)).frames()
    assert [decode(payload).output_raw.line for _, payload in frames] == ["a", "\n"]


def test_append_output__interrupted_anywhere_by_a_handler_that_prints_and_raises__loses_no_line(
    layout: RunLayout, creator: Appender
) -> None:
    """What was printed before stays, and the handler's own text too."""

    def handler(*_: object) -> None:
        creator.append_output(True, "handler")
        creator.append_output(True, "\n")
        raise TimeoutError

    def body_of_test() -> None:
        for number in (1, 2):
            creator.append_output(True, f"line {number}")
            printed.append(f"line {number}")
            creator.append_output(True, "\n")

    printed: List[str] = []
    times = 0
    for raised in interrupted_everywhere([appender_module], lambda: None, body_of_test, handler):
        assert raised
        times += 1
    creator.append_output(True, "")
    text = "".join(texts(layout))
    assert text.count("handler") == times > 20
    for line in ("line 1", "line 2"):
        assert text.count(line) >= printed.count(line) > 0
    assert "line 1line 2" not in text


def test_deliver__where_no_thread_can_be_started__keeps_files_before_records(
    layout: RunLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the interpreter's end, or at a limit of threads: a file that the disk refuses steps aside until then."""

    def refuses(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    said: List[str] = []
    log = TransactionLog.create(layout.transaction_log)
    creator = Appender(layout, log, warn=said.append, source=Source(os.getpid(), True, "all"))
    monkeypatch.setattr(threading.Thread, "start", refuses)
    monkeypatch.setattr(late_files, "PATIENCE_SECONDS", -1.0)
    media = Path(layout.run_dir, "files", "media")
    media.mkdir(parents=True)

    def deliver(name: str) -> None:
        creator.deliver(Delivery(b"x", str(media.parent), lambda _: f"media/{name}", "hash"), False)

    deliver("a")
    other_record(creator)
    assert os.listdir(media) == ["a"] and texts(layout) == ["other"]
    media.rename(media.with_name("moved"))
    media.write_text("in the way")
    deliver("b")
    row(creator)
    assert texts(layout) == ["other", "row"] and "media/b can't be written" in said[0]
    media.unlink()
    media.with_name("moved").rename(media)
    assert creator.append_last(RECORD, body("output_logger", encode("OutputLoggerRecord", {"line": "end"})), 10.0)
    assert sorted(os.listdir(media)) == ["a", "b"] and texts(layout) == ["other", "row", "end"] and len(said) == 1
