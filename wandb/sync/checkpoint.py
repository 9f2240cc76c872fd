"""What the server has acknowledged of a run: `checkpoint.json` in the run folder, replaced in one step.

Whoever uploads a run writes it, after each answer, and begins with it. So what was sent but not acknowledged is sent
again, to the same place: lines have numbers, and a number once given is kept here until nothing can change any more.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple

from wandb.sync.rewrite import rewrite

_VERSION = 1


class Checkpoint:
    """A JSON object: `target` says where the run was sent to, the rest belongs to the parts of the upload."""

    def __init__(self, path: str, target: Tuple[str, ...]) -> None:
        """What is there counts only for the same target: another server or project has none of the run yet."""
        self._path = path
        self._text = ""
        self.values: Dict[str, Any] = {}
        read = _read(path)
        if read.get("version") == _VERSION and read.get("target") == list(target):
            self.values = read
        self.values.update(version=_VERSION, target=list(target))

    @property
    def is_new(self) -> bool:
        """Whether the server has not been asked for the run yet."""
        return "storage_id" not in self.values

    def part(self, name: str) -> Dict[str, Any]:
        """The state of a part of the upload; {} in the beginning."""
        return dict(self.values.get(name) or {})

    def save(self, **changes: Any) -> None:
        """Take over the changes and replace the file, unless it says this already. Raises OSError."""
        self.values.update(changes)
        text = json.dumps(self.values, separators=(",", ":"))
        if text != self._text:
            rewrite(self._path, text, durable=True)
            self._text = text


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
    except (OSError, ValueError):
        return {}  # there is none yet
    return values if isinstance(values, dict) else {}
