"""What the server does wrong when it is told to: each fault is for so many requests of one kind."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Callable, Dict, List

STATUS, RESET, CLOSE, HANG, SLOW, CUT = "status", "reset", "close", "hang", "slow", "cut"
GARBAGE = "garbage"  # no HTTP
ENDLESS, DRIP = "endless", "drip"  # answers that do not end: as fast as they are read, and as a stream of events


@dataclass
class Fault:
    """One way to fail. `applies`: the request is carried out, and only its answer is lost or wrong."""

    kind: str
    applies: bool = False
    status: int = 500
    headers: Dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # of HANG, at most; of SLOW, in all
    text: str = '{"error": "told to fail"}'  # of STATUS
    after: int = 0  # of CUT: bytes

    @classmethod
    def answer(cls, status: int, text: str = "", **headers: str) -> Fault:
        """Something else is answered, whatever was asked."""
        return cls(STATUS, status=status, text=text, headers=headers)

    @classmethod
    def lost_reply(cls) -> Fault:
        """The request is carried out and the connection is cut in the middle of the answer."""
        return cls(RESET, applies=True)

    @classmethod
    def cut(cls, after: int, status: int = 0) -> Fault:
        """Only the beginning of a file is taken; the connection is reset, or this status answered."""
        return cls(CUT, after=after, status=status)


class Faults:
    """Chooses the fault for a request; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: List[tuple[str, Fault, int]] = []
        self.chaos: Callable[[str], Fault | None] = lambda kind: None
        self.release = threading.Event()  # set: nothing hangs any more
        self.made: List[tuple[str, Fault]] = []

    def plan(self, kind: str, fault: Fault, times: int = 1) -> None:
        """Fail the next `times` requests of a kind: "file_stream", "put", "put NAME" of a file, "question", "graphql",
        an operation's name, or "" (any).
        """
        with self._lock:
            self._planned.append((kind, fault, times))

    def clear(self) -> None:
        """Be healthy from now on."""
        with self._lock:
            self._planned.clear()
            self.chaos = lambda kind: None
        self.release.set()

    def take(self, kinds: List[str]) -> Fault | None:
        """The fault for a request that is of these kinds."""
        with self._lock:
            for index, (kind, fault, times) in enumerate(self._planned):
                if not kind or kind in kinds:
                    self._planned[index : index + 1] = [(kind, fault, times - 1)] if times > 1 else []
                    self.made.append((kinds[0], fault))
                    return fault
            fault_or_none = self.chaos(kinds[0])
            if fault_or_none is not None:
                self.made.append((kinds[0], fault_or_none))
            return fault_or_none
