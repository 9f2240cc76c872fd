"""The console of a run as numbered lines of the server's `output.log`, which are sent again when they change.

Each writer and stream has a terminal of its own, as in `output.py`. The n-th line of one is the same each time the
logs are read, while the order between them is not; so the checkpoint keeps, for each of them, how many of its lines
have begun, and the numbers of those that may still change or are not acknowledged.

Limits: only the last `WINDOW` to `2 * WINDOW` lines of a stream change. Of `MOST_SOURCES` streams, the quarter silent
for longest is forgotten: what they add begins a new line. A line is cut at `MOST_CHARACTERS`, and says so; the file
output.log has all of it.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Tuple
from zlib import crc32

from wandb.sync.sent_lines import line_size
from wandb.sync.terminal_line import Line
from wandb.sync.terminal_model import TerminalModel

WINDOW = 32
MOST_SOURCES = 1000
MOST_CHARACTERS = 4096
_LINE_SIZE = 400  # bytes that a line takes in memory besides its text
_Key = Tuple[str, str]
_Known = Tuple[int, int]  # number of a line, and checksum of what the server has of it
_UNKNOWN = (-1, -1)


class _Source:
    """One stream of one writer."""

    __slots__ = ("begun", "is_error", "known", "model", "sent")

    def __init__(self, is_error: bool, begun: int, sent: int, known: Dict[int, _Known]) -> None:
        self.model = TerminalModel(WINDOW, colors=True)
        self.is_error = is_error
        self.begun = begun  # so many lines so far
        self.sent = sent  # of the first so many, only those in `known` are not settled
        self.known = known


class _Numbered:
    """A line that can change, or waits to be sent."""

    __slots__ = ("checksum", "index", "line", "number", "prefix", "source", "time")

    def __init__(self, line: Line, source: _Source, index: int, time: float, prefix: str) -> None:
        self.line = line
        self.source = source
        self.index = index  # among the lines of its source
        # On the server; -1 as long as it has none.
        self.number, self.checksum = source.known.get(index, _UNKNOWN)
        self.time = time
        self.prefix = prefix


class ConsoleLines:
    """Fed in the order of the logs. `take` and `acknowledge` alternate, with nothing fed between them."""

    def __init__(
        self,
        state: Dict[str, Any],
        offset: int = 0,
        keeps: Callable[[str], bool] | None = None,
        label: str = "",
        structured: bool = False,
        in_doubt: bool = False,
    ) -> None:
        """`state` as a checkpoint has it; `offset` is the number of the first line where there is no state.

        `keeps(line)`: whether a line shall be sent. `structured`: as JSON, for a server that can read it. `label` is
        the name of this writer. `in_doubt`: the server may have got more than the state says: lines that can change are
        sent again, even if they are now as they were then.
        """
        self.offset = int(state.get("offset", offset))  # the number of the next line
        self._acknowledged = self.offset  # the server has all lines before this one, in some state
        self._last = -1  # the line that was acknowledged last
        self._keeps = keeps
        self._label = label
        self._structured = structured
        self._before = {
            (writer, stream): (int(sent), {int(i): (line[0], -1 if in_doubt else line[1]) for i, line in known.items()})
            for writer, stream, sent, known in state.get("sources") or ()
        }
        self._forgotten: Dict[_Key, int] = {}
        self._sources: Dict[_Key, _Source] = {}  # the one fed last comes last
        self._lines: List[_Numbered] = []
        self.size = 0  # about what came since `settle`, and the lines that waited then, take in memory

    def feed(self, writer: str, stream: str, text: str, time: float, prefix: str = "") -> None:
        """Continue a writer's stream by this text; `prefix` stands in front of the lines that begin in it."""
        key = (writer, stream)
        source = self._sources.pop(key, None) or self._new_source(key)
        self._sources[key] = source
        for line in source.model.feed(text):
            index, source.begun = source.begun, source.begun + 1
            if index >= source.sent or index in source.known:
                self._lines.append(_Numbered(line, source, index, time, prefix))
                self.size += _LINE_SIZE
        self.size += line_size(text)

    def take(self, room: int) -> Tuple[int, List[str], List[Tuple[_Numbered, int]]]:
        """(number of the first, lines, what to acknowledge): a row of those that have changed, in `room` bytes."""
        # On behind the last one: those that change all the time, such as bars, must not keep others waiting.
        changed = sorted(self._changed(), key=lambda numbered: (numbered.number <= self._last, numbered.number))
        taken: List[_Numbered] = []
        lines: List[str] = []
        checksums: List[int] = []
        for numbered in changed:
            line = self._rendered(numbered)
            checksum = crc32(line.encode("utf-8", "replace"))
            if checksum == numbered.checksum:
                numbered.line.changed = False
                continue
            if taken and numbered.number != taken[-1].number + 1:
                break
            room -= line_size(line)
            if taken and room < 0:
                break
            taken.append(numbered)
            numbered.checksum = -1  # without an answer, nobody knows which version the server has
            lines.append(line)
            checksums.append(checksum)
        return (taken[0].number if taken else 0), lines, list(zip(taken, checksums))

    def acknowledge(self, taken: List[Tuple[_Numbered, int]]) -> None:
        """The server has these."""
        if taken:
            last = taken[-1][0].number
            self._last = last if last + 1 < self.offset else -1  # from the end, round to the first one
        for numbered, checksum in taken:
            numbered.line.changed, numbered.checksum = False, checksum
            self._acknowledged = max(self._acknowledged, numbered.number + 1)
        self.settle()

    def settle(self) -> None:
        """Let go of what no cursor can reach any more and the server has, or shall not have."""
        waits = self.waits()
        self._lines = [numbered for numbered in self._lines if _is_open(numbered)]
        sizes = (numbered.line.size() + _LINE_SIZE for numbered in self._lines if _waits(numbered))
        self.size = sum(sizes) if waits else 0

    def waits(self) -> bool:
        """Whether there is anything to send. As in `take`, lines get their numbers."""
        return bool(self.take(0)[1])

    def state(self) -> Dict[str, Any]:
        """For the checkpoint. A number that the server has not acknowledged may be another line's next time."""
        known: Dict[int, Dict[int, _Known]] = {id(source): {} for source in self._sources.values()}
        for numbered in self._lines:
            is_there = numbered.number < self._acknowledged
            state = (numbered.number, numbered.checksum) if is_there else _UNKNOWN
            known.setdefault(id(numbered.source), {})[numbered.index] = state
        sources = [[*key, max(source.begun, source.sent), known[id(source)]] for key, source in self._sources.items()]
        sources += [[*key, begun, {}] for key, begun in self._forgotten.items()]
        sources += [[*key, sent, numbers] for key, (sent, numbers) in self._before.items()]
        return {"offset": self._acknowledged, "sources": sources}

    def _new_source(self, key: _Key) -> _Source:
        if len(self._sources) >= MOST_SOURCES:
            for silent in list(self._sources)[: MOST_SOURCES // 4]:
                self._forgotten[silent] = self._sources.pop(silent).begun
        sent, known = self._before.pop(key, (0, {}))
        return _Source(key[1] == "stderr", self._forgotten.pop(key, 0), sent, known)

    def _changed(self) -> List[_Numbered]:
        """Those to send; each has a number from now on."""
        found = []
        for numbered in self._lines:
            if not numbered.line.changed:
                continue
            if numbered.number < 0:
                if self._keeps is not None and not self._keeps(numbered.line.text()):
                    continue
                numbered.number, self.offset = self.offset, self.offset + 1
            found.append(numbered)
        return found

    def _rendered(self, numbered: _Numbered) -> str:
        text = numbered.prefix + numbered.line.styled_text()
        if len(text) > MOST_CHARACTERS:
            mark = f"… ({len(text)} characters)"
            text = text[: MOST_CHARACTERS - len(mark)] + mark
        moment = datetime.fromtimestamp(numbered.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        if self._structured:
            values = {"level": "error"} if numbered.source.is_error else {}
            values["ts"] = moment
            if self._label:
                values["label"] = self._label
            return json.dumps({**values, "content": text}, ensure_ascii=False)
        label = f"[{self._label}] " if self._label else ""
        return f"{'ERROR ' if numbered.source.is_error else ''}{moment} {label}{text}"


def _is_open(numbered: _Numbered) -> bool:
    may_change = numbered.index >= numbered.source.begun - 2 * WINDOW - 1
    return may_change or _waits(numbered)


def _waits(numbered: _Numbered) -> bool:
    return numbered.line.changed and numbered.number >= 0
