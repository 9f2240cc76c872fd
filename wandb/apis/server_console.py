"""The console text of a run of a server, line by line."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Dict

from wandb.apis import run_queries
from wandb.apis.console import ConsoleLogLine
from wandb.apis.pages import Pages

if TYPE_CHECKING:
    from wandb.apis.connection import Connection

_DIGITS_OF_MICROSECONDS = 6


class ConsoleLogs(Pages[ConsoleLogLine]):
    """The lines, some at a time; with `last`, only so many of the end."""

    def __init__(
        self, connection: Connection, run: Dict[str, str], per_page: int = 1000, last: int | None = None
    ) -> None:
        super().__init__(per_page)
        self._connection = connection
        self._run = run
        self._last = last

    def _page(self, cursor: str | None) -> Dict[str, Any] | None:
        if self._last is not None:
            name, query, asked = "RunConsoleLogTail", run_queries.LAST_LOG_LINES, {"last": self._last}
        else:
            name, query = "RunConsoleLogPage", run_queries.LOG_LINES
            asked = {"cursor": cursor, "perPage": self.per_page}  # type: ignore[dict-item]
        run = self._connection.ask(name, query, "project.run", **self._run, **asked)
        if run is None:
            return None
        return {**(run.get("logLines") or {"edges": []}), "totalCount": None if self._last else run.get("logLineCount")}

    def _item(self, node: Dict[str, Any]) -> ConsoleLogLine:
        return _line(node)


def _line(node: Dict[str, Any]) -> ConsoleLogLine:
    texts = (str(node.get(name) or "") for name in ("level", "label", "line"))
    return ConsoleLogLine(int(node["number"]), _moment(node.get("timestamp")), *texts)


def _moment(text: Any) -> datetime | None:
    """Of ISO 8601 in UTC, with any number of digits behind the second."""
    if not text:
        return None
    whole, _, rest = str(text).rstrip("Z").partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
        parts = int(rest[:_DIGITS_OF_MICROSECONDS].ljust(_DIGITS_OF_MICROSECONDS, "0"))
    except ValueError:
        return None
    return moment.replace(microsecond=parts, tzinfo=timezone.utc)
