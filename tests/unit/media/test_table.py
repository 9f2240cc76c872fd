"""Tables: types of columns, rows of any values, modes of logging, and the JSON for runs and artifacts."""

from __future__ import annotations

import collections
import datetime
import errno
import json
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wandb
from tests.unit.media.target import Folder
from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.sdk.lib.delivery import Delivery

np = pytest.importorskip("numpy")

CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.datetimes()
    | st.just(np.float32(1.5))
    | st.just(np.arange(40))
    | st.just(np.datetime64("NaT")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3),
    max_leaves=5,
)


def logged(folder: Folder, table: wandb.Table, key: str = "t") -> Any:
    table.bind_to_run(folder, key, 0)
    return json.loads((Path(folder.dir) / table.to_json(folder)["path"]).read_text(encoding="utf-8"))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_table__of_any_cells__keeps_them_and_is_json(rows: Any) -> None:
    """Mixed types are allowed where the user says so; each row is recorded."""
    table = wandb.Table(columns=["a", "b"], data=[list(row) for row in rows], allow_mixed_types=True)
    text = json.dumps(table._run_json(0, len(rows)))
    assert len(json.loads(text)["data"]) == len(rows)
    stored = table.artifact_json(None)
    assert json.loads(json.dumps(stored, allow_nan=True))["nrows"] == len(rows)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_column__of_any_cells__takes_them_or_says_why_not(cells: Any) -> None:
    """A row that does not fit changes nothing."""
    table = wandb.Table(columns=["a"])
    for cell in cells:
        before = len(table.data), repr(table._column_types["a"])
        try:
            table.add_data(cell)
        except ArgumentTypeError as error:
            assert "'a'" in str(error) and "allow_mixed_types" in str(error)
            assert (len(table.data), repr(table._column_types["a"])) == before


@pytest.mark.parametrize(
    "arguments",
    [
        {"columns": "ab"},
        {"columns": [1.5]},
        {"columns": ["a"], "data": 5},
        {"columns": ["a"], "data": [5]},
        {"columns": ["a"], "data": [[1, 2]]},
        {"columns": ["a"], "data": [[1], ["x"]]},
        {"columns": ["a"], "data": [[None]], "optional": False},
        {"columns": ["a"], "data": [["x"]], "dtype": int},
        {"columns": ["a", "b"], "dtype": [int]},
        {"columns": ["a"], "log_mode": "SOMETIMES"},
    ],
)
def test_table__of_what_does_not_fit__is_an_error_of_use(arguments: Any) -> None:
    """Said where the table is made."""
    with pytest.raises(UsageError):
        wandb.Table(**arguments)


@pytest.mark.parametrize(
    ("dtype", "taken", "refused"),
    [
        ([[int]], [[1, 2], [], None], [["a"], 1]),
        ([[[str]]], [[["a"]], []], [["a"], [[1]]]),
        ([[int, str]], [1, "a", None], [[1], {}]),
        ([[int, [str]]], [1, ["a"]], ["a", [1]]),
        ([{"a": [int]}], [{"a": [1]}], [{"a": 1}, {"b": [1]}]),
        (dict, [{}, None], [{"a": 1}, []]),
        (wandb.Table, [None, wandb.Table(columns=["z"], data=[[1]])], [1, "a"]),
    ],
)
def test_dtype__of_lists_dicts_and_tables__says_what_a_column_takes(dtype: Any, taken: Any, refused: Any) -> None:
    """A list with one type means lists of it, one with several any of them."""
    table = wandb.Table(columns=["a"], dtype=dtype)
    for cell in refused:
        with pytest.raises(ArgumentTypeError):
            table.add_data(cell)
    for cell in taken:
        table.add_data(cell)
    assert len(table.data) == len(taken)


def test_dtype_table__of_a_column__is_recorded_with_the_types_of_its_tables() -> None:
    """Unknown ones, as long as there is none."""
    table = wandb.Table(columns=["a"], dtype=wandb.Table, optional=False)
    kind = table._column_types["a"]
    assert kind.to_json() == {"wb_type": "table", "params": {"column_types": {"wb_type": "unknown"}}}
    table.add_data(wandb.Table(columns=["z"], data=[[1]]))
    assert list(table._column_types["a"].to_json()["params"]["column_types"]["params"]["type_map"]) == ["z"]


