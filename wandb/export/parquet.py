"""Rows to a Parquet file, by pyarrow, one row group at a time."""

from __future__ import annotations

from typing import Any, Dict, Iterable

from wandb.errors import UsageError
from wandb.export.columns import BOOLEAN, FLOAT, INTEGER, JSON, grouped, values_of

_MOST_ROWS, _MOST_CELLS = 65_536, 2_000_000
# In the metadata of a column, which tells JSON text from other text.
_TYPE_KEY = "wandb.type"


def load() -> None:
    """Raises UsageError, with the command that mends it, if pyarrow is missing."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"Parquet needs pyarrow: pip install 'wandb[parquet]' or pip install pyarrow ({error})"
        ) from None


class Writer:
    """Writes files with these columns."""

    def __init__(self, types: Dict[str, str]) -> None:
        import pyarrow

        arrow = {BOOLEAN: pyarrow.bool_(), INTEGER: pyarrow.int64(), FLOAT: pyarrow.float64()}
        fields = [
            pyarrow.field(name, arrow.get(kind, pyarrow.string()), metadata={_TYPE_KEY: kind} if kind == JSON else None)
            for name, kind in types.items()
        ]
        self._types = types
        self._schema = pyarrow.schema(fields)

    def write(self, path: str, rows: Iterable[Dict[str, Any]], most: int) -> None:
        """Write a file, with at most so many rows a group. Raises OSError if the disk refuses."""
        import pyarrow
        from pyarrow.parquet import ParquetWriter

        size = max(1, min(most, _MOST_ROWS, _MOST_CELLS // max(1, len(self._types))))
        with ParquetWriter(path, self._schema, compression="zstd") as writer:
            for group in grouped(rows, size):
                present = set().union(*group)
                arrays = [
                    pyarrow.array(values_of(group, name, kind), field.type)
                    if name in present
                    else pyarrow.nulls(len(group), field.type)
                    for (name, kind), field in zip(self._types.items(), self._schema)
                ]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
