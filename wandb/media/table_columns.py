"""What can be done with whole columns of a table: reading, adding, casting, and keys and indices of rows that others
refer to.
"""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.media import table_cells
from wandb.media.cell_types import type_given, type_of
from wandb.media.column_types import INVALID, PRIMARY_KEY, UNKNOWN, LinkType
from wandb.media.column_types import optional as optional_type
from wandb.media.table_links import TableIndex, TableKey
from wandb.media.values import Media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Tuple, Union

    from wandb.media.column_types import ColumnType


class TableColumns(Media):
    """The columns of a table."""

    columns: List[Union[str, int]]
    data: List[List[Any]]
    log_mode: Union[str, None]
    _column_types: Dict[Any, ColumnType]
    _pk_col: Union[str, int, None]
    _kept_elsewhere: Dict[str, Any]

    def _note_change(self) -> None:
        raise NotImplementedError

    def _place(self, name: Union[str, int]) -> int:
        if name not in self.columns:
            raise ArgumentValueError(f"The table has no column {name!r}; it has {self.columns}.")
        return self.columns.index(name)

    def iterrows(self) -> Iterator[Tuple[TableIndex, List[Any]]]:
        """(index, row) of each row; the index may be a cell of another table, which it then refers to."""
        for number, row in enumerate(self.data):
            yield self.index_ref(number), row

    def index_ref(self, index: int) -> TableIndex:
        """The index of a row, as a cell that refers to this table."""
        found = TableIndex(index)
        found.set_table(self)
        return found

    def get_index(self) -> List[TableIndex]:
        """The indices of all rows."""
        return [self.index_ref(number) for number in range(len(self.data))]

    def get_column(self, name: Union[str, int], convert_to: Union[str, None] = None) -> Any:
        """The cells of a column, as a list, or as a numpy array with `convert_to="numpy"`."""
        if convert_to not in (None, "numpy"):
            raise ArgumentValueError(f"`convert_to` is None or 'numpy', not {convert_to!r}.")
        place = self._place(name)
        cells = [row[place] for row in self.data]
        if convert_to is None:
            return cells
        from wandb.media.values import need

        numpy = need("numpy", "Table.get_column")
        images = [
            cell.to_data_array() if hasattr(cell, "to_data_array") and hasattr(cell, "image") else cell
            for cell in cells
        ]
        return numpy.array([table_cells.as_array(cell) for cell in images])

    def get_dataframe(self) -> Any:
        """All of it as a data frame; needs pandas."""
        from wandb.media.values import need

        return need("pandas", "Table.get_dataframe").DataFrame.from_records(self.data, columns=self.columns)

    def add_column(self, name: Union[str, int], data: Any, optional: bool = False) -> None:
        """Add a column with a cell for each row; its type is that of its cells, or None too if it is `optional`."""
        self._check_columns_may_change()
        if not hasattr(data, "__iter__"):
            raise ArgumentTypeError(f"The cells of a column are a list, not {type(data).__name__}.")
        cells = list(data)
        if not isinstance(name, (str, int)) or name in self.columns:
            raise ArgumentValueError(f"A new column needs a name of its own; {name!r} is none: {self.columns}.")
        if self.columns and self.data and len(cells) != len(self.data):
            raise ArgumentValueError(f"Expected length {len(self.data)}, found {len(cells)}")
        kind = optional_type(UNKNOWN) if optional else UNKNOWN
        for cell in cells:
            kind = _checked(kind, cell, name)
        if not self.data:
            self.data.extend([None] * len(self.columns) for _ in cells)
        for row, cell in zip(self.data, cells):
            row.append(table_cells.kept(cell))
        self.columns.append(name)
        self._column_types[name] = kind
        self._note_change()

    def add_computed_columns(self, fn: Callable[[int, Dict[Any, Any]], Dict[str, Any]]) -> None:
        """Add the columns that `fn(index, row)` gives for each row; the row is a dict."""
        self._check_columns_may_change()
        made: Dict[str, List[Any]] = {}
        for number, row in enumerate(self.data):
            for name, cell in fn(number, dict(zip(self.columns, row))).items():
                made.setdefault(name, [None] * number).append(cell)
        for name, cells in made.items():
            self.add_column(name, cells + [None] * (len(self.data) - len(cells)))

    def _check_columns_may_change(self) -> None:
        if self.log_mode == "INCREMENTAL":
            raise UsageError("A table with log_mode='INCREMENTAL' keeps its columns; one with 'MUTABLE' can have more.")

    def cast(self, col_name: Union[str, int], dtype: Any, optional: bool = False) -> ColumnType:
        """Say what a column holds; its type. Raises UsageError if it holds something else already."""
        place = self._place(col_name)
        kind = optional_type(type_given(dtype)) if optional else type_given(dtype)
        for row in self.data:
            row[place] = as_link(row[place], kind)
            found = kind.joined(type_of(row[place]))
            if found is INVALID or not found.allows(row[place]):
                raise ArgumentTypeError(
                    f"Existing data {row[place]!r:.100}, of type {type_of(row[place])!r} cannot be cast to {kind!r}"
                )
            kind = found
        self._column_types[col_name] = kind
        self._note_change()
        return kind

    def set_pk(self, col_name: Union[str, int]) -> None:
        """Make a column of strings the keys of the rows."""
        self.cast(col_name, PRIMARY_KEY)
        self._pk_col = col_name

    def set_fk(self, col_name: Union[str, int], table: Any, table_col: str) -> None:
        """Make a column of strings refer to the keys in a column of another table."""
        self.cast(col_name, LinkType(table, table_col))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TableColumns):
            return False
        return self.columns == other.columns and table_cells.are_equal(self.data, other.data)

    __hash__ = None  # as with lists: what compares by content is no key


def as_link(cell: Any, kind: ColumnType) -> Any:
    """A cell of a column of keys, or of links to another table, as what knows where it belongs; others as they are."""
    if kind is not PRIMARY_KEY and not isinstance(kind, LinkType):
        return cell
    if isinstance(kind, LinkType) and kind.column is None:
        if type(cell) is not int:
            return cell
        index = TableIndex(cell)
        index.set_table(kind.table)
        return index
    if not isinstance(cell, str):
        raise ArgumentTypeError(f"Keys of tables are strings, not {cell!r:.100}.")
    key = TableKey(cell)
    if isinstance(kind, LinkType):
        key.set_table(kind.table, kind.column)
    return key


def _checked(kind: ColumnType, cell: Any, name: Any) -> ColumnType:
    """The type of a column once it holds the cell."""
    joined = kind.joined(type_of(cell))
    if joined is not INVALID and joined.allows(cell):
        return joined
    if cell is None:
        return optional_type(kind)
    raise ArgumentTypeError(f"Column {name!r} holds {kind!r}; {cell!r:.100} is {type_of(cell)!r}.")