def test_columns__read_added_computed_and_cast(folder: Folder) -> None:
    """What programs do with whole columns."""
    table = wandb.Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", np.array([0.5, 1.5]))
    table.add_computed_columns(lambda index, row: {"sum": row["a"] + row["b"], "index": index})
    assert table.get_column("sum") == [1.5, 3.5] and table.get_column("b", convert_to="numpy").shape == (2,)
    assert [[int(index), row[0]] for index, row in table.iterrows()] == [[0, 1], [1, 2]]
    assert table.cast("a", float) == wandb.Table(columns=["a"], dtype=float, optional=False)._column_types["a"]
    with pytest.raises(ArgumentTypeError, match="cannot be cast to String"):
        table.cast("a", str)
    for wrong in (
        lambda: table.get_column("z"),
        lambda: table.add_column("a", [1, 2]),
        lambda: table.add_column("c", [1]),
    ):
        with pytest.raises(ArgumentValueError):
            wrong()
    assert logged(folder, table)["columns"] == ["a", "b", "sum", "index"]


def test_names_of_columns__given_to_two_tables__are_each_table_s_own() -> None:
    """A list of names is a constant of a program; upstream's client adds the new column to it, and so to the other table."""
    names = ["a"]
    first, second = wandb.Table(columns=names, data=[[1]]), wandb.Table(columns=names, data=[[2]])
    first.add_column("b", [3])
    assert (names, first.columns, second.columns) == (["a"], ["a", "b"], ["a"])


def test_keys__of_tables__refer_to_other_tables() -> None:
    """A cell knows the row that it means."""
    table = wandb.Table(columns=["id", "v"], data=[["x", 1], ["y", 2]])
    table.set_pk("id")
    table.add_data("z", 3)
    other = wandb.Table(columns=["r"], data=[[index] for index in table.get_index()])
    assert other.data[2][0].get_row() == {"id": "z", "v": 3}
    kinds = [table.artifact_json(None)["column_types"], other.artifact_json(None)["column_types"]]
    assert [next(iter(kind["params"]["type_map"].values()))["wb_type"] for kind in kinds] == [
        "primaryKey",
        "foreignIndex",
    ]
    with pytest.raises(ArgumentTypeError, match="strings"):
        table.set_pk("v")


def test_immutable_table__changed_after_it_was_logged__stays_as_it_was(folder: Folder) -> None:
    """The default, and it says so."""
    table = wandb.Table(columns=["a"], data=[[1]])
    first = logged(folder, table)
    table.add_data(2)
    assert logged(folder, table, "other") == first and folder.tables == ["t"]


def test_mutable_table__logged_again__is_recorded_anew(folder: Folder) -> None:
    """All of it, each time."""
    table = wandb.Table(columns=["a"], data=[[1]], log_mode="MUTABLE")
    assert logged(folder, table)["data"] == [[1]]
    table.add_data(2)
    assert logged(folder, table)["data"] == [[1], [2]] and folder.tables == ["t", "t"]


def test_mutable_table__logged_again_unchanged__is_what_was_recorded(folder: Folder) -> None:
    """Programs log at each step what changes at a few; also what is changed in place is a change."""
    table = wandb.Table(columns=["a", "b"], data=[[1, wandb.Html("<p>a")]], log_mode="MUTABLE")
    table.bind_to_run(folder, "t", 0)
    first = table.to_json(folder)
    table.bind_to_run(folder, "other", 1)
    assert table.to_json(folder) == first and folder.tables == ["t"]
    table.data[0][0] = 2
    table.bind_to_run(folder, "t", 2)
    assert table.to_json(folder) != first and folder.tables == ["t", "t"]
    table.data[0][1] = wandb.Html("<p>b")
    table.bind_to_run(folder, "t", 3)
    assert folder.tables == ["t", "t", "t"]
    table.cast("a", int)
    table.bind_to_run(folder, "t", 4)
    assert folder.tables == ["t", "t", "t", "t"]


def test_mutable_table__of_tables_with_arrays__is_recorded_each_time_that_they_change(folder: Folder) -> None:
    """Whether they have changed, each logging asks."""

    def inner(number: float) -> wandb.Table:
        return wandb.Table(columns=["x"], data=[[np.full((3, 200), number)]])

    table = wandb.Table(columns=["t"], data=[[inner(1.0)]], log_mode="MUTABLE")
    for number in (1.0, 1.0, 2.0):
        table.data[0][0] = inner(number)
        table.bind_to_run(folder, "t", 0)
    assert folder.tables == ["t", "t"]


