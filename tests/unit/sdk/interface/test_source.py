"""What a record of console text says of its thread."""

from __future__ import annotations

import os
import threading
from typing import Any, Dict, List

import pytest

from wandb.sdk.interface import source
from wandb.sdk.interface.source import Source


class Counting(Source):
    """Notes what it encodes."""

    def __init__(self) -> None:
        super().__init__(os.getpid(), is_creator=True, kept="all")
        self.encoded: List[str] = []

    def _encoded(self, values: Dict[str, Any]) -> bytes:
        self.encoded.append(values["thread"])
        return super()._encoded(values)


def said_by(names: List[str], counting: Source) -> List[bytes]:
    """What it says in one thread that takes these names."""
    said = []

    def work() -> None:
        for name in names:
            threading.current_thread().name = name
            said.append(counting.of_this_thread())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return said


def test_thread__that_writes_again__is_not_encoded_again() -> None:
    """`print` asks for each word; to encode the answer took as long as all the rest."""
    counting = Counting()
    said = said_by(["loader", "loader", "saver", "loader"], counting)
    assert counting.encoded == ["loader", "saver"]
    assert [b"loader" in words for words in said] == [True, True, False, True] and b"saver" in said[2]


def test_threads__more_than_are_remembered__are_each_called_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's threads come and go for months."""
    monkeypatch.setattr(source, "_MOST_THREADS", 2)
    counting = Counting()
    names = [f"request {number}" for number in range(7)]
    assert all(name.encode() in words for name, words in zip(names, said_by(names, counting)))
    assert len(counting._of_threads) <= 2
