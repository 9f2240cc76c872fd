"""output.log: order, what can still change, and what is bounded."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wandb.sync import output
from wandb.sync.output import WINDOW_LINES, OutputLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


@pytest.fixture
def log(path: Path) -> Iterator[OutputLog]:
    log = OutputLog(str(path))
    yield log
    log.close()


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits, small enough for a random test to reach them."""
    limits = {"WINDOW_LINES": 5, "WINDOW_CHARACTERS": 60, "MOST_STREAMS": 4}
    for name, value in {**limits, "_LINES_PER_FREEZE": 2, "_LINES_PER_SWEEP": 3}.items():
        monkeypatch.setattr(output, name, value)


def written(path: Path) -> list[str]:
    """The lines of the file, each of which must be ended."""
    text = path.read_bytes().decode()
    assert text == "" or text.endswith("\n")
    return text.split("\n")[:-1]


def test_output__plain_text_of_one_stream__file_is_the_text(log: OutputLog, path: Path) -> None:
    """The common case must be byte-exact, however it was cut into writes."""
    text = "".join(f"line {number}\tof  \n" for number in range(5_000))
    for start in range(0, len(text), 97):
        log.feed("w", "stdout", text[start : start + 97])
    log.flush()
    assert path.read_bytes().decode() == text


def test_output__streams_in_turns__whole_lines_in_the_order_they_began(log: OutputLog, path: Path) -> None:
    """A line of one stream is never broken by another one, and keeps the place where it began."""
    for stream, text in [("stderr", "e1"), ("stdout", "o1"), ("stderr", "e2\n"), ("stdout", "o2\n")]:
        log.feed("w", stream, text)
        log.feed("other", stream, text.upper())
    log.flush()
    assert written(path) == ["e1e2", "E1E2", "o1o2", "O1O2"]


def test_output__unfinished_line__visible_at_once_and_replaced_later(log: OutputLog, path: Path) -> None:
    """A bar is followed while it runs, also behind other lines; what gets shorter leaves no rest in the file."""
    log.feed("w", "stderr", "\r  0%|          |")
    log.feed("w", "stdout", "a line\n")
    log.flush()
    assert written(path) == ["  0%|          |", "a line"]
    log.feed("w", "stderr", "\r100%\x1b[K")
    log.flush()
    assert written(path) == ["100%", "a line"]


def test_output__empty_unfinished_line__is_no_line(log: OutputLog, path: Path) -> None:
    """After a newline, or a bar that removed itself, the cursor waits in a line that nobody sees."""
    log.feed("w", "stdout", "one\n\n")
    log.feed("w", "stderr", "\r50%\r   \r")
    log.flush()
    assert written(path) == ["one", ""]
    log.feed("w", "stdout", "two\n")
    log.feed("w", "stderr", "bar gone\n")
    log.flush()
    assert written(path) == ["one", "", "bar gone", "two"]


def test_output__line_growing_over_many_flushes__whole(log: OutputLog, path: Path) -> None:
    """Only the added text of a growing line is written; what stands behind it has to move."""
    text = ""
    for number in range(200):
        text += f"{number}é."
        log.feed("w", "stdout", f"{number}é.")
        if number % 50 == 25:
            log.feed("v", "stdout", f"between {number}\n")
        log.flush()
        assert written(path)[0] == text
    log.feed("w", "stdout", "\rX")
    log.flush()
    assert written(path) == ["X" + text[1:], *(f"between {number}" for number in (25, 75, 125, 175))]


def test_output__older_file__untouched_until_the_first_flush(path: Path) -> None:
    """A restarted service replays from the start; meanwhile a reader keeps the complete old file."""
    path.write_text("old\n" * 100)
    log = OutputLog(str(path))
    log.feed("w", "stdout", "new\n")
    assert written(path) == ["old"] * 100
    log.flush()
    assert written(path) == ["new"]
    log.close()
    assert os.listdir(path.parent) == ["output.log"]


def test_output__nothing_printed__no_file(path: Path) -> None:
    """A run that prints nothing has no output.log, not an empty one."""
    log = OutputLog(str(path))
    log.feed("w", "stdout", "\x1b[31m\r")
    log.flush()
    log.close()
    log.close()
    assert os.listdir(path.parent) == []


def test_output__any_text__readable_utf8(log: OutputLog, path: Path) -> None:
    """Bad bytes reach us as surrogates; they are replaced, and nothing around them is lost."""
    log.feed("w", "stdout", "é★\udc80!\x00\x07好\n")
    log.flush()
    assert written(path) == ["é★?!好"]


