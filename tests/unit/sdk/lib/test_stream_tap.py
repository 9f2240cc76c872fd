"""The patch of one stream among the patches of others, and on streams that lead to each other or to raw files."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
import threading
import time
from typing import Any, Iterator

import pytest

import wandb
from tests.conftest import LIMIT
from tests.interruption import interrupted_everywhere
from tests.unit.sdk.lib.test_redirect import Heard, WriteOnly, captured, text_stream
from wandb.sdk.lib import redirect, stream_tap, stream_teller


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    monkeypatch.setattr(redirect, "_taps", [])
    yield Heard()
    gc.collect()
    assert redirect._taps == [], "of the streams of this test"


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
    del stream.write  # type: ignore[method-assign]


def test_install__on_a_stream_that_leads_to_a_heard_one__tells_each_run_once(heard: Heard) -> None:
    """Its own `sys.stdout` for a second run, and both write to the first one's."""
    other = Heard()
    stream, wrapper = text_stream(), WriteOnly()
    wrapper.write = lambda text: stream.write(text)  # type: ignore[method-assign]
    with captured(stream, heard), captured(wrapper, other):
        print("text", file=wrapper)
    assert heard.text() == other.text() == "text\n"


class Forwarding:
    """A stream in the place of another, whose attributes it has, and takes, as its own: ClearML's, tqdm's."""

    def __init__(self, below: io.TextIOWrapper) -> None:
        self.__dict__["below"] = below

    def write(self, text: str) -> int:
        return self.below.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["below"], name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.below, name, value)


def test_install__on_a_stream_that_hands_attributes_on__leaves_the_one_below_alone(heard: Heard) -> None:
    """The `write` below would lead to the one above and so to itself; or nobody would call it, and all be lost."""
    below = text_stream()
    stream = Forwarding(below)
    with captured(stream, heard):
        assert "write" not in vars(below)
        stream.write("text\n")
        stream.below.buffer.write(b"bytes\n")
    assert heard.text() == "text\nbytes\n"
    assert set(vars(stream)) == {"below"} and vars(below) == vars(below.buffer) == {}


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


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "gbk", "utf-16-le"])
def test_write__bytes_that_end_within_a_character__keeps_it_whole(heard: Heard, encoding: str, size: int) -> None:
    """A child's output that is passed on as it comes is cut anywhere; an ASCII terminal's program writes UTF-8."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    text = "caf\xe9 \u6f22\u5b57" + ("" if encoding == "gbk" else " \U0001f40d") + " end\n"
    data = text.encode("utf-8" if encoding == "ascii" else encoding)
    if encoding == "utf-16-le":
        data = text[6:8].encode(encoding)  # its other halves look like whole characters
        text = text[6:8]
    with captured(stream, heard):
        for start in range(0, len(data), size):
            stream.buffer.write(data[start : start + size])
            stream.buffer.flush()
    assert heard.text() == text


def test_write__half_a_character_at_the_end__is_replaced_not_dropped(heard: Heard) -> None:
    """Also one in the middle that is never completed."""
    stream = text_stream()
    with captured(stream, heard):
        stream.buffer.write(b"a\xc3")
        stream.buffer.write(b"b\xe6\xbc")
    assert heard.text() == "a\ufffdb\ufffd"


def test_fork__half_a_character_before_it__is_the_parent_s(heard: Heard) -> None:
    """What the child writes begins anew."""
    stream = text_stream()
    reader, writer = os.pipe()
    with captured(stream, heard):
        stream.buffer.write(b"\xc3")
        pid = os.fork()
        if not pid:
            stream.buffer.write(b"child\n")
            os.write(writer, heard.text().encode())
            os._exit(0)
        os.waitpid(pid, 0)
        told = os.read(reader, 100)
        stream.buffer.write(b"\xa9")
    os.close(reader)
    os.close(writer)
    assert (told, heard.text()) == (b"child\n", "\xe9")


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
sys.stderr.write("error\\n"); sys.stderr.flush(); sys.stderr.buffer.write(b"error bytes\\n"); sys.stderr.flush()
capture.restore()
assert "".join(text for is_stdout, text in heard if is_stdout) == "text\\nhalf, bytes\\n", heard
assert "".join(text for is_stdout, text in heard if not is_stdout) == "error\\nerror bytes\\n", heard
"""
    root = os.path.dirname(os.path.dirname(wandb.__file__))
    ended = subprocess.run([sys.executable, option, "-c", source], cwd=root, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "text\nhalf, bytes\n", "error\nerror bytes\n")


@pytest.mark.parametrize("runs", [1, 2])
def test_write__interrupted_anywhere__other_threads_and_bytes_are_heard_after(heard: Heard, runs: int) -> None:
    """A Ctrl-C that the program catches, in the middle of a print."""
    stream = text_stream()
    wrapper = WriteOnly()
    wrapper.write = lambda text: stream.write(text)  # type: ignore[method-assign]
    target = stream if runs == 1 else wrapper

    def handler(*_: object) -> None:
        raise TimeoutError

    def body() -> None:
        print("text", file=target)
        stream.flush()

    with captured(stream, heard), captured(target, Heard()):
        for raised in interrupted_everywhere([stream_tap, stream_teller], heard.clear, body, handler):
            assert raised
            other = threading.Thread(target=print, args=("other",), kwargs={"file": target}, daemon=True)
            other.start()
            other.join(10)
            assert not other.is_alive(), "it waits for a lock that nobody holds"
            stream.buffer.write(b"bytes\n")
            print("next", file=target)
            assert heard.text().endswith("other\nbytes\nnext\n")


def test_write__of_another_thread_meanwhile__comes_behind_the_line_not_between_its_words(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`print` writes a line word by word, and recording a word lets other threads run."""
    stream, holds_back, line_ended = text_stream(), threading.Event(), threading.Event()
    monkeypatch.setattr(sys, "__stdout__", stream)
    monkeypatch.setattr(stream_teller, "_PAUSES", [LIMIT])
    monkeypatch.setattr(stream_teller, "sleep", lambda seconds: holds_back.set() or line_ended.wait(seconds))

    def hear(is_stdout: bool, text: str) -> None:
        heard(is_stdout, text)
        if text == "one ":
            other.start()
            while not stream_layer().is_shared:
                time.sleep(0.001)

    def stream_layer() -> Any:
        return next(tap for tap in redirect._taps if tap.stream is stream)._layers.get()

    other = threading.Thread(target=lambda: stream.write("other\n"))
    with captured(stream, hear):
        stream.write("one ")
        assert holds_back.wait(LIMIT)  # it has found the line open
        for word in ("more ", "word\n"):
            stream.write(word)
        line_ended.set()
        other.join()
    assert heard.text() == "one more word\nother\n"
