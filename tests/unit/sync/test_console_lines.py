"""Numbered console lines: what is sent again, what is not, and what a restart in the middle changes (nothing)."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

from hypothesis import example, given
from hypothesis import strategies as st

from wandb.sync.console_lines import MOST_CHARACTERS, MOST_SOURCES, WINDOW, ConsoleLines


class Far:
    """A server's output.log."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def send(self, console: ConsoleLines, room: int = 10**6, acknowledged: bool = True) -> int:
        offset, lines, taken = console.take(room)
        assert offset <= len(self.lines)
        self.lines[offset : offset + len(lines)] = lines
        if acknowledged:
            console.acknowledge(taken)
        return len(lines)

    def send_all(self, console: ConsoleLines) -> None:
        while console.waits():
            self.send(console)

    def texts(self) -> List[str]:
        return [line.partition(" ")[2] for line in self.lines]


def restored(console: ConsoleLines) -> ConsoleLines:
    """As another process finds it."""
    return ConsoleLines(json.loads(json.dumps(console.state())))


def test_console_lines__both_streams__have_a_line_each_in_the_order_of_beginning() -> None:
    """The form of the protocol: time, mark of stderr, and one line of each stream that is under way."""
    console, far = ConsoleLines({}), Far()
    for stream, text in (("stdout", "a"), ("stderr", "b"), ("stdout", "c\n"), ("stderr", "d\n"), ("stdout", "\x1b[31mr\x1b[0m\n")):
        console.feed("", stream, text, 1.5)
    far.send_all(console)
    time = "1970-01-01T00:00:01.500000"
    assert far.lines == [f"{time} ac", f"ERROR {time} bd", f"{time} \x1b[31mr\x1b[0m"]


def test_console_lines__bar_that_goes_on__is_sent_again_at_its_number_only() -> None:
    """A progress bar is one line; those around it are not sent again."""
    console, far = ConsoleLines({}), Far()
    console.feed("", "stdout", "before\n10%\r", 0.0)
    far.send_all(console)
    console.feed("", "stdout", "20%\r", 0.0)
    offset, lines, taken = console.take(10**6)
    assert (offset, [line.partition(" ")[2] for line in lines]) == (1, ["20%"])
    console.acknowledge(taken)
    console.feed("", "stdout", "20%\r", 0.0)
    assert not console.waits()


def test_console_lines__in_a_request_without_room__are_sent_in_several() -> None:
    """At least one line goes at a time."""
    console, far = ConsoleLines({}), Far()
    console.feed("", "stdout", "".join(f"line {number}\n" for number in range(10)), 0.0)
    assert [far.send(console, room=80) for _ in range(4)] == [2, 2, 2, 2]
    far.send_all(console)
    assert far.texts() == [f"line {number}" for number in range(10)]


def test_console_lines__structured_and_labelled__are_objects() -> None:
    """For servers that say they can read that."""
    console = ConsoleLines({}, label="rank 1", structured=True)
    console.feed("", "stderr", "ü\n", 0.0)
    values = json.loads(console.take(10**6)[1][0])
    assert values == {"level": "error", "ts": "1970-01-01T00:00:00.000000", "label": "rank 1", "content": "ü"}


def test_console_lines__very_long_line__is_cut_with_a_mark() -> None:
    """The limit of servers; who reads it sees that there was more."""
    console, far = ConsoleLines({}), Far()
    console.feed("", "stdout", "x" * 10_000 + "\n", 0.0)
    far.send_all(console)
    assert len(far.texts()[0]) == MOST_CHARACTERS and far.texts()[0].endswith("… (10000 characters)")


def test_console_lines__that_are_not_wanted__have_no_number() -> None:
    """`console_include` and `console_exclude` leave no gaps; a line that becomes one of the wanted is sent then."""
    console, far = ConsoleLines({}, keeps=lambda line: "keep" in line), Far()
    console.feed("", "stdout", "no\nkeep 1\nlate", 0.0)
    far.send_all(console)
    console.feed("", "stdout", " keep\nno\nkeep 2\n", 0.0)
    far.send_all(console)
    assert far.texts() == ["keep 1", "late keep", "keep 2"]


