"""The console of a run, from the text that its processes printed to `files/output.log`.

The follower feeds it in the order of the logs; it knows no records, and nobody else writes that file. Each writer and
stream has a terminal of its own; a line has its place in the file from its first character on, so lines of different
writers alternate but never mix. Control characters are left out, and colours unless they are wanted; the transaction
log keeps the raw text.

Limits: a line is final once about `WINDOW_LINES` lines, or twice `WINDOW_CHARACTERS`, follow it; what its stream adds
later begins a new line. Of `MOST_STREAMS` streams, the quarter silent for longest is forgotten, to the same effect.
No line is cut and none is dropped. Lines that are final wait for the next `flush`; if many do, they are written before
it, and stay in memory only while the disk refuses them.
"""

from __future__ import annotations

import os
from io import FileIO
from typing import Callable

from wandb.sync.rewrite import fresh
from wandb.sync.terminal_line import Line
from wandb.sync.terminal_model import TerminalModel

WINDOW_LINES = 1000
WINDOW_CHARACTERS = 64 * 1024 * 1024
MOST_STREAMS = 1000
_LINES_PER_FREEZE = 100  # the window is cut back by so many lines at once
_LINES_PER_SWEEP = 10_000
_MOST_WAITING_LINES, _MOST_WAITING_CHARACTERS = 4_000, 16 << 20
_PIECE = 1 << 16


class Beginning:
    """What a resumed run's output.log begins with: that of the part before it, as it is now, and a border."""

    def __init__(self, earlier: str, border: str) -> None:
        self._earlier = earlier
        self._border = f"{border}\n".encode()
        self._copied = 0
        try:
            with open(earlier, "rb") as file:
                self._copied = file.seek(0, os.SEEK_END)
                if file.seek(max(self._copied - 1, 0)) and file.read(1) != b"\n":
                    self._border = b"\n" + self._border  # it is being written just now
        except OSError:
            pass  # that part has printed nothing, or has been removed
        self.size = self._copied + len(self._border)

    def write_to(self, file: FileIO) -> None:
        """Write so many bytes. Raises OSError if the disk refuses."""
        left = self._copied
        if left:
            with open(self._earlier, "rb") as source:
                while left:
                    data = source.read(min(left, 1 << 20)) or b"\n" * left  # it has become shorter
                    _write_all(file, data)
                    left -= len(data)
        _write_all(file, self._border)


