"""The rows of a run of a server: a sample in one question, or all of them, some steps at a time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple

from wandb.apis import run_queries
from wandb.apis.history import chosen, flattened
from wandb.artifacts.cache import replacing
from wandb.errors import ApiValueError, CommError, Error
from wandb.foreign_answers import understood

if TYPE_CHECKING:
    from pathlib import Path

    from wandb.apis.connection import Connection
    from wandb.apis.history import Row

# Where steps lie far apart, windows without rows grow by this, so that a gap costs few questions.
_WIDER = 16


class IncompleteRunHistoryError(Error):
    """The exported files of a run do not hold all of its rows yet."""


class DownloadHistoryResult(NamedTuple):
    """What `download_history_exports` has got."""

    paths: List[Path]
    contains_live_data: bool
    errors: Dict[Path, str] | None = None


class ServerHistory:
    """Asks for the rows of one run."""

    def __init__(self, connection: Connection, entity: str, project: str, run_id: str) -> None:
        self._connection = connection
        self._run = {"entity": entity, "project": project, "run": run_id}

    @understood("RunHistoryKeys")
    def last_step(self) -> int:
        """The step of the last row; -1 if there is none."""
        keys = self._ask("RunHistoryKeys", run_queries.HISTORY_KEYS, "historyKeys")
        return int((keys or {}).get("lastStep", -1))

    def sampled(self, samples: int, keys: List[str] | None, stream: str) -> List[Row]:
        """At most so many rows, evenly spread; with `keys`, those that have all of them."""
        if stream == "system":
            rows = _rows(self._ask("RunEvents", run_queries.EVENTS, "events", samples=samples))
            return list(chosen(rows, keys))
        if keys is None:
            return _rows(self._ask("RunFullHistory", run_queries.FULL_HISTORY, "history", samples=samples))
        return self._with_keys({"keys": keys, "samples": samples}, keys)

    def scan(self, keys: List[str] | None, min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:
        """All rows of these steps in their order; of those that have all `keys`, only these."""
        if page_size < 1:
            raise ApiValueError(f"page_size is at least 1, not {page_size}.")
        start, end = max(min_step, 0), self.last_step() + 1
        end = end if max_step is None else min(max_step, end)
        width, occupied = page_size, start  # before `occupied` there are rows, as far as is known
        while start < end:
            stop = min(start + width, end)
            rows = self._between(keys, start, stop, page_size)
            if rows and stop - start > page_size:
                occupied = stop  # what came is a sample only: a server gives no more than page_size
            else:
                yield from rows
                start = stop
            if start < occupied:
                width = max(page_size, (occupied - start) // 2)
            else:
                width = page_size if rows else width * _WIDER

    def _between(self, keys: List[str] | None, start: int, stop: int, samples: int) -> List[Row]:
        if keys is not None:
            # Here the last step is one that is asked for, in `history` it is not.
            return self._with_keys({"keys": keys, "minStep": start, "maxStep": stop - 1, "samples": samples}, keys)
        asked_for = {"minStep": start, "maxStep": stop, "samples": samples}
        return _rows(self._ask("HistoryPage", run_queries.HISTORY_PAGE, "history", **asked_for))

    @understood("RunSampledHistory")
    def _with_keys(self, spec: Dict[str, Any], keys: List[str]) -> List[Row]:
        found = self._ask("RunSampledHistory", run_queries.SAMPLED_HISTORY, "sampledHistory", specs=[json.dumps(spec)])
        rows = [dict(row) for row in (found or [[]])[0]]
        return [row for row in rows if all(key in row for key in keys)]

    def _ask(self, operation: str, query: str, name: str, **more: Any) -> Any:
        return self._connection.ask(operation, query, f"project.run.{name}", **self._run, **more)

    @understood("RunParquetHistory")
    def download_exports(self, folder: Path, must_be_whole: bool) -> DownloadHistoryResult:
        """The Parquet files that the server has made of the rows; IncompleteRunHistoryError if some are not in them."""
        found = self._ask("RunParquetHistory", run_queries.EXPORTED_HISTORY, "parquetHistory", liveKeys=["_step"]) or {}
        has_more = bool(found.get("liveData"))
        if has_more and must_be_whole:
            raise IncompleteRunHistoryError(
                "Some rows of the run are not exported yet: require_complete_history=False takes what there is."
            )
        transfers, paths, errors = self._connection.artifacts().transfers(), [], {}  # signed addresses: without the key
        os.makedirs(folder, exist_ok=True)  # also for no file at all
        for number, url in enumerate(found.get("parquetUrls") or ()):
            path = folder / f"{self._run['run']}_{number}.runhistory.parquet"
            try:
                with replacing(str(path)) as new:
                    transfers.fetch(url, new)
                paths.append(path)
            except (CommError, OSError) as error:
                errors[path] = str(error)
        return DownloadHistoryResult(paths, has_more, errors)


@understood("a run's rows")
def _rows(lines: Any) -> List[Row]:
    return [flattened(json.loads(line)) for line in lines or ()]
