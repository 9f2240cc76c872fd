"""`wandb.EvalTable`: a table of what a model was given, what it answered, and how good that was.

Upstream's client sends it to a service for evaluations, and refuses it offline. Here it is recorded as a table.
"""

from __future__ import annotations

from wandb.errors import ArgumentValueError, UsageError
from wandb.media.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Union

_BACKENDS = ("weave", "ces")
_MEDIA_MODES = ("stub", "raise")


class EvalTable(Table):
    """A table whose columns are a model's inputs, its outputs, and scores of them."""

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
        *,
        input_columns: Union[List[str], None] = None,
        output_columns: Union[List[str], None] = None,
        score_columns: Union[List[str], None] = None,
        backend: Union[str, None] = None,
        unsupported_media_mode: str = "stub",
    ) -> None:
        """Make a table; see `Table`. `input_columns`, `output_columns`, `score_columns` say what the columns are.

        `backend` ("weave" or "ces") and `unsupported_media_mode` ("stub" or "raise") are those of the service, which
        is not fed by this build. Raises UsageError for others, and for another `log_mode` than IMMUTABLE.
        """
        if backend not in (None, *_BACKENDS):
            raise ArgumentValueError(f"The backend of an EvalTable is one of {_BACKENDS}, not {backend!r}.")
        if unsupported_media_mode not in _MEDIA_MODES:
            raise ArgumentValueError(
                f"`unsupported_media_mode` is one of {_MEDIA_MODES}, not {unsupported_media_mode!r}."
            )
        if log_mode != "IMMUTABLE":
            raise UsageError("The log_mode of an EvalTable is IMMUTABLE: what was logged stays.")
        super().__init__(columns, data, rows, dataframe, dtype, optional, allow_mixed_types, log_mode)
        self.input_columns = input_columns
        self.output_columns = output_columns
        self.score_columns = score_columns
