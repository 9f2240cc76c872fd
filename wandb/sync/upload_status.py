"""How far the upload of a run is, for whoever waits for it: a small file in the run's `logs/`.

The training process reads it, which never talks to the server itself; so it knows the run's page, what is left, and
what is wrong.
"""

from __future__ import annotations

import json
import os
import threading
from time import monotonic
from typing import Any, Callable, Dict

from wandb.sync.rewrite import rewrite

_LEAST_SECONDS = 0.5


class UploadStatus:
    """Values by name: `entity`, `project`, `run_id`, `display_name`, `left_bytes`, `left_files`, `sent_bytes`,
    `files` (how many the server has, by kind), `problem` (what is wrong now, or ""), `is_refused` (for
    good), `is_done`, and `stop_is_asked` of a program that has a function for that.
    """

    def __init__(self, path: str, hear: Callable[[Dict[str, Any]], None] = lambda values: None) -> None:
        """`hear` is called with the values each time the file is brought up to date."""
        self._path = path
        self._hear = hear
        self._lock = threading.Lock()
        self._next = 0.0
        self._written: Dict[str, Any] = {}
        self.values: Dict[str, Any] = {}

    def update(self, **values: Any) -> None:
        """Note them; the file is brought up to date at once only if more than an amount has changed."""
        with self._lock:
            self._update(values)

    def _update(self, values: Dict[str, Any]) -> None:
        amounts = ("left_bytes", "left_files", "sent_bytes")
        matters = any(self.values.get(name) != value for name, value in values.items() if name not in amounts)
        self.values.update(values)
        if self.values != self._written and (matters or monotonic() >= self._next):
            self._next = monotonic() + _LEAST_SECONDS
            self._written = dict(self.values)
            self._hear(self._written)
            try:
                os.makedirs(os.path.dirname(self._path), exist_ok=True)
                rewrite(self._path, json.dumps(self.values))
            except OSError:
                self._written = {}  # a full disk: only this is missing, and it is written again
