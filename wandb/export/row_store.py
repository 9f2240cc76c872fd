"""Rows on their way through a file: read once from a run that may go on, and again once their columns are known."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterator


class RowStore:
    """Rows of JSON values, appended and then iterated over any number of times; one of them is in memory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open(path, "w", encoding="ascii")  # noqa: SIM115 (open until `close`)
        self._size = 0
        self.count = 0

    def append(self, row: Dict[str, Any]) -> None:
        """Keep a row. Raises OSError if the disk refuses."""
        self._size += self._file.write(json.dumps(row) + "\n")
        self.count += 1

    def close(self) -> None:
        """End the appending."""
        self._file.close()

    def mean_size(self) -> int:
        """Bytes of a row, on the average; at least 1."""
        return max(1, self._size // max(1, self.count))

    def remove(self) -> None:
        """Remove the file."""
        os.unlink(self._path)

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        with open(self._path, encoding="ascii") as file:
            yield from map(json.loads, file)
