"""What is put in the place of a stream's `write`, `flush` and its buffer's `write`, by `stream_tap`.

The original runs first, and its result is returned. Text counts when it is written; bytes written to `.buffer` count as
text, unless they are the text layer's own on their way down.
"""

from __future__ import annotations

import sys
from threading import get_ident
from time import sleep  # by name: a program may replace the clock of the module

from wandb.process import PerProcess
from wandb.sdk.lib.interruption import is_interruption
from wandb.sdk.lib.owned_lock import OwnedLock
from wandb.sdk.lib.usual_write import usual_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Set, Tuple

    Callback = Callable[[bool, str], None]

# While a `write` that may have another of ours below it waits for its result, by thread: who was told meanwhile, as
# (is_stdout, id of the callback).
_told_below: Dict[int, Set[Tuple[bool, int]]] = {}

# How long a thread stands back for another one in the middle of a line, in seconds.
_PAUSES = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002)


class _Layer(OwnedLock):
    """The text layer of a stream in one process: who is inside, and whether on the way down or telling."""

    __slots__ = ("descends", "halves", "is_in_line", "is_shared")

    def __init__(self) -> None:
        super().__init__()
        self.descends = self.is_shared = False
        self.is_in_line = False  # whether the last text had no line end; known once a thread has waited
        self.halves: List[bytes] = []  # the first bytes of a character whose others have not been written yet

    def wait(self) -> None:
        """Acquire it from another thread, rather at the end of its line.

        `print` writes a line word by word. Who waits for a lock is given it at the next release, between two words; the
        threads would pass it on from word to word.
        """
        self.is_shared = True
        self.acquire()
        if self.is_in_line:
            self.release()
            for pause in _PAUSES:
                sleep(pause)
                if self.acquire(False):
                    break
            else:
                self.acquire()

    def go_down(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call it from inside."""
        before, self.descends = self.descends, True
        try:
            return original(*args, **kwargs)
        finally:
            self.descends = before


class StreamTeller:
    """The functions for one stream; `callbacks` are told each text as `callback(is_stdout, text)`."""

    def __init__(self, stream: Any, is_stdout: bool) -> None:
        self.stream = stream
        self.is_stdout = is_stdout
        self.callbacks: Tuple[Callback, ...] = ()
        self._layers = PerProcess(_Layer)

    def simple_write(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def write(text: str, *args: Any, **kwargs: Any) -> Any:
            result = original(text, *args, **kwargs)
            if text and self.callbacks:
                self._tell(text)
            return result

        return write

    def text_write(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The text layer's `write`: straight on, since it is paid for with every print.

        What now reaches `buffer.write` from this thread is text that is told here. One thread at a time: before CPython
        3.12.5 a TextIOWrapper whose buffer's `write` lets another thread in between mixes up its own memory and writes
        garbage. What is written is told before the next thread may write, so the record has the order of the terminal.
        """
        layers, is_stdout = self._layers, self.is_stdout

        def write(text: str, /) -> int:
            layer = layers.value if layers.page[0] else layers.get()
            thread = get_ident()
            if layer.thread == thread:  # a signal handler or a finalizer, in the middle of its thread's own `write`
                return self._inner_write(layer, original, text)
            told = True
            try:
                if not layer.acquire(False):
                    layer.wait()
                layer.thread = thread
                layer.descends = True
                result: int = original(text)
                told = layer.descends = False
                if type(text) is not str:
                    text = _plain(text)
                told = True
                if text:
                    if _told_below:
                        self._tell(text)
                    else:
                        for callback in self.callbacks:
                            try:
                                callback(is_stdout, text)
                            except Exception as error:  # an encoder's fault, no memory; or the program's own time limit
                                self._failed(callback, error)
                    if layer.is_shared:
                        layer.is_in_line = text[-1] != "\n"
                layer.thread = 0
                layer.release()
            except BaseException:
                try:
                    layer.leave()
                except RecursionError:
                    if layer.thread == thread:
                        layer.thread = 0
                        layer.release()
                if not told:  # but shown
                    self._tell(text)
                raise
            return result

        return usual_write(write, original, self, layers.get(), _told_below, is_stdout)

    def _inner_write(self, layer: _Layer, original: Callable[..., int], text: str) -> int:
        result: int = layer.go_down(original, text)
        self._tell(text)
        return result

    def layered(self, original: Callable[..., Any], is_flush: bool = False) -> Callable[..., Any]:
        """The same for a `write` that tells by itself, and for `flush`."""
        layer_of_this_process = self._layers.get

        def layered(*args: Any, **kwargs: Any) -> Any:
            layer, thread = layer_of_this_process(), get_ident()
            if layer.thread == thread:
                return layer.go_down(original, *args, **kwargs)
            try:
                if not layer.acquire(False):
                    layer.wait()
                layer.thread = thread
                layer.descends = True
                result = original(*args, **kwargs)
                layer.descends = False
                if is_flush:
                    self._tell("")
                layer.thread = 0
                layer.release()
            except BaseException:
                try:
                    layer.leave()
                except RecursionError:
                    if layer.thread == thread:
                        layer.thread = 0
                        layer.release()
                raise
            return result

        return layered

    def innermost(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """A `write` that tells only whom no other of ours has told on this text's way down."""

        def write(text: str, *args: Any, **kwargs: Any) -> Any:
            thread, told = get_ident(), set()  # type: Tuple[int, Set[Tuple[bool, int]]]
            outer = _told_below.get(thread)
            _told_below[thread] = told
            try:
                result = original(text, *args, **kwargs)
            finally:
                if outer is None:
                    del _told_below[thread]
                else:
                    outer |= told
                    _told_below[thread] = outer
            if text and self.callbacks:
                self._tell(text, told)
            return result

        return write

    def bytes_write(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def write(data: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(data, *args, **kwargs)
            if not self.callbacks or not result:
                return result  # an unbuffered one may write less, or (None) nothing
            layer = self._layers.get()
            if layer.thread != get_ident() or not layer.descends:
                text = self._decoded(bytes(data)[:result], layer.halves)
                if text:
                    self._tell(text)
            return result

        return write

    def tell_half(self) -> None:
        """Tell of a character that was begun as bytes and never completed; for the end."""
        halves = self._layers.get().halves
        if halves:
            self._tell(_decoder(self.stream).decode(halves.pop(), True))

    def _decoded(self, data: bytes, halves: List[bytes]) -> str:
        """The characters that are complete with these bytes."""
        if not halves and data[-1:] < b"\x80" and _encoding(self.stream) == "utf-8":
            return data.decode("utf-8", "replace")
        try:
            half = halves.pop()
        except IndexError:
            half = b""  # there is none, or another thread has taken it just now
        decoder = _decoder(self.stream)
        text: str = decoder.decode(half + data)
        half = decoder.getstate()[0]
        if half:
            halves.append(half)
        return text

    def _tell(self, text: str, told: Set[Tuple[bool, int]] | None = None) -> None:
        if type(text) is not str:
            text = _plain(text)
        above = _told_below.get(get_ident()) if _told_below else None
        for callback in self.callbacks:
            if told and (self.is_stdout, id(callback)) in told:
                continue
            try:
                callback(self.is_stdout, text)
            except Exception as error:
                # An encoder's fault, no memory; or the program's own time limit.
                self._failed(callback, error)
            if above is not None:
                above.add((self.is_stdout, id(callback)))

    def _failed(self, callback: Callback, error: Exception) -> None:
        """Capture must not end the program's print; but nor may it swallow what the program has raised."""
        if sys.is_finalizing():
            self.callbacks = ()  # the interpreter has taken apart what is needed for that
            return
        if isinstance(error, RecursionError) or is_interruption(error):
            raise error
        if any(other is callback for other in self.callbacks):
            from wandb.sdk.lib.terminal import termwarn

            self.callbacks = tuple(other for other in self.callbacks if other is not callback)
            name = "stdout" if self.is_stdout else "stderr"
            termwarn(f"Capturing {name} has failed and is off for this run ({type(error).__name__}: {error}).")


def _encoding(stream: Any) -> str:
    """What bytes for this stream are read as: where the stream takes only ASCII, programs write UTF-8 past it."""
    try:
        name = stream.encoding
        if name != "utf-8":
            import codecs

            name = codecs.lookup(name).name
    except (AttributeError, LookupError, TypeError, ValueError):
        return "utf-8"  # it names none, or none that is known
    return "utf-8" if name == "ascii" else name


def _decoder(stream: Any) -> Any:
    import codecs

    return codecs.getincrementaldecoder(_encoding(stream))("replace")


def _plain(written: Any) -> str:
    """What a stream took, as text, without calling code of the program: a `str` subclass may have its own `__str__`."""
    if isinstance(written, str):
        return str.__str__(written)
    return bytes(written).decode("utf-8", "replace") if isinstance(written, (bytes, bytearray, memoryview)) else ""
