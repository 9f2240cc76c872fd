"""Tells a person how much is left to send: bars at the foot of a terminal, by rich if that is installed, or else lines.

`finish` and `wandb sync` use it, for one run or for several. A display that can't be drawn is given up for lines, and
nothing but lines ever goes to what is no terminal.
"""

from __future__ import annotations

import os
from time import monotonic

from wandb.loading import loading
from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.terminal import colored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Mapping, TextIO

# What takes less is not worth a word; then a line so often.
_LEAST_SECONDS, _LINE_SECONDS = 2.0, 5.0
_BAR_SECONDS = 0.1
_AMOUNTS = ("left_bytes", "left_files")


def words_of(values: Mapping[str, Any]) -> str:
    """How much an upload's status says is not sent, in words."""
    size, files = (int(values.get(name) or 0) for name in _AMOUNTS)
    parts = [f"{size / 2**20:.1f} MiB of its record"] * bool(size) + [f"{files} files"] * bool(files)
    sent = int(values.get("sent_bytes") or 0) / 2**20
    so_far = f", {sent:.1f} MiB sent" if sent >= 1 else ""
    return f"{' and '.join(parts) or 'a part of it'} left{so_far}"


class Progress:
    """One display for all runs that are sent at the same time; not for several threads at once."""

    def __init__(self, say: Callable[[str], None], terminal: Callable[[], TextIO | None] = lambda: None) -> None:
        """`say` prints a line; `terminal` is asked once, when there is something to draw."""
        self._say = say
        self._terminal = terminal
        self._stream: TextIO | None = None
        self._bars: Any = None
        self._left: Dict[str, Mapping[str, Any]] = {}
        self._most: Dict[str, Dict[str, int]] = {}
        self._next = 0.0
        self.begin()

    def begin(self) -> None:
        """From now on somebody waits."""
        self._told = monotonic() + _LEAST_SECONDS - _LINE_SECONDS
        self._is_drawn: bool | None = None  # not known yet

    def show(self, name: str, values: Mapping[str, Any]) -> None:
        """So much is left of a run now, as its upload's status says."""
        most = self._most.setdefault(name, dict.fromkeys(_AMOUNTS, 0))
        most.update({amount: max(most[amount], int(values.get(amount) or 0)) for amount in _AMOUNTS})
        self._left[name] = values
        self.look()

    def look(self) -> None:
        """Show what was told last, if it is time."""
        now = monotonic()
        if now < self._told + _LINE_SECONDS and self._bars is None:
            return
        if self._is_drawn is None:
            self._stream = self._terminal()
            self._is_drawn = self._stream is not None and _can_draw()
        if self._is_drawn:
            if now >= self._next:
                self._next = now + _BAR_SECONDS
                self._draw()
            return
        for name, left in self._left.items():
            if any(map(left.get, _AMOUNTS)):
                self._told = now
                self._say(f"{name}: {words_of(left)}")

    def done(self, name: str) -> None:
        """Nobody waits for that run any more."""
        self._left.pop(name, None)
        self.hide()

    def hide(self) -> None:
        """Take the bars away, before something else is printed; the next `show` draws them again."""
        bars, self._bars = self._bars, None
        if bars is not None:
            self._guarded(bars.stop)

    def _share(self, name: str) -> float:
        """How much of a run is sent, of what there was to send since it is shown: 0 to 1."""
        most = {amount: value for amount, value in self._most[name].items() if value}
        shares = [1 - int(self._left[name].get(amount) or 0) / value for amount, value in most.items()]
        return sum(shares) / len(shares)

    def _draw(self) -> None:
        waiting = {name: values for name, values in self._left.items() if any(map(values.get, _AMOUNTS))}
        shown = {name: (self._share(name), words_of(values)) for name, values in waiting.items()}
        if self._bars is not None:
            self._guarded(lambda: _update(self._bars, shown))
        elif shown:
            self._guarded(lambda: self._open(shown))

    def _open(self, shown: Mapping[str, Any]) -> None:
        self._bars = _new_bars(self._stream)
        self._bars.start()
        _update(self._bars, shown)

    def _guarded(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            # A closed terminal, a rich that is broken or too old: lines do as well.
            self._is_drawn, self._bars = False, None
            if is_from_signal_handler(error):
                raise


def _can_draw() -> bool:
    """Whether rich is there, as a package: a program of that name must not be run for a bar."""
    if os.environ.get("TERM", "") in ("", "dumb"):
        return False
    with loading():
        from importlib.util import find_spec

        try:
            spec = find_spec("rich")
        except ValueError:  # somebody has put something without a spec in its place
            return False
    return spec is not None and bool(spec.submodule_search_locations)


def _new_bars(stream: TextIO | None) -> Any:
    """No thread draws them, and no stream is put in another's place: both would be felt by the program."""
    with loading():
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

    class WithCursor(Console):
        def show_cursor(self, show: bool = True) -> bool:
            return False  # a program that is killed now would leave a terminal without one

    console = WithCursor(file=stream, force_jupyter=False, highlight=False, no_color=not colored(stream))
    texts = [TextColumn(f"{{task.{part}}}", markup=False) for part in ("description", "fields[left]")]
    return Bars(
        texts[0],
        BarColumn(),
        texts[1],
        console=console,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
        transient=True,
    )


def _update(bars: Any, shown: Mapping[str, Any]) -> None:
    known = {task.description: task.id for task in bars.tasks}
    for name in set(known) - set(shown):
        bars.remove_task(known[name])
    for name, (share, left) in shown.items():
        if name not in known:
            known[name] = bars.add_task(name, total=1.0, left=left)
        bars.update(known[name], completed=share, left=left)
    bars.refresh()
