"""Data frames of pandas as rows of a table."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _is_frame(data: Any) -> bool:
    return hasattr(type(data), "iloc") and hasattr(data, "columns")


def frame_of(data: Any, dataframe: Any) -> Any:
    """The data frame among the two arguments of a table; None if there is none."""
    if dataframe is not None and not _is_frame(dataframe):
        raise ArgumentTypeError(f"`dataframe` is a data frame of pandas, not {type(dataframe).__name__}.")
    return dataframe if dataframe is not None else data if _is_frame(data) else None


def cells_of(part: Any) -> Any:
    """The cells of a data frame's column; moments are datetimes, in UTC if they had a zone, or numpy's of ns."""
    if getattr(part.dtype, "kind", "") != "M":
        return part
    moments = part.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(part.dtype, "tz", None) is not None else part
    if moments.dtype == "M8[ns]":
        return moments.to_numpy()
    return [None if moment != moment else moment.to_pydatetime(warn=False) for moment in moments]


def plain_name(name: Any) -> Any:
    """The name of a data frame's column as a table has it."""
    return name if isinstance(name, (str, int)) else str(name)
