"""What of the console text goes to `files/output.log`, and what stands in front of its lines, as the settings say."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Callable, Dict


class ConsoleChoice:
    """The settings `console_prefix`, `_colors`, `_include` and `_exclude` of a run; the record itself keeps all."""

    def __init__(self, settings: Dict[str, Any]) -> None:
        self._include = [re.compile(pattern) for pattern in settings.get("console_include") or ()]
        self._exclude = [re.compile(pattern) for pattern in settings.get("console_exclude") or ()]
        self._prefix = bool(settings.get("console_prefix"))
        self.colors = bool(settings.get("console_colors"))
        creator: Dict[str, Any] = settings.get("_creator") or {}
        self._of_creator = {"pid": creator.get("pid"), "rank": settings.get("_rank")}
        self._label = lru_cache(maxsize=4096)(self._make_label)

    def keeps(self) -> Callable[[str], bool] | None:
        """Whether a line is wanted: it matches one of `include`, if there are any, and none of `exclude`."""
        if not self._include and not self._exclude:
            return None

        def keeps(line: str) -> bool:
            wanted = not self._include or any(pattern.search(line) for pattern in self._include)
            return wanted and not any(pattern.search(line) for pattern in self._exclude)

        return keeps

    def prefix_of(self, output: Any) -> str:
        """What stands in front of a line that begins in this OutputRawRecord; "" unless that is wished."""
        return self._label(output._info._tracelog_id) if self._prefix else ""

    def _make_label(self, source: str) -> str:
        try:
            values = json.loads(source) if source else self._of_creator
        except (ValueError, RecursionError):
            return ""
        if not isinstance(values, dict):
            return ""
        if values.get("rank") is not None:
            parts = [f"rank {values['rank']}"]
        else:  # neither is known of what came by a descriptor
            parts = [f"pid {values['pid']}"] if values.get("pid") else []
        parts += [str(values[key]) for key in ("process", "thread") if values.get(key)]
        return f"[{' '.join(parts)}] " if parts else ""
