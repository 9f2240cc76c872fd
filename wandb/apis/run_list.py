"""A list of runs, of whatever kind, and the rows of all of them in one table."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Iterator, Sequence

from wandb.apis.run import Run
from wandb.errors import ApiValueError, UsageError

_FORMATS = ("default", "pandas", "polars")


class Runs:
    """Runs in some order; also by index and slice."""

    def __iter__(self) -> Iterator[Run]:
        raise NotImplementedError

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: str = "default",
        stream: str = "default",
    ) -> Any:
        """`Run.history` of all, each row with its `run_id`: a list ("default"), or a frame ("pandas", "polars").

        Raises ApiValueError for another format, UsageError if its library is missing.
        """
        if format not in _FORMATS:
            raise ApiValueError(f"`histories` knows the formats {', '.join(_FORMATS)}, not {format!r}.")
        rows = [
            {"run_id": run.id, **row}
            for run in self
            for row in run.history(samples, keys, x_axis, pandas=False, stream=stream)
        ]
        if format == "default":
            return rows
        try:
            library: Any = import_module(format)
        except ImportError:
            raise UsageError(f"format={format!r} needs {format}: pip install {format}") from None
        return library.DataFrame(rows, **({"strict": False} if format == "polars" else {}))
