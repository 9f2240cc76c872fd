"""Console capture in a Python process: tees what goes through `sys.stdout` and `sys.stderr` to callbacks.

What is inherited through fork is only the patched object: the callbacks decide by pid where they append, before
any lock. A callback that fails is switched off with one warning and never raises into a `print`. `restore` takes
back what is still ours and leaves everything else alone. How a stream is patched: `stream_tap`; what an IPython
shell does to it around each cell: `shell_cells`.
"""

from __future__ import annotations

import io
import sys
from _thread import allocate_lock

from wandb.descriptors import identity_of
from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.shell_cells import ShellCells
from wandb.sdk.lib.stream_tap import Tap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Tuple

    Callback = Callable[[bool, str], None]

CAPTURE_MODES = ("wrap", "wrap_raw", "wrap_emu", "auto", "redirect")

_taps: List[Tap] = []


class ConsoleCapture:
    """One run's ear at `sys.stdout` and `sys.stderr` as they are at `install`, at each `look`, and when a cell begins.

    Outside of IPython also at those that the program began with: who silences `init` puts them back afterwards.
    """

    def __init__(self, callback: Callback) -> None:
        """`callback(is_stdout, text)` is called after each write, in the process and thread that wrote.

        With an empty text it is told that the stream has been flushed.
        """
        self._callback = callback
        self._heard: List[Tap] = []
        self._wanted: Callable[[Any], bool] = _any_stream
        self._cells = ShellCells(self._cell_begins, self._cell_shows)
        self._looking = allocate_lock()  # never waited for: a forked child may inherit it taken

    def install(self, wanted: Callable[[Any], bool] | None = None) -> None:
        """Begin, with those streams that are wanted; one that is None, closed or can't be patched is left as it is."""
        self._wanted = wanted or self._wanted
        self._cells.follow()
        self._listen()

    def restore(self) -> None:
        """End; a second call does nothing. The last run that listens to a stream takes its patch back."""
        self._cells.leave()
        for tap in self._heard:
            others = tuple(callback for callback in tap.callbacks if callback is not self._callback)
            if not others:
                tap.tell_half()
            tap.callbacks = others
            if not others:
                tap.returns = False
                tap.restore()
                _forget_if_idle(tap)
        self._heard.clear()

    def look(self) -> None:
        """Listen also to a stream that the program has put in the place of one since, if it leads to the console too.

        One in memory or to a file stands there for a while, and what it gets is not shown. In a shell, cells say when.
        """
        heard = [id(tap.stream) for tap in self._heard]
        new = [stream for stream in (sys.stdout, sys.stderr) if id(stream) not in heard]
        if new and not self._cells.are_followed() and self._looking.acquire(False):
            try:
                new = [stream for stream in new if _leads_to_console(stream)]
                self._listen_to([(stream, stream is sys.stdout) for stream in new], in_shell=False)
            finally:
                self._looking.release()

    def _listen(self) -> None:
        in_shell = self._cells.are_followed()
        self._listen_to(_streams(in_shell), in_shell)

    def _listen_to(self, streams: List[Tuple[Any, bool]], in_shell: bool) -> None:
        for stream, is_stdout in streams:
            tap = _tap_of(stream, is_stdout)
            if stream is None or tap in self._heard or not self._wanted(stream):
                continue
            self._heard.append(tap)  # first: whoever is interrupted here restores what is heard
            if not tap.install():
                self._heard.remove(tap)
                continue
            if tap not in _taps:
                _taps.append(tap)
            tap.returns = in_shell
            tap.callbacks += (self._callback,)

    def _cell_begins(self, is_nested: bool) -> None:
        """Look after what we hear; new streams of a nested cell are somebody's capture (`%%capture`), not a console."""
        for tap in self._heard:
            tap.install()
        if not is_nested:
            self._listen()

    def _cell_shows(self, text: str) -> None:
        if text:
            self._callback(False, text)


def _streams(in_shell: bool) -> List[Tuple[Any, bool]]:
    """What to listen to, and whether it is stdout; an inner stream before one that may lead to it."""
    if in_shell:
        return [(sys.stdout, True), (sys.stderr, False)]
    numbers = (_number(sys.__stdout__), _number(sys.__stderr__))
    found: List[Tuple[Any, bool]] = []
    for now, first, is_stdout in ((sys.stdout, sys.__stdout__, True), (sys.stderr, sys.__stderr__, False)):
        number, is_text_layer = _number(now), isinstance(now, io.TextIOWrapper)
        shares_bytes = is_text_layer and number is not None and now.buffer is getattr(first, "buffer", None)
        if first is not now and not shares_bytes and numbers[not is_stdout] is not None:
            found.append((first, is_stdout))
        # What stands for one of the first streams, as objects of rich and prompt_toolkit do, may hand texts on later.
        if first is now or is_text_layer or number is None or number not in numbers:
            found.append((now, is_stdout))
    return found


def _number(stream: Any) -> int | None:
    """Its descriptor; None if it has none, or none any more."""
    try:
        return int(stream.fileno())
    except Exception as error:  # none, closed, its buffer taken away, or a program's own class
        if is_from_signal_handler(error):
            raise
        return None


def _leads_to_console(stream: Any) -> bool:
    """Whether it writes where the first streams do, by itself: what stands for one of them may hand texts on later."""
    number = _number(stream) if isinstance(stream, io.TextIOWrapper) else None
    if number is None:
        return False
    firsts = [first for first in (_number(sys.__stdout__), _number(sys.__stderr__)) if first is not None]
    return number in firsts or identity_of(number) in [identity_of(first) for first in firsts]


def _tap_of(stream: Any, is_stdout: bool) -> Tap:
    is_second = False
    for tap in _taps:  # no generator: what a signal handler raises while one is closed is lost
        if tap.stream is stream:
            return tap
        is_second = is_second or tap.is_stdout == is_stdout
    return Tap(stream, is_stdout, is_second, _forget_if_idle)


def flushed_by_python(stream: Any) -> bool:
    """Whether Python flushes it at its exit; another one flushes itself as it goes, which a patch of ours prevents."""
    return stream is sys.stdout or stream is sys.stderr


def _any_stream(_: Any) -> bool:
    return True


def _forget_if_idle(tap: Tap) -> None:
    if tap.is_idle() and tap in _taps:
        _taps.remove(tap)
