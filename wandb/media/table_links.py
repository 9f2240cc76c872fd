"""Cells that refer to tables, by the index of a row or by a key: numbers and texts that know where they belong."""

from __future__ import annotations

from wandb.media.column_types import NUMBER, PRIMARY_KEY, LinkType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.media.column_types import ColumnType
    from wandb.media.table_columns import TableColumns


class _Link:
    _table: Any = None
    _column: Any = None

    def set_table(self, table: TableColumns, column: Any = None) -> None:
        """Say which table, and which column of it, the value belongs to."""
        self._table = table
        self._column = column


class TableKey(str, _Link):
    """A value of a column of keys."""

    def column_type(self) -> ColumnType:
        """Of the table's own keys, or of those of another."""
        return PRIMARY_KEY if self._table is None or self._column is None else LinkType(self._table, self._column)


class TableIndex(int, _Link):
    """The number of a row of a table."""

    def column_type(self) -> ColumnType:
        """Of an index into another table."""
        return NUMBER if self._table is None else LinkType(self._table)

    def get_row(self) -> Dict[Any, Any]:
        """The row that it means, as a dict."""
        return dict(zip(self._table.columns, self._table.data[self])) if self._table is not None else {}