def test_console_lines__of_thousands_of_writers__are_all_there_and_little_is_held() -> None:
    """A pool with workers that live for a task each."""
    console, far = ConsoleLines({}), Far()
    for number in range(3 * MOST_SOURCES):
        console.feed(f"{number}/x/y", "stdout", f"worker {number}\n", 0.0)
        if number % 100 == 0:
            far.send_all(console)
    far.send_all(console)
    assert far.texts() == [f"worker {number}" for number in range(3 * MOST_SOURCES)]
    assert len(console._sources) <= MOST_SOURCES


TEXTS = st.sampled_from(["a", "bc", "\n", "x\n", "10%\r", "\r", "long line\n" * 3, "\x1b[A", "\x1b[2K", "\n" * (WINDOW + 2), "é"])
EVENTS = st.lists(st.tuples(st.sampled_from("AB"), TEXTS, st.sampled_from(["", "", "send", "lose", "restart"])), max_size=40)


@given(EVENTS)
@example([("A", "a", ""), ("A", "\x1b[2K", "send"), ("A", "a", "lose"), ("A", "\x1b[2K", "")])
@example([("A", "a", ""), ("A", "\x1b[2K", "send"), ("A", "a", "lose"), ("A", "\x1b[2K", "restart")])
def test_console_lines__restarted_and_replayed_in_another_order__each_line_is_there_once(
    events: List[Tuple[str, str, str]],
) -> None:
    """Killed anywhere, also between an answer and the checkpoint; the order between writers is another one then."""
    console, far = ConsoleLines({}), Far()
    fed: Dict[str, List[str]] = {"A": [], "B": []}
    saved = ConsoleLines({}).state()
    for writer, text, then in events:
        fed[writer].append(text)
        console.feed(writer, "stdout", text, 0.0)
        if then == "send":
            far.send(console)
            saved = console.state()
        elif then == "lose":
            far.send(console, acknowledged=False)
        elif then == "restart":
            console = ConsoleLines(json.loads(json.dumps(saved)), in_doubt=True)
            for key in ("B", "A"):
                for part in fed[key]:
                    console.feed(key, "stdout", part, 0.0)
    far.send_all(console)
    assert sorted(far.texts()) == sorted(line for parts in fed.values() for line in lines_of(parts))


def lines_of(parts: List[str]) -> List[str]:
    """What one stream looks like if nothing is ever restarted."""
    console, far = ConsoleLines({}), Far()
    for part in parts:
        console.feed("", "stdout", part, 0.0)
    far.send_all(console)
    return far.texts()


def test_state__of_a_settled_console__is_small() -> None:
    """It is written after each answer."""
    console, far = ConsoleLines({}), Far()
    console.feed("", "stdout", "line\n" * 100_000, 0.0)
    far.send_all(console)
    state: Dict[str, Any] = console.state()
    assert state["offset"] == 100_000 and len(json.dumps(state)) < 10_000
    assert not restored(console).waits()


def test_console_lines__behind_bars_that_never_rest__come_in_their_turn() -> None:
    """One row of lines at a time: neither the first bar nor the new lines may be all that is ever sent."""
    console, far = ConsoleLines({}), Far()
    for writer in "ab":
        console.feed(writer, "stderr", "0%", 0.0)
        console.feed(writer, "stdout", "between\n", 0.0)
    far.send_all(console)
    for number in range(1, 10):
        console.feed("a", "stdout", f"line {number}\n", 0.0)
        for writer in "ab":
            console.feed(writer, "stderr", f"\r{number}%", 0.0)
        far.send(console)
    assert "line 7" in far.texts()
    assert all(far.lines[place].split()[-1] in ("7%", "8%", "9%") for place in (0, 2))
