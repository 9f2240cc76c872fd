"""The tee of a stream: the original's text, result and errors as before, every text told once."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from pathlib import Path
from typing import Iterator, List, TextIO, Tuple

import pytest

from wandb.sdk.lib.redirect import ConsoleCapture


class Heard(List[Tuple[bool, str]]):
    """What a callback was told."""

    def __call__(self, is_stdout: bool, text: str) -> None:
        self.append((is_stdout, text))

    def text(self) -> str:
        return "".join(text for _, text in self)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@contextlib.contextmanager
def captured(stream: object, heard: Heard) -> Iterator[ConsoleCapture]:
    """Capture with `stream` as sys.stdout."""
    before, sys.stdout = sys.stdout, stream  # type: ignore[assignment]
    capture = ConsoleCapture(heard)
    try:
        capture.install()
        yield capture
    finally:
        capture.restore()
        sys.stdout = before


class StandIn:
    """Stands for a stream, as prompt_toolkit's does: what it is given is written later."""

    def __init__(self, stream: TextIO) -> None:
        self.fileno = stream.fileno

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """There is nothing to flush."""


def look_with(others: threading.Barrier, capture: ConsoleCapture) -> None:
    others.wait()
    capture.look()


def text_stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")


def test_write__text_and_bytes_and_lines__are_told_once_in_order(heard: Heard) -> None:
    """Text goes down through the same buffer that bytes are written to."""
    stream = text_stream()
    with captured(stream, heard):
        assert stream.write("text\n") == 5
        assert stream.buffer.write(b"bytes\n") == 6
        stream.writelines(["one\n", "two\n"])
        print("printed", "twice", file=stream, flush=True)
        stream.flush()
    assert heard.text() == "text\nbytes\none\ntwo\nprinted twice\n"
    assert sorted(stream.buffer.getvalue().decode().split()) == sorted(heard.text().split())  # type: ignore[attr-defined]


def test_restore__stream__is_what_it_was(heard: Heard) -> None:
    """Attributes of the instance that were not there are gone; those that were are back."""
    plain, patched = text_stream(), text_stream()
    tee: List[str] = []
    original = patched.write
    patched.write = lambda text: tee.append(text) or original(text)  # type: ignore[method-assign]
    own = patched.write
    for stream in (plain, patched):
        with captured(stream, heard):
            stream.write("x")
    assert vars(plain) == {} and vars(plain.buffer) == {}
    assert patched.write is own and tee == ["x"]
    plain.write("after")
    assert heard.text() == "xx"


def test_restore__somebody_patched_on_top__ours_becomes_a_passthrough(heard: Heard) -> None:
    """We take back only what is still ours, and their chain goes on working."""
    stream = text_stream()
    with captured(stream, heard):
        ours = stream.write
        stream.write = lambda text: ours(text.upper())  # type: ignore[method-assign]
        theirs = stream.write
        stream.write("loud")
    assert stream.write is theirs
    stream.write("still")
    stream.flush()
    assert stream.buffer.getvalue() == b"LOUDSTILL"  # type: ignore[attr-defined]
    assert heard.text() == "LOUD"


def test_two_captures__one_stream__both_hear_until_each_ends(heard: Heard) -> None:
    """Two open runs, ended in the order they began."""
    other = Heard()
    stream = text_stream()
    before, sys.stdout = sys.stdout, stream
    try:
        first, second = ConsoleCapture(heard), ConsoleCapture(other)
        first.install()
        second.install()
        stream.write("both ")
        first.restore()
        stream.write("second")
        second.restore()
    finally:
        sys.stdout = before
    assert (heard.text(), other.text()) == ("both ", "both second")
    assert vars(stream) == {}


class WriteOnly:
    """A minimal stream object, as tee classes are."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


class Slots(io.StringIO):
    """A stream whose attributes can't be set."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


@pytest.mark.parametrize("stream", [None, object(), Slots(), WriteOnly()], ids=["none", "object", "slots", "write_only"])
def test_install__strange_stream__is_left_working(heard: Heard, stream: object) -> None:
    """No stream at all, no `write`, no attributes of its own, `write` only."""
    with captured(stream, heard):
        if stream is not None:
            print("text", file=stream) if hasattr(stream, "write") else None
    if isinstance(stream, WriteOnly):
        assert heard.text() == stream.text == "text\n"


