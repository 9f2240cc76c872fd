"""One table of an export: a file for each run, all with the same columns."""

from __future__ import annotations

import os
from itertools import chain
from typing import Any, Callable, Dict, Iterable, List, Tuple, Union

from wandb.export import csv_table, json_lines, parquet, tensorboard
from wandb.export.columns import Columns
from wandb.export.row_store import RowStore

_WITH_COLUMNS: Dict[str, Callable[[Dict[str, str]], Union[parquet.Writer, csv_table.Writer]]] = {
    "parquet": parquet.Writer,
    "csv": csv_table.Writer,
}
# What a Parquet file costs grows with its columns, whatever is in them: above so many columns of all files together
# the rows of all runs are in one file.
_MOST_COLUMNS = 250_000
_SEVERAL = os.path.join("project=several", "run_id=several", "part-0.parquet")
# Of rows, as text, that a writer may hold at once.
_MOST_BYTES = 32 << 20
_STRAIGHT = {"jsonl": json_lines.write, "tensorboard": tensorboard.write}


class Table:
    """`add` the rows of all runs, then `finish`.

    Formats without columns are written at once. For the others the rows wait in files, compact and in the order they
    came in: what a run that goes on logs meanwhile is in none of the two passes over them.
    """

    def __init__(self, folder: str, name: str, to: str, spill: str, types: Dict[str, str] | None = None) -> None:
        """`types` are the columns, if they are known before the rows."""
        self._folder = os.path.join(folder, name)
        self._to = to
        self._spill = os.path.join(spill, name or "runs")
        self._types = types
        self._columns = Columns()
        self._stores: List[Tuple[str, RowStore]] = []

    def add(self, place: str, rows: Iterable[Dict[str, Any]]) -> int:
        """Take in the rows of one run, for the file at `place`; their number. Raises OSError."""
        # TensorBoard names a run by the folder of its event file.
        path = os.path.join(self._folder, place if self._to == "tensorboard" else f"{place}.{self._to}")
        if self._to in _STRAIGHT:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            counted = _Counted(rows)
            _STRAIGHT[self._to](path, counted)
            return counted.count
        store = RowStore(f"{self._spill}-{len(self._stores)}")
        for row in rows:
            if self._types is None:
                self._columns.see(row)
            store.append(row)
        store.close()
        self._stores.append((path, store))
        return store.count

    def finish(self, tell: Callable[[str], None]) -> None:
        """Write the files that still wait. Raises OSError."""
        types = self._columns.types() if self._types is None else self._types
        if not self._stores:
            return
        tell(f"writing {os.path.basename(self._spill)}")
        writer = _WITH_COLUMNS[self._to](types)
        for path, stores in self._files(types):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            most = max(1, _MOST_BYTES // max(store.mean_size() for store in stores))
            writer.write(path, chain.from_iterable(stores), most)
            for store in stores:
                store.remove()

    def _files(self, types: Dict[str, str]) -> List[Tuple[str, List[RowStore]]]:
        """The files to write, and of which stores each has the rows."""
        stores = [store for _, store in self._stores]
        if self._to != "parquet" or len(stores) * len(types) <= _MOST_COLUMNS:
            return [(path, [store]) for path, store in self._stores]
        return [(os.path.join(self._folder, _SEVERAL), stores)]


class _Counted:
    def __init__(self, rows: Iterable[Dict[str, Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Any:
        for row in self._rows:
            self.count += 1
            yield row
