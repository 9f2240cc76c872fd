"""The tee of a stream: the original's text, result and errors as before, every text told once."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from typing import Iterator, List, Tuple

import pytest

import wandb
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
def captured(stream: object, heard: Heard) -> Iterator[None]:
    """Capture with `stream` as sys.stdout."""
    before, sys.stdout = sys.stdout, stream  # type: ignore[assignment]
    capture = ConsoleCapture(heard)
    try:
        capture.install()
        yield
    finally:
        capture.restore()
        sys.stdout = before


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


def test_restore__while_a_tee_of_others_stands_on_top__is_done_when_they_put_ours_back(heard: Heard) -> None:
    """They found ours, and end after us: what they put back must not stay for ever."""
    stream = text_stream()
    with captured(stream, heard):
        found = stream.write
        tee = lambda text: found(text)  # noqa: E731
        stream.write = tee  # type: ignore[method-assign]
        stream.write("in both")
    stream.write = found  # type: ignore[method-assign]
    del tee
    assert vars(stream) == {} and vars(stream.buffer) == {}
    assert heard.text() == "in both"


@pytest.mark.parametrize("keeps", [True, False], ids=["found", "deleted"])
def test_install__after_others_removed_ours__hears_each_text_once(heard: Heard, keeps: bool) -> None:
    """A second run must not take a dead patch for a live one, nor patch `flush` and the buffer twice."""
    other = Heard()
    stream = text_stream()
    plain = stream.write
    with captured(stream, heard):
        if keeps:
            stream.write = plain  # type: ignore[method-assign]
        else:
            del stream.write  # type: ignore[method-assign]
        stream.write("unheard\n")
        with captured(stream, other):
            stream.write("text\n")
            stream.buffer.write(b"bytes\n")
            stream.flush()
    assert heard.text() == other.text() == "text\nbytes\n"
    assert vars(stream) == ({"write": plain} if keeps else {}) and vars(stream.buffer) == {}


class Upper:
    """A tee of which nobody can see where it leads."""

    def __init__(self, below: object) -> None:
        self.below = below

    def write(self, text: str) -> int:
        return self.below(text.upper())  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize("how", ["function", "object"])
def test_install__above_somebody_s_tee_over_ours__tells_each_run_once(heard: Heard, how: str) -> None:
    """What leads through two of our patches is one text: what the inner one was given."""
    other = Heard()
    stream = text_stream()
    with captured(stream, heard):
        if how == "function":
            below = stream.write
            stream.write = lambda text: below(text.upper())  # type: ignore[method-assign]
        else:
            stream.write = Upper(stream.write).write  # type: ignore[method-assign, assignment]
        with captured(stream, other):
            stream.write("a")
        stream.write("b")
    assert (heard.text(), other.text()) == ("AB", "A")


def test_install__on_a_stream_that_leads_to_a_heard_one__tells_each_run_once(heard: Heard) -> None:
    """Its own `sys.stdout` for a second run, and both write to the first one's."""
    other = Heard()
    stream, wrapper = text_stream(), WriteOnly()
    wrapper.write = lambda text: stream.write(text)  # type: ignore[method-assign]
    with captured(stream, heard), captured(wrapper, other):
        print("text", file=wrapper)
    assert heard.text() == other.text() == "text\n"


def test_write__to_the_buffer_of_an_unbuffered_stream__tells_what_was_taken(heard: Heard) -> None:
    """A raw file may take a part of the bytes, or (None) nothing."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    stream = io.TextIOWrapper(io.FileIO(writer, "w"), write_through=True)  # type: ignore[arg-type]
    with captured(stream, heard):
        stream.write("text")
        size = stream.buffer.write(b"x" * (1 << 20))
        assert size < 1 << 20
        assert stream.buffer.write(b"no room") is None  # type: ignore[comparison-overlap]
    assert heard.text() == "text" + "x" * size
    os.close(reader)


@pytest.mark.parametrize("option", ["-u", "-B"], ids=["unbuffered", "buffered"])
def test_python__unbuffered_or_not__tells_text_and_bytes_once(option: str) -> None:
    """With `-u` the text layer's buffer is the raw file."""
    source = """
import sys
from wandb.sdk.lib.redirect import ConsoleCapture
heard = []
capture = ConsoleCapture(lambda is_stdout, text: heard.append((is_stdout, text)))
capture.install()
print("text"); sys.stdout.write("half, "); sys.stdout.flush(); sys.stdout.buffer.write(b"bytes\\n"); sys.stdout.flush()
sys.stderr.write("error\\n"); sys.stderr.buffer.write(b"error bytes\\n"); sys.stderr.flush()
capture.restore()
assert "".join(text for is_stdout, text in heard if is_stdout) == "text\\nhalf, bytes\\n", heard
assert "".join(text for is_stdout, text in heard if not is_stdout) == "error\\nerror bytes\\n", heard
"""
    root = os.path.dirname(os.path.dirname(wandb.__file__))
    ended = subprocess.run([sys.executable, option, "-c", source], cwd=root, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "text\nhalf, bytes\n", "error\nerror bytes\n")


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
    assert heard == []


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