def test_write__closed_stream__raises_as_before(heard: Heard) -> None:
    """Its error belongs to the program, and nothing is recorded that was not written."""
    stream = text_stream()
    with captured(stream, heard):
        stream.close()
        with pytest.raises(ValueError, match="closed"):
            stream.write("x")
    assert heard.text() == ""


def test_callback__that_fails__is_switched_off_and_print_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault of ours must not end a program's print."""
    stream = text_stream()

    class Failing(Heard):
        def __call__(self, is_stdout: bool, text: str) -> None:
            super().__call__(is_stdout, text)
            raise RuntimeError("ours")

    failing = Failing()
    with captured(stream, failing):
        assert stream.write("one") == 3
        assert stream.write("two") == 3
    assert [text for is_stdout, text in failing if is_stdout] == ["one"]
    assert capsys.readouterr().err.count("Capturing stdout has failed") == 1


def test_callback__that_prints__does_not_recurse(heard: Heard) -> None:
    """Its own text is heard by nobody twice, and ends."""
    stream = text_stream()
    depth: List[int] = []

    class Printing(Heard):
        def __call__(self, is_stdout: bool, text: str) -> None:
            super().__call__(is_stdout, text)
            if len(depth) < 3:
                depth.append(1)
                stream.write("inner")

    printing = Printing()
    with captured(stream, printing):
        stream.write("outer")
    assert printing.text() == "outer" + "inner" * 3


def test_fork__while_another_thread_writes__child_s_write_returns(heard: Heard) -> None:
    """The lock around the text layer is the process's own."""
    import threading

    stream = io.TextIOWrapper(io.BufferedWriter(io.FileIO(os.open(os.devnull, os.O_WRONLY), "w")), encoding="utf-8")
    stop = threading.Event()

    def noise() -> None:
        while not stop.is_set():
            stream.write("noise " * 100)

    with captured(stream, heard):
        threads = [threading.Thread(target=noise) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            pid = os.fork()
            if pid == 0:
                stream.write("child")
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        for thread in threads:
            thread.join()


def test_look__new_streams__only_those_that_lead_to_the_console_are_heard(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening descriptor 1 anew is a way to have lines flushed; what is caught in memory or a file was not shown."""
    with open(tmp_path / "console", "w") as first, open(tmp_path / "other", "w") as other:
        monkeypatch.setattr(sys, "__stdout__", first)
        with captured(first, heard) as capture:
            for stream in (
                os.fdopen(first.fileno(), "w", buffering=1, closefd=False),
                os.fdopen(os.dup(first.fileno()), "w", buffering=1),
                io.TextIOWrapper(first.buffer, write_through=True),  # heard already: its bytes are
                other,
                io.StringIO(),
                StandIn(first),
                None,
            ):
                monkeypatch.setattr(sys, "stdout", stream)
                capture.look()
                capture.look()
                print(f"{type(stream).__name__} {getattr(stream, 'name', None)}", flush=True)
            sys.stdout = first
            assert heard.text() == (tmp_path / "console").read_text()
            assert len(heard.text().splitlines()) == 3
        monkeypatch.undo()


def test_look__while_others_look__tells_once(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Threads that log look at the same time."""
    interval = sys.getswitchinterval()
    request.addfinalizer(lambda: sys.setswitchinterval(interval))
    sys.setswitchinterval(1e-6)
    with open(tmp_path / "console", "w") as first:
        monkeypatch.setattr(sys, "__stdout__", first)
        with captured(first, heard) as capture:
            for number in range(100):
                monkeypatch.setattr(sys, "stdout", os.fdopen(first.fileno(), "w", buffering=1, closefd=False))
                together = threading.Barrier(8)
                threads = [threading.Thread(target=look_with, args=(together, capture)) for _ in range(8)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                print(number)
        assert heard.text() == "".join(f"{number}\n" for number in range(100))
        monkeypatch.undo()
