"""The data classes that later releases fill, with the class attributes that programs read or set before that.

One class each, in the public hierarchy. See `not_yet.Later` for what making an object does.
"""

from __future__ import annotations

from wandb.errors import NotYetError
from wandb.media.table import Table
from wandb.media.values import Media, WBValue
from wandb.sdk.not_yet import Later, harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class EvalTable(Table):
    """A table of a model's answers; in a disabled run a plain table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not harmless():
            raise NotYetError("wandb.EvalTable")
        for name in ("input_columns", "output_columns", "score_columns", "backend", "unsupported_media_mode"):
            kwargs.pop(name, None)
        super().__init__(*args, **kwargs)


class WBTraceTree(Later, Media):
    """Nested spans of calls."""


class _SavedModel(Later, WBValue):
    pass
