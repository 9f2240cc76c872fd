"""Rows on their way through a file: read once from a run that may go on, and again once their columns are known."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterator, List

_ROWS_PER_PIECE = 1000


class RowStore:
    """Rows of JSON values, appended and then iterated over any number of times; one piece of them is in memory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open(path, "w", encoding="ascii")  # noqa: SIM115 (open until `close`)
        self._piece: List[Dict[str, Any]] = []
        self.count = 0

    def append(self, row: Dict[str, Any]) -> None:
        """Keep a row. Raises OSError if the disk refuses."""
        self._piece.append(row)
        self.count += 1
        if len(self._piece) >= _ROWS_PER_PIECE:
            self._write()

    def _write(self) -> None:
        self._file.write(json.dumps(self._piece) + "\n")
        self._piece = []

    def close(self) -> None:
        """End the appending."""
        self._write()
        self._file.close()

    def remove(self) -> None:
        """Remove the file."""
        os.unlink(self._path)

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        with open(self._path, encoding="ascii") as file:
            for piece in file:
                yield from json.loads(piece)