class OutputLog:
    """One output.log. It is written anew, beside an older one that the first flush replaces."""

    def __init__(
        self,
        path: str,
        keeps: Callable[[str], bool] | None = None,
        colors: bool = False,
        beginning: Beginning | None = None,
    ) -> None:
        """`keeps(line)`: whether a line shall be in the file; None for all of them. `colors`: with escape sequences."""
        self._path = path
        self._colors = colors
        self._beginning = beginning
        self._keeps = keeps
        self._new_path = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
        self._file: FileIO | None = None
        self._in_place = False
        self._size = beginning.size if beginning else 0  # bytes up to the end of the last line that a flush wrote
        self._models: dict[tuple[str, str], TerminalModel] = {}  # the one fed last comes last
        self._newest: tuple[str, str] | None = None  # ... which is this one's
        self._lines: list[Line] = []  # those that are not both final and written
        self._final_count = 0  # how many of them, at the front, are final
        self._finals_since_sweep = 0
        self._characters = 0  # at most so many are held by lines that are not final
        self._characters_limit = WINDOW_CHARACTERS
        self._fed = 0  # characters since lines were let go of
        self._patience = 1  # grows while the disk refuses them

    def feed(self, writer: str, stream: str, text: str, prefix: str = "") -> None:
        """Continue a writer's stream by this text; a file that can't be written is no error before `flush`.

        `prefix` is put in front of the lines that begin in it.
        """
        key = (writer, stream)
        if key != self._newest:
            self._models[key] = self._models.pop(key) if key in self._models else self._new_model()
            self._newest = key
        model = self._models[key]
        if len(text) <= _PIECE:
            self._feed(model, text, prefix)
        else:
            for start in range(0, len(text), _PIECE):
                self._feed(model, text[start : start + _PIECE], prefix)

    def _feed(self, model: TerminalModel, text: str, prefix: str) -> None:
        began = model.feed(text)
        if began:
            self._lines += began
            if prefix:
                for line in began:
                    line.prefix = prefix
        self._fed += len(text)
        self._characters += len(text)
        open_count = len(self._lines) - self._final_count
        if open_count >= WINDOW_LINES + _LINES_PER_FREEZE or self._characters > self._characters_limit:
            self._finalize()
        if self._final_count:
            waiting = max(self._final_count / _MOST_WAITING_LINES, self._fed / _MOST_WAITING_CHARACTERS)
            if waiting > self._patience:
                self._relieve()

    def _relieve(self) -> None:
        try:
            self._let_go()
            self._patience = 1
        except OSError:
            self._patience *= 2  # the next flush says it

    def flush(self) -> None:
        """Bring the file up to date, lines that still change included. After an OSError, call it again."""
        self._let_go()
        if self._file is not None and not self._in_place:
            os.replace(self._new_path, self._path)
            self._in_place = True

    def _let_go(self) -> None:
        """Write what has changed, and forget the lines that are final."""
        first = next((index for index, line in enumerate(self._lines) if line.changed), None)
        if first is not None:
            self._write_lines(first)
        self._fed = 0
        for line in self._lines[: self._final_count]:
            line.release()
        del self._lines[: self._final_count]
        self._final_count = 0

    def close(self) -> None:
        """Flush, and let go of the file; nothing may be fed afterwards. A second call does nothing."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._models.clear()
        self._lines.clear()

    def _write_lines(self, first: int) -> None:
        """Write from this line on; nothing is noted as written before all of it is."""
        lines = self._lines[first:]
        position = lines[0].start if lines[0].start >= 0 else self._size
        addition = lines[0].addition() if self._keeps is None else None
        if addition is not None:
            position = lines[0].stop
        offset, data, places = position, [], []
        for line in lines:
            encoded = b""
            text = line.text() if addition is None else addition
            if not line.hidden and (self._keeps is None or self._keeps(text)):
                if addition is None:
                    text = line.prefix + (line.styled_text() if self._colors else text)
                encoded = text.encode("utf-8", errors="replace") + b"\n"
            places.append((offset if addition is None else line.start, offset + max(len(encoded) - 1, 0)))
            offset += len(encoded)
            data.append(encoded)
            addition = None
        self._replace_end(position, b"".join(data))
        self._size = offset
        for line, (start, stop) in zip(lines, places):
            line.mark_written(start, stop)

    def _replace_end(self, position: int, data: bytes) -> None:
        """Make `data` the end of the file, from `position` on. Shortening comes last: readers see no gap."""
        if self._file is None:
            file = FileIO(fresh(self._new_path), "x")
            if self._beginning is not None:
                self._beginning.write_to(file)
            self._file = file
        self._file.seek(position)
        _write_all(self._file, data)
        self._file.truncate()

    def _finalize(self) -> None:
        """Freeze the lines that have left the window."""
        count = max(len(self._lines) - WINDOW_LINES, self._final_count)
        if self._characters > self._characters_limit:
            count = max(count, self._count_beyond_characters())
        for line in self._lines[self._final_count : count]:
            line.final = True
        self._finals_since_sweep += count - self._final_count
        self._final_count = count
        if self._finals_since_sweep > _LINES_PER_SWEEP:
            self._sweep()

    def _count_beyond_characters(self) -> int:
        """How many lines are followed by too much text; measured once for each WINDOW_CHARACTERS that came."""
        total = 0
        index = len(self._lines)
        while index > self._final_count:
            size = self._lines[index - 1].size()
            if total and total + size > WINDOW_CHARACTERS:
                break
            total += size
            index -= 1
        self._characters = total
        self._characters_limit = total + WINDOW_CHARACTERS
        return index

    def _new_model(self) -> TerminalModel:
        if len(self._models) >= MOST_STREAMS:
            for key in list(self._models)[: -MOST_STREAMS * 3 // 4]:
                del self._models[key]
        return TerminalModel(colors=self._colors)

    def _sweep(self) -> None:
        """Drop the models of streams that ended with a line, once their lines are final."""
        self._finals_since_sweep = 0
        self._newest = None
        self._models = {key: model for key, model in self._models.items() if not model.at_rest()}


def _write_all(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
