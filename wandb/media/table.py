"""`wandb.Table`: rows and columns with types; a JSON file in the run, and in an artifact together with the types."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media import table_cells
from wandb.media.cell_types import type_given, type_of, type_read
from wandb.media.column_types import ANY, INVALID, NUMBER, PRIMARY_KEY, TIMESTAMP, UNKNOWN, DictType
from wandb.media.column_types import optional as optional_type
from wandb.media.content import Content
from wandb.media.media_type import TableType
from wandb.media.table_arrays import packed, unpacked
from wandb.media.table_columns import TableColumns, as_link
from wandb.media.table_frames import cells_of, frame_of, names_and_rows, plain_name
from wandb.media.values import WBValue, is_artifact, json_bytes
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, Tuple, Union

    from wandb.media.column_types import ColumnType
    from wandb.media.values import Target

LOG_MODES = ("IMMUTABLE", "MUTABLE", "INCREMENTAL")
_SHOWN_INCREMENTS = 100
_DEFAULT_COLUMNS = ("Input", "Output", "Expected")
_KINDS = {"f": NUMBER, "M": TIMESTAMP}  # of numpy, that have a value for what is missing


class Table(TableColumns):
    """Rows and columns; cells are numbers, texts, media, lists, dicts or None, of one type in each column."""

    MAX_ROWS = 10000
    MAX_ARTIFACT_ROWS = 200000
    _log_type = "table"
    _subdir = "media/table"

    def __init__(
        self,
        columns: Union[List[Union[str, int]], None] = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Union[bool, List[bool]] = True,
        allow_mixed_types: bool = False,
        log_mode: Union[str, None] = "IMMUTABLE",
    ) -> None:
        """Make a table.

        `columns`: their names. `data` (or `rows`): a list of rows, a numpy array, or a data frame, which may also be
        `dataframe`. `dtype`: the type of the cells, one for all columns or one each (as class, or a value of it; by
        default that of the first cell). `optional`: whether None is allowed, one for all or one each.
        `allow_mixed_types`: any cells anywhere. `log_mode`: IMMUTABLE (what was logged stays), MUTABLE (a `log`
        after a change records it anew) or INCREMENTAL (each `log` records the rows that are new, if any). Raises
        UsageError.
        """
        super().__init__()
        if log_mode not in LOG_MODES:
            raise ArgumentValueError(f"Invalid log_mode: {log_mode}. Must be one of {list(LOG_MODES)}")
        self.log_mode = log_mode
        self._logged_rows = 0
        self._logged_state: Any = None
        self._kept_elsewhere = {}
        self._increments: List[Dict[str, Any]] = []
        self._increment: Tuple[int, int] | None = None  # while one is recorded: its first row, and the one behind it
        self._mutated_after_log = False
        self._stored_types: Dict[Any, ColumnType] = {}  # as the last artifact has them, with the places of arrays
        self.columns: List[Union[str, int]] = []
        self.data: List[List[Any]] = []
        self._pk_col: Union[str, int, None] = None
        plain = names_and_rows(data if dataframe is None else dataframe)
        if plain is not None:
            (columns, data), dataframe = plain, None
        frame = frame_of(data, dataframe)
        if frame is not None:
            self._set_columns([plain_name(name) for name in frame.columns], dtype, optional, allow_mixed_types)
            parts = [frame.iloc[:, number] for number in range(len(self.columns))]
            self._fill([list(row) for row in zip(*map(cells_of, parts))])
            self._take_types([getattr(part.dtype, "kind", "") for part in parts])
            return
        self._set_columns(list(_DEFAULT_COLUMNS) if columns is None else columns, dtype, optional, allow_mixed_types)
        given = data if data is not None else rows if rows is not None else []
        kinds: List[str] = []
        if hasattr(type(given), "__array__"):
            from wandb.media.pixels import array_of

            array = array_of(given)
            kinds = [array.dtype.kind] * len(self.columns)
            # What is no number has a type of numpy's own.
            given = [list(row) for row in array] if array.ndim > 1 and array.dtype.kind in "mMSU" else array.tolist()
        if not isinstance(given, list):
            raise ArgumentTypeError(f"`data` is a list of rows, an array or a data frame, not {type(given).__name__}.")
        self._fill(given)
        self._take_types(kinds)

    def _take_types(self, kinds: List[str]) -> None:
        """Columns in which all values are missing have the type of the array or the frame that they come from."""
        unknown = optional_type(UNKNOWN)
        for name, kind in zip(self.columns, kinds if self.data else ()):
            if self._column_types[name] == unknown and kind in _KINDS:
                self._column_types[name] = optional_type(_KINDS[kind])

    def _fill(self, rows: List[Any]) -> None:
        for row in rows:
            if not hasattr(row, "__iter__") or isinstance(row, (str, bytes)):
                raise ArgumentTypeError(f"A row is a list of cells, not {type(row).__name__}.")
            self.add_data(*row)

    def _set_columns(self, columns: Any, dtype: Any, optional: Any, mixed: bool) -> None:
        if not isinstance(columns, list):
            raise ArgumentTypeError(f"`columns` is a list of names, not {type(columns).__name__}.")
        if not all(isinstance(name, (str, int)) for name in columns):
            raise ArgumentTypeError(f"The names of columns are strings or integers: {columns!r:.200}")
        dtypes = [ANY] * len(columns) if mixed else _one_each(dtype, columns, "dtype")
        self.columns = list(columns)  # the program may give the same list to another table
        self._column_types = {}
        for name, kind, may_be_none in zip(columns, dtypes, _one_each(optional, columns, "optional")):
            given = type_given(kind)
            self._column_types[name] = optional_type(given) if may_be_none else given

    def add_data(self, *data: Any) -> None:
        """Add a row, a cell a column. Raises UsageError for another number of cells, or a type that doesn't fit."""
        if len(data) != len(self.columns):
            raise ArgumentValueError(
                f"This table expects {len(self.columns)} columns: {self.columns}, found {len(data)}"
            )
        row = [as_link(cell, self._column_types[name]) for name, cell in zip(self.columns, data)]
        types = {name: self._joined(name, cell) for name, cell in zip(self.columns, row)}
        self._column_types.update(types)
        self.data.append([table_cells.kept(cell) for cell in row])
        self._note_change()

    def add_row(self, *row: Any) -> None:
        """Older name of `add_data`."""
        termwarn("add_row is deprecated, use add_data", repeat=False)
        self.add_data(*row)

    def _joined(self, name: Any, cell: Any) -> ColumnType:
        known = self._column_types[name]
        kind = type_of(cell)
        joined = known.joined(kind)
        if joined is INVALID and isinstance(cell, float) and cell != cell:
            joined = known.joined(NUMBER)
        if joined is INVALID or not joined.allows(cell):
            raise ArgumentTypeError(
                f"Data row contained incompatible types: column {name!r} holds {known!r}, {cell!r:.100} is {kind!r}. "
                "Use allow_mixed_types=True for a table of any cells."
            )
        return joined

    def has_been_logged(self) -> bool:
        """Whether a run has it."""
        return self.is_bound()

    def _note_change(self) -> None:
        if self.is_bound() and self.log_mode == "IMMUTABLE" and not self._mutated_after_log:
            self._mutated_after_log = True
            termwarn(
                "You are mutating a Table with log_mode='IMMUTABLE' that has been logged already. Subsequent log() "
                "calls will have no effect. Set log_mode='MUTABLE' to enable re-logging after mutations"
            )

    def bind_to_run(
        self, run: Target, key: Any, step: Any, id_: Any = None, ignore_copy_err: bool | None = None
    ) -> None:
        """Write the file into the run's folder; what `log_mode` says decides over a table that was logged before."""
        is_there, count = self._placed is not None and self._placed[0] is run, len(self.data)
        has_it = is_there and (
            self.log_mode == "IMMUTABLE" or (self.log_mode == "INCREMENTAL" and self._logged_rows == count)
        )
        if not has_it:
            first = self._logged_rows if self.log_mode == "INCREMENTAL" and is_there else 0
            content = Content(json_bytes(self._run_json(first, count)), ".table.json")
            state = self._state(content) if self.log_mode == "MUTABLE" else None
            if is_there and state is not None and self._logged_state == state:
                super().bind_to_run(run, key, step, id_)
                return
            self._content = content
            super().bind_to_run(run, key, step, id_)
            self._increment = (first, count) if self.log_mode == "INCREMENTAL" else None
            try:
                self._kept_elsewhere = run._table_logged(self, str(key))
                self._note_increment()
                # Not before: what could not be kept is tried again. What came meanwhile is the next increment's.
                self._logged_rows, self._logged_state = count, state
            finally:
                self._increment = None
        else:
            super().bind_to_run(run, key, step, id_)

    def _state(self, content: Content) -> Any:
        """What tells whether the table has changed: the content only names its media, and ends at MAX_ROWS."""
        beyond = [[table_cells.for_run(cell) for cell in row] for row in self.data[self.MAX_ROWS :]]
        rest = Content(json_bytes(beyond), "").sha256 if beyond else ""
        return content.sha256, rest, repr(self._column_types), self._pk_col, list(table_cells.media_in(self.data))

    def _run_json(self, first: int, end: int) -> Dict[str, Any]:
        rows = self.data[first : min(end, first + self.MAX_ROWS)]
        if end - first > self.MAX_ROWS:
            termwarn(f"Truncating wandb.Table object to {self.MAX_ROWS} rows in the run's file.", repeat=False)
        return {"columns": self.columns, "data": [[table_cells.for_run(cell) for cell in row] for row in rows]}

    def to_json(self, run_or_artifact: Any) -> Dict[str, Any]:
        """In a run the JSON of the file, with the numbers of columns and rows; in an artifact the table itself."""
        if is_artifact(run_or_artifact):
            return self.artifact_json(run_or_artifact)
        found = {**super().to_json(run_or_artifact), **self._kept_elsewhere}
        found.update(_type="table-file", ncols=len(self.columns), nrows=len(self.data), log_mode=self.log_mode)
        if self.log_mode == "INCREMENTAL":
            found.update(self._place_among_increments(len(self._increments) - 1), _type="incremental-table-file")
        return found

    def _note_increment(self) -> None:
        if self.log_mode == "INCREMENTAL":
            self._increments.append(self._kept_elsewhere)
            if len(self._increments) > _SHOWN_INCREMENTS:
                termwarn(f"A page shows the latest {_SHOWN_INCREMENTS} increments of a table.", repeat=False)

    def _place_among_increments(self, number: int) -> Dict[str, Any]:
        earlier = [place["artifact_path"] for place in self._increments[:number] if "artifact_path" in place]
        return {"increment_num": number, "previous_increments_paths": earlier}

    def column_type(self) -> ColumnType:
        """The type of a column of tables: with the types of its own columns."""
        return TableType(self._log_type, lambda: DictType(self._stored_types or self._column_types))

    @classmethod
    def class_type(cls) -> ColumnType:
        """The same, of tables of which nothing is known."""
        return TableType(cls._log_type, lambda: UNKNOWN)

    def artifact_json(self, artifact: Any) -> Dict[str, Any]:
        """The table as an artifact's entry holds it, with the types of its columns; its media are added there too."""
        first, end = self._increment or (0, len(self.data))
        rows = self.data[first : min(end, first + self.MAX_ARTIFACT_ROWS)]
        if end - first > self.MAX_ARTIFACT_ROWS:
            termwarn(f"Truncating wandb.Table object to {self.MAX_ARTIFACT_ROWS} rows in the artifact.", repeat=False)

        def json_of(value: WBValue) -> Any:
            return value.to_json(artifact)

        types: Dict[Any, ColumnType] = {}
        in_files = []
        for place, name in enumerate(self.columns):
            types[name], is_in_file = packed(artifact, name, self._column_types[name], [row[place] for row in rows])
            in_files.append(is_in_file)
        self._stored_types = types
        cells = [
            [None if apart else table_cells.for_artifact(cell, json_of) for cell, apart in zip(row, in_files)]
            for row in rows
        ]
        return {
            "_type": "table",
            "column_types": DictType(types).to_json(artifact),
            "columns": self.columns,
            "data": cells,
            "ncols": len(self.columns),
            "nrows": len(cells),
            "log_mode": self.log_mode,
            **({} if self._increment is None else self._place_among_increments(len(self._increments))),
        }

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> Table:
        """The table back from an artifact's JSON; media in it come from the artifact."""

        def cell(value: Any, kind: ColumnType) -> Any:
            is_value = isinstance(value, dict) and "_type" in value
            read = WBValue.init_from_json(value, source_artifact) if is_value else table_cells.read(value, kind)
            return as_link(read, kind)

        table = cls(json_obj["columns"], allow_mixed_types=True, log_mode=json_obj.get("log_mode", "IMMUTABLE"))
        known = json_obj.get("column_types", {}).get("params", {}).get("type_map", {})
        types = [type_read(known.get(str(name), {}), source_artifact) for name in table.columns]
        table.data = [[cell(value, kind) for value, kind in zip(row, types)] for row in json_obj["data"]]
        for place, (name, kind) in enumerate(zip(table.columns, types)):
            arrays = unpacked(source_artifact, name, kind)
            for row, array in zip(table.data, () if arrays is None else arrays):
                row[place] = array
        table._column_types = dict(zip(table.columns, types))
        if PRIMARY_KEY in types:
            table._pk_col = table.columns[types.index(PRIMARY_KEY)]
        return table


def _one_each(value: Any, columns: Sequence[Any], what: str) -> List[Any]:
    if not isinstance(value, (list, tuple)):
        return [value] * len(columns)
    if len(value) != len(columns):
        raise ArgumentValueError(f"`{what}` has {len(value)} entries for {len(columns)} columns.")
    return list(value)
