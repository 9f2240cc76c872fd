"""Console capture in a Python process: tees what goes through `sys.stdout` and `sys.stderr` to callbacks.

The stream object stays the user's own; only its `write` (and `flush`, and its buffer's `write`) are replaced on
the instance, so whoever holds the object is captured too. The original runs first and its result is returned.
Text counts when it is written; bytes written to `.buffer` count as text, unless they are the text layer's own on
their way down. `restore` deletes our attributes where they are still ours and leaves everything else alone.

What is inherited through fork is only the patched object: the callbacks decide by pid where they append, before
any lock. A callback that fails is switched off with one warning and never raises into a `print`.
"""

from __future__ import annotations

import io
import sys
from threading import RLock, get_ident

from wandb.process import PerProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Tuple

    Callback = Callable[[bool, str], None]

CAPTURE_MODES = ("wrap", "wrap_raw", "wrap_emu", "auto", "redirect")

_ABSENT = object()
# Below these nobody's Python code runs that could wait for our lock.
_C_BUFFERS = (io.BufferedWriter, io.BufferedRandom, io.BytesIO, io.FileIO)


class _Tap:
    """The one patch of one stream object, shared by all runs that listen to it."""

    def __init__(self, stream: Any, is_stdout: bool) -> None:
        self.stream = stream
        self.is_stdout = is_stdout
        self.callbacks: List[Callback] = []
        self._patches: List[Tuple[Any, str, Any, Any]] = []  # target, attribute, ours, what stood there before
        self._text_locks = PerProcess(RLock)
        self._text_thread = 0

    def install(self) -> bool:
        """Patch the stream; False if it is of a kind that can't be (no `write`, or no attributes of its own)."""
        stream = self.stream
        if not callable(getattr(stream, "write", None)):
            return False
        buffer: Any = getattr(stream, "buffer", None)
        layered = type(buffer) in _C_BUFFERS
        if not self._set(stream, "write", self._text_write(stream.write, layered)):
            return False
        if layered and callable(getattr(stream, "flush", None)):
            self._set(stream, "flush", self._text_flush(stream.flush))
            self._set(buffer, "write", self._bytes_write(buffer.write))
        return True

    def _set(self, target: Any, name: str, function: Any) -> bool:
        own = getattr(target, "__dict__", {})
        before = own.get(name, _ABSENT)
        try:
            setattr(target, name, function)
        except (AttributeError, TypeError):
            return False  # a C object without a __dict__, or a class with __slots__: it keeps what it has
        self._patches.append((target, name, function, before))
        return True

    def restore(self) -> None:
        """Take back what is still ours; where somebody patched on top of it, ours goes on as a passthrough."""
        kept = []
        for target, name, function, before in reversed(self._patches):
            if getattr(target, "__dict__", {}).get(name) is not function:
                kept.append((target, name, function, before))
            elif before is _ABSENT:
                delattr(target, name)
            else:
                setattr(target, name, before)
        self._patches = kept

    def is_patched(self) -> bool:
        return bool(self._patches)

    def _text_write(self, original: Callable[[str], Any], layered: bool) -> Callable[[str], Any]:
        def write(text: str, *args: Any, **kwargs: Any) -> Any:
            if layered:
                result = self._in_text_layer(original, text, *args, **kwargs)
            else:
                result = original(text, *args, **kwargs)
            if self.callbacks and text:
                self._tell(text)
            return result

        return write

    def _text_flush(self, original: Callable[[], Any]) -> Callable[[], Any]:
        def flush(*args: Any, **kwargs: Any) -> Any:
            return self._in_text_layer(original, *args, **kwargs)

        return flush

    def _in_text_layer(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call it with the mark that what now reaches `buffer.write` from this thread is text that was told already.

        One thread at a time: before CPython 3.12.5 a TextIOWrapper whose buffer's `write` lets another thread in
        between mixes up its own memory and writes garbage.
        """
        with self._text_locks.get():
            outer, self._text_thread = self._text_thread, get_ident()
            try:
                return original(*args, **kwargs)
            finally:
                self._text_thread = outer

    def _bytes_write(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def write(data: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(data, *args, **kwargs)
            if self.callbacks and self._text_thread != get_ident():
                encoding = getattr(self.stream, "encoding", None) or "utf-8"
                written = bytes(data)[:result] if type(result) is int else bytes(data)  # an unbuffered one may be short
                self._tell(written.decode(encoding, "replace"))
            return result

        return write

    def _tell(self, text: str) -> None:
        for callback in tuple(self.callbacks):
            try:
                if type(text) is str:
                    callback(self.is_stdout, text)
                else:
                    callback(self.is_stdout, str(text))
            except Exception as error:
                # A user's str subclass, an encoder's fault, no memory: capture must not end the program's print.
                if callback in self.callbacks:
                    self.callbacks.remove(callback)
                    self._warn(error)

    def _warn(self, error: Exception) -> None:
        from wandb.sdk.lib.terminal import termwarn

        name = "stdout" if self.is_stdout else "stderr"
        termwarn(f"Capturing {name} has failed and is off for this run ({type(error).__name__}: {error}).")


_taps: List[_Tap] = []


class ConsoleCapture:
    """One run's ear at `sys.stdout` and `sys.stderr`, as they are at `install`."""

    def __init__(self, callback: Callback) -> None:
        """`callback(is_stdout, text)` is called after each write, in the process and thread that wrote."""
        self._callback = callback
        self._heard: List[_Tap] = []

    def install(self) -> None:
        """Begin; a stream that is None, closed or can't be patched is left as it is."""
        for stream, is_stdout in ((sys.stdout, True), (sys.stderr, False)):
            tap = next((tap for tap in _taps if tap.stream is stream and tap.is_patched()), None)
            if tap is None:
                tap = _Tap(stream, is_stdout)
                if stream is None or not tap.install():
                    continue
                _taps.append(tap)
            tap.callbacks.append(self._callback)
            self._heard.append(tap)

    def restore(self) -> None:
        """End; a second call does nothing. The last run that listens to a stream takes its patch back."""
        for tap in self._heard:
            if self._callback in tap.callbacks:
                tap.callbacks.remove(self._callback)
            if not tap.callbacks:
                tap.restore()
                if not tap.is_patched() and tap in _taps:
                    _taps.remove(tap)
        self._heard.clear()
