"""One call at a time, nothing nested, nothing lost."""

from __future__ import annotations

import threading
from typing import List

import pytest

from tests.interruption import interrupted_everywhere
from wandb.sdk.lib import serial as serial_module
from wandb.sdk.lib.serial import Serial


def test_run__inner_call_of_the_same_thread__comes_after_the_outer() -> None:
    """A signal handler that logs in the middle of `log`."""
    serial, order = Serial(), []

    def outer() -> None:
        order.append("outer begins")
        serial.run(order.append, "inner")
        order.append("outer ends")

    serial.run(outer)
    assert order == ["outer begins", "outer ends", "inner"]


def test_run__outer_call_raises__kept_calls_are_made_by_the_next() -> None:
    """An interrupt must not lose what was printed meanwhile."""
    serial, order = Serial(), []

    def outer() -> None:
        serial.run(order.append, "kept")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serial.run(outer)
    serial.run(order.append, "next")
    assert sorted(order) == ["kept", "next"]


def test_run__many_threads__never_two_at_once() -> None:
    """The appends of one log are in one order."""
    serial, inside, seen = Serial(), [0], []

    def call(value: int) -> None:
        inside[0] += 1
        seen.append((inside[0], value))
        inside[0] -= 1

    def work(base: int) -> None:
        for number in range(500):
            serial.run(call, base + number)

    threads = [threading.Thread(target=work, args=(base,)) for base in range(0, 4000, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {depth for depth, _ in seen} == {1}
    values: List[int] = [value for _, value in seen]
    assert len(values) == 2000 and all(
        [value for value in values if value // 1000 == base] == list(range(base * 1000, base * 1000 + 500)) for base in range(4)
    )


def test_run__while_another_thread_is_inside_and_waits_for_us__hands_the_call_over() -> None:
    """A signal handler prints in the middle of `log`, and waits for a thread that prints and waits for the log."""
    serial, order, stream = Serial(), [], threading.Lock()
    inside, printing = threading.Event(), threading.Event()

    def log() -> None:
        inside.set()
        printing.wait(10)
        with stream:
            order.append("log")

    def prints() -> None:
        with stream:
            printing.set()
            serial.run(order.append, "print")

    logger = threading.Thread(target=serial.run, args=(log,), daemon=True)
    logger.start()
    inside.wait(10)
    printer = threading.Thread(target=prints, daemon=True)
    printer.start()
    for thread in (logger, printer):
        thread.join(10)
        assert not thread.is_alive(), "each waits for the other"
    assert order == ["log", "print"]


@pytest.mark.parametrize("raises", [False, True], ids=["returns", "raises"])
def test_run__interrupted_anywhere__neither_hangs_nor_loses_nor_doubles(raises: bool) -> None:
    """A handler that logs, and one that also raises, at each place of a call that itself logs from inside."""
    made: List[str] = []
    returned: List[str] = []

    def log(text: str) -> None:
        serial.run(made.append, text)
        returned.append(text)

    def handler(*_: object) -> None:
        log("handler")
        if raises:
            raise TimeoutError

    def prepare() -> None:
        nonlocal serial
        serial = Serial()
        made.clear()
        returned.clear()

    def body() -> None:
        serial.run(lambda: (made.append("outer"), log("inner")))
        returned.append("outer")

    serial = Serial()
    places = 0
    for raised in interrupted_everywhere([serial_module], prepare, body, handler):
        places += 1
        assert raised is raises
        other = threading.Thread(target=log, args=("other thread",), daemon=True)
        other.start()
        other.join(10)
        assert not other.is_alive(), "it waits for a lock that nobody holds"
        log("next")
        assert len(made) == len(set(made))
        # A kept call that is interrupted before it has done anything can't be told from one that has: it is not repeated.
        assert set(returned) - set(made) <= ({"inner"} if raises else set())
    assert places > 5


def test_make_kept_if_free__interrupted_anywhere__leaves_no_lock_behind() -> None:
    """What another thread has handed over, and found nobody any more to make it."""
    serial, made = Serial(), []  # type: ignore[var-annotated]

    def prepare() -> None:
        made.clear()
        serial.kept.clear()
        serial.kept.append((made.append, ("kept",)))

    def handler(*_: object) -> None:
        raise TimeoutError

    for raised in interrupted_everywhere([serial_module], prepare, serial.make_kept_if_free, handler):
        assert raised
        other = threading.Thread(target=serial.run, args=(made.append, "other"), daemon=True)
        other.start()
        other.join(10)
        assert not other.is_alive(), "it waits for a lock that nobody holds"
        assert made[-1] == "other"


def test_run__while_another_thread_is_held_inside__keeps_so_many_calls_and_counts_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A disk may hold it for minutes; memory has an end."""
    monkeypatch.setattr(serial_module, "_MOST_KEPT", 10)
    monkeypatch.setattr(serial_module, "_LAST_SECONDS", 0.01)
    serial, inside, go_on, made = Serial(), threading.Event(), threading.Event(), []

    def held() -> None:
        inside.set()
        go_on.wait(10)

    thread = threading.Thread(target=serial.run, args=(held,))
    thread.start()
    assert inside.wait(10)
    for number in range(15):
        serial.run(made.append, number)
    assert serial.lost == 5
    assert serial.run_last(made.append, "last") and serial.lost == 16 and not made
    go_on.set()
    thread.join()
    assert made == list(range(10))