def test_output__line_behind_the_window__final_and_continued_in_a_new_line(log: OutputLog, path: Path) -> None:
    """Memory is bounded by the window; a silent stream's later text goes to the end instead of being lost."""
    log.feed("w", "stderr", "\r10%")
    log.feed("v", "stderr", "loading ...")
    for number in range(WINDOW_LINES - 2):
        log.feed("w", "stdout", f"{number}\n")
    log.feed("w", "stderr", "\r20%")
    log.flush()
    assert written(path)[0] == "20%"
    for number in range(2 * WINDOW_LINES):
        log.feed("w", "stdout", f"{number}\n")
    log.feed("w", "stderr", "\r30%")
    log.feed("v", "stderr", "\n")
    log.flush()
    lines = written(path)
    assert (lines[0], lines[1], lines[-1]) == ("20%", "loading ...", "30%")
    assert len(lines) == 3 * WINDOW_LINES + 1


def test_output__long_lines_behind__window_is_bounded_by_characters_too(
    small_limits: None, log: OutputLog, path: Path
) -> None:
    """A thousand lines of 10 MB would not fit in memory; but one endless line is still never cut."""
    for _ in range(100):
        log.feed("w", "stdout", "endless ")
    log.feed("v", "stdout", "x" * 200 + "\n")
    log.feed("w", "stdout", "goes on\n")
    log.flush()
    assert written(path) == ["endless " * 100, "x" * 200, "goes on"]


_feeds = st.tuples(
    st.sampled_from("abcdef"),
    st.lists(
        st.sampled_from(
            ["word ", "other", "\n", "\r", "\n\n", "\x1b[A", "\x1b[2A\r", "\x1b[K", "好\t", "\x1b[J", "\x1b", "[2K"]
        ),
        max_size=6,
    ).map("".join),
    st.booleans(),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_feeds, max_size=40))
def test_output__flushed_at_any_time__same_file(
    small_limits: None, path: Path, feeds: list[tuple[str, str, bool]]
) -> None:
    """What a live follower wrote in many steps must equal what a later sync writes in one."""
    often, once = OutputLog(str(path)), OutputLog(str(path) + ".once")
    for writer, text, flush in feeds:
        often.feed(writer, "stdout", text)
        once.feed(writer, "stdout", text)
        if flush:
            often.flush()
    for log in (often, once):
        log.feed("z", "stdout", "end\n")
        log.close()
    assert path.read_bytes() == Path(f"{path}.once").read_bytes()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["\n", "", "\n\n"]), st.booleans()), max_size=60)
)
def test_output__more_lines_and_streams_than_the_limits__no_word_lost(
    small_limits: None, path: Path, feeds: list[tuple[str, str, bool]]
) -> None:
    """Limits may break a line in two, but never drop, double or reorder what a writer said."""
    log = OutputLog(str(path))
    for number, (writer, end, flush) in enumerate(feeds):
        log.feed(writer, "stdout", f"<{writer}{number}>{end}")
        if flush:
            log.flush()
    log.feed("z", "stdout", "<z>\n")
    log.close()
    words = path.read_text().replace("\n", "").replace("><", "> <").split()
    assert sorted(words) == sorted([f"<{writer}{number}>" for number, (writer, _, _) in enumerate(feeds)] + ["<z>"])
    for writer in "abcdefgh":
        assert [word for word in words if word[1] == writer] == [
            f"<{writer}{number}>" for number, (other, _, _) in enumerate(feeds) if other == writer
        ]


def test_output__line_erased_and_begun_again__replaced(log: OutputLog, path: Path) -> None:
    """The short cut for growing lines must see that this one started anew."""
    for text in ["abcdef", "\r\x1b[Kxyz", "!"]:
        log.feed("w", "stdout", text)
        log.flush()
    assert written(path) == ["xyz!"]


@pytest.mark.parametrize("long_lines", [True, False])
def test_output__many_lines_of_living_writers__memory_is_given_back(log: OutputLog, long_lines: bool) -> None:
    """A writer that stopped within a line keeps its terminal, but not what can't change any more."""
    tracemalloc.start()
    try:
        if long_lines:
            log.feed("w", "stdout", ("x" * 100_000 + "\n") * 50 + "unfinished")
        else:
            for number in range(300):
                log.feed(f"{number}", "stdout", "short\n" * 250)
                log.flush()
        log.feed("v", "stdout", "short\n" * 2_000)
        log.flush()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["one\ntwo\n", "one\ntwo", "\rbar\n\n\x1b[A"])
def test_output__thousands_of_dead_writers__memory_stays_flat(log: OutputLog, path: Path, text: str) -> None:
    """A pool of short workers prints for weeks: neither past lines nor dead writers may pile up."""

    def held_after(workers: range) -> int:
        for number in workers:
            log.feed(f"worker {number}", "stdout", text)
            if number % 100 == 0:
                log.flush()
        log.flush()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = held_after(range(1_500))
        after = held_after(range(1_500, 4_500))
    finally:
        tracemalloc.stop()
    assert after - before < 200_000
    assert len(written(path)) >= 4_500
