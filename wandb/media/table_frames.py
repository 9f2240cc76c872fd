"""Data frames of pandas, polars and pyarrow as rows of a table."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

_CLASSES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}


def is_known(data: Any) -> bool:
    """Whether it is a data frame of these libraries, or derived from one."""
    return any(kind.__name__ == _CLASSES.get(str(kind.__module__).partition(".")[0]) for kind in type(data).__mro__)


def names_and_rows(data: Any) -> Tuple[List[Any], List[Any]] | None:
    """The columns and the rows of a frame of polars or pyarrow, with Python's values; None for everything else."""
    if _is_frame(data) or not is_known(data):
        return None
    if hasattr(data, "rows"):
        return list(data.columns), [list(row) for row in data.rows()]
    return list(data.column_names), [list(row) for row in zip(*(column.to_pylist() for column in data.columns))]


def _is_frame(data: Any) -> bool:
    return hasattr(type(data), "iloc") and hasattr(data, "columns")


def frame_of(data: Any, dataframe: Any) -> Any:
    """The data frame among the two arguments of a table; None if there is none."""
    if dataframe is not None and not _is_frame(dataframe):
        kind = type(dataframe)
        raise ArgumentTypeError(
            f"`dataframe` is a data frame of pandas, polars or pyarrow, not {kind.__module__}.{kind.__name__}."
        )
    return dataframe if dataframe is not None else data if _is_frame(data) else None


def cells_of(part: Any) -> Any:
    """The cells of a data frame's column; moments are datetimes, in UTC if they had a zone, or numpy's of ns."""
    if getattr(part.dtype, "kind", "") != "M":
        return part
    moments = part.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(part.dtype, "tz", None) is not None else part
    if moments.dtype == "M8[ns]":
        return moments.to_numpy()
    return [None if missing else _plain_moment(moment) for moment, missing in zip(moments, moments.isna())]


def _plain_moment(moment: Any) -> Any:
    """A Timestamp as a datetime; the days of pyarrow's columns are dates of Python already."""
    return moment.to_pydatetime(warn=False) if hasattr(moment, "to_pydatetime") else moment


def plain_name(name: Any) -> Any:
    """The name of a data frame's column as a table has it."""
    return name if isinstance(name, (str, int)) else str(name)