def test_mutable_table__of_more_rows_than_the_file_has__is_recorded_each_time_that_they_change(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The artifact has them."""
    monkeypatch.setattr(wandb.Table, "MAX_ROWS", 2)
    table = wandb.Table(columns=["a"], data=[[1], [2], [3]], log_mode="MUTABLE")
    for change in (lambda: None, lambda: None, lambda: table.add_data(4), lambda: table.data[2].__setitem__(0, 5)):
        change()
        table.bind_to_run(folder, "t", 0)
    assert folder.tables == ["t"] * 3


@pytest.mark.parametrize("mode, recorded", [("MUTABLE", [[1], [2]]), ("INCREMENTAL", [[2]])])
def test_table__that_could_not_be_written__is_recorded_by_the_next_log(folder: Folder, mode: str, recorded: Any) -> None:
    """The disk was full at that moment."""

    class Full(Folder):
        def _deliver(self, file: Delivery) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    table = wandb.Table(columns=["a"], data=[[1]], log_mode=mode)
    table.bind_to_run(folder, "t", 0)
    table.add_data(2)
    folder.__class__ = Full
    with pytest.raises(OSError):
        table.bind_to_run(folder, "t", 1)
    folder.__class__ = Folder
    assert logged(folder, table)["data"] == recorded and folder.tables == ["t", "t"]


def test_mutable_table__with_media_in_lists__is_recorded_each_time_that_they_change(folder: Folder) -> None:
    """The file of the run only names them."""
    table = wandb.Table(columns=["a"], data=[[{"b": [wandb.Html("1")]}]], log_mode="MUTABLE")
    for page in ("1", "1", "2"):
        table.data[0][0] = {"b": [wandb.Html(page)]}
        table.bind_to_run(folder, "t", 0)
    assert folder.tables == ["t", "t"]


def test_incremental_table__logged_again__is_recorded_by_what_is_new(folder: Folder) -> None:
    """With the way to what was recorded before."""
    table = wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    table.bind_to_run(folder, "t", 0)
    first = table.to_json(folder)
    table.add_data(2)
    table.bind_to_run(folder, "t", 1)
    second = table.to_json(folder)
    assert (first["increment_num"], second["increment_num"], second["nrows"]) == (0, 1, 2)
    assert first["previous_increments_paths"] == [] and second["previous_increments_paths"] == [first["artifact_path"]]
    assert json.loads((Path(folder.dir) / second["path"]).read_text())["data"] == [[2]]


def test_table__looked_at_while_another_thread_logs_it__is_what_was_there(folder: Folder) -> None:
    """Both threads log the same table; the row of the one must not fail because the other one is at it."""
    table = wandb.Table(columns=["a"], data=[[1]], log_mode="MUTABLE")
    table.bind_to_run(folder, "t", 0)
    before, seen = table.to_json(folder), []

    class Watched(Folder):
        def _deliver(self, file: Delivery) -> None:
            seen.append(table.to_json(folder))
            super()._deliver(file)

    folder.__class__ = Watched
    table.add_data(2)
    table.bind_to_run(folder, "t", 1)
    after = table.to_json(folder)
    assert [found["path"] for found in seen] == [before["path"]] != [after["path"]]


def test_incremental_table__filled_by_another_thread_while_it_is_logged__has_each_row_once(folder: Folder) -> None:
    """What comes while an increment is recorded is the next one's."""
    table = wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    rows: List[Any] = []

    class Filling(Folder):
        def _deliver(self, file: Delivery) -> None:
            super()._deliver(file)
            table.add_data(len(table.data) + 1)

        def _table_logged(self, table: Any, key: str) -> Dict[str, Any]:
            rows.extend(table.artifact_json(wandb.Artifact("n", "t"))["data"])
            return super()._table_logged(table, key)

    folder.__class__ = Filling
    for _ in range(3):
        table.bind_to_run(folder, "t", 0)
    assert rows == [[1], [2], [3]] and len(table.data) == 4


def test_incremental_table__logged_without_new_rows__is_the_increment_that_is_there(folder: Folder) -> None:
    """In a training loop that would be an empty file and version a step; a page shows a hundred of them."""
    table = wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    shown = []
    for key in ("t", "t", "other"):
        table.bind_to_run(folder, key, len(shown))
        shown.append(table.to_json(folder))
    assert shown[0] == shown[1] == shown[2] and folder.tables == ["t"]
    table.data.append([2])
    table.bind_to_run(folder, "t", 3)
    assert (table.to_json(folder)["increment_num"], folder.tables) == (1, ["t", "t"])


def test_incremental_table__of_over_a_hundred_increments__says_what_a_page_shows(
    folder: Folder, capfd: pytest.CaptureFixture[str]
) -> None:
    """All of them are recorded."""
    table = wandb.Table(columns=["a"], log_mode="INCREMENTAL")
    for number in range(101):
        assert "latest 100 increments" not in capfd.readouterr().err
        table.add_data(number)
        table.bind_to_run(folder, "t", number)
    assert "latest 100 increments" in capfd.readouterr().err and len(folder.tables) == 101


def test_incremental_table__given_columns__raises() -> None:
    """Rows that were logged without them can't get them any more."""
    table = wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")
    for change in (lambda: table.add_column("b", [1]), lambda: table.add_computed_columns(lambda index, row: {"b": 1})):
        with pytest.raises(UsageError, match="INCREMENTAL"):
            change()
    assert (table.columns, table.data) == (["a"], [[1]])


def test_media_cells__in_the_file_of_a_run__are_only_named(folder: Folder) -> None:
    """Their files are in the artifact."""
    pytest.importorskip("PIL")
    table = wandb.Table(columns=["i", "h"], data=[[wandb.Image(np.zeros((2, 2))), wandb.Histogram([1])]])
    assert logged(folder, table)["data"] == [["Image", "Histogram"]]


def test_moments_and_missing_values__in_run_and_artifact__have_their_forms(folder: Folder) -> None:
    """Text in the one, milliseconds and null in the other."""
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    row = [moment, moment.replace(tzinfo=None).date(), float("nan"), np.datetime64("2020-01-01")]
    table = wandb.Table(columns=["a", "b", "c", "d"], data=[row])
    assert logged(folder, table)["data"][0][:2] == ["2020-01-01T00:00:00Z", "2020-01-01"]
    assert table.artifact_json(None)["data"] == [[1577836800000, 1577836800000, None, 1577836800000]]


def test_moments__without_a_zone__are_in_utc_wherever_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page shows the same for each machine that a program ran on."""
    table = wandb.Table(columns=["a"], data=[[datetime.datetime(1970, 1, 1, 1)], [datetime.date(1970, 1, 2)]])
    try:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert table.artifact_json(wandb.Artifact("n", "t"))["data"] == [[3_600_000], [86_400_000]]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_joined_and_partitioned_tables__logged__say_where_they_are_kept(folder: Folder) -> None:
    """They have no file of their own."""
    joined = wandb.JoinedTable(wandb.Table(columns=["k"]), wandb.Table(columns=["k"]), "k")
    for table in (joined, wandb.data_types.PartitionedTable("parts")):
        table.bind_to_run(folder, "t", 0)
        assert set(table.to_json(folder)) == {"_type", "artifact_path"}
    assert folder.written == []
    table = wandb.Table(columns=["k"])
    for wrong in ((1, 2, "k"), (table, table, 5), ("a", table, "k"), (table, "a.joined-table.json", "k")):
        with pytest.raises(ArgumentValueError):
            wandb.JoinedTable(*wrong)
    wandb.JoinedTable("a.table.json", table, ["k", "k"])
    with pytest.raises(ArgumentTypeError, match="are a list"):
        table.add_column("b", 3)


def test_column__of_values_that_libraries_have_types_for__takes_plain_ones_too() -> None:
    """They are named as the public format names them, alone; beside plain values they are what these are."""
    import enum

    pandas = pytest.importorskip("pandas")
    colour = enum.IntEnum("colour", "RED")
    stamp, moment = pandas.Timestamp("2020"), datetime.datetime(2020, 1, 1)
    for alone, plain, name in (
        (stamp, moment, "timestamp"), (np.str_("a"), "b", "string"), (colour.RED, 2, "number"),
        (np.zeros((2, 2)), [[1, 2], [3]], "list"),
    ):  # fmt: skip
        kinds = []
        for cells in ([alone, None], [alone, plain], [plain, alone]):
            table = wandb.Table(columns=["c"], data=[[cell] for cell in cells])
            allowed = table._column_types["c"].to_json()["params"]["allowed_types"]
            kinds.append(next(kind["wb_type"] for kind in allowed if kind["wb_type"] != "none"))
        assert kinds == ["ndarray" if name == "list" else "pythonObject", name, name]


def test_column__of_a_program_s_own_objects__takes_those_of_one_class_and_their_like() -> None:
    """Kinds of dicts go into a column of dicts, an object of another class does not."""

    class Own:
        pass

    class Other:
        pass

    table = wandb.Table(columns=["own", "dict"], data=[[Own(), {"a": 1}]])
    table.add_data(Own(), collections.OrderedDict(a=2))
    with pytest.raises(ArgumentTypeError, match="incompatible types"):
        table.add_data(Other(), {"a": 3})
    with pytest.raises(ArgumentTypeError, match="incompatible types"):
        table.add_data(Own(), collections.OrderedDict(b=3))
    assert len(table.data) == 2
