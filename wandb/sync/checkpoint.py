"""What the server has acknowledged of a run: `checkpoint.json` in the run folder, replaced in one step.

Whoever uploads a run writes it, after each answer, and begins with it. So what was sent but not acknowledged is sent
again, to the same place: lines have numbers, and a number once given is kept here until nothing can change any more.

Beside it, a base for each place that the run was sent to says where the run's lines begin there, and never changes.
Without a checkpoint that can be read, the whole run is sent again from its base: to the same numbers, so once.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, Tuple

from wandb.sync.rewrite import rewrite

_VERSION = 2


class Checkpoint:
    """A JSON object: `target` says where the run was sent to, the rest belongs to the parts of the upload."""

    def __init__(self, path: str, target: Tuple[str, ...]) -> None:
        """What is there counts only for the same target: another server or project has none of the run yet."""
        root, extension = os.path.splitext(path)
        self._path = path
        self._base_path = f"{root}-{hashlib.md5(json.dumps(target).encode()).hexdigest()[:12]}{extension}"
        self._text = ""
        self.is_unreadable = False  # there is one, for this target or another, and no base for this one
        self.values: Dict[str, Any] = {}
        known = {"version": _VERSION, "target": list(target)}
        for place in (self._path, self._base_path):
            state = _read(place)
            if state is None:
                self.is_unreadable = True
            elif known.items() <= state.items():
                self.values, self.is_unreadable = state, False
                break
        self.values.update(known)

    @property
    def is_new(self) -> bool:
        """Whether the server has not been asked for the run yet."""
        return "storage_id" not in self.values

    def part(self, name: str) -> Dict[str, Any]:
        """The state of a part of the upload; {} in the beginning."""
        return dict(self.values.get(name) or {})

    def begin(self, **facts: Any) -> None:
        """Note what the server has said of the run before its first line, for good. Raises OSError."""
        values = {**self.values, **facts}
        # Whoever begins with it can't know how far the run was: it may be complete.
        rewrite(self._base_path, _sealed({**values, "exit_code": "unknown"}), durable=True)
        self.save(**facts)  # not known before it is on the disk: who tries again must begin again

    def save(self, **changes: Any) -> None:
        """Take over the changes and replace the file, unless it says this already. Raises OSError."""
        self.values.update(changes)
        text = _sealed(self.values)
        if text != self._text:
            rewrite(self._path, text, durable=True)
            self._text = text


def _sealed(state: Dict[str, Any]) -> str:
    """The text of a file whose reader can tell that nothing of it was changed."""
    text = json.dumps(state, separators=(",", ":"))
    return f'{{"state":{text},"md5":"{hashlib.md5(text.encode()).hexdigest()}"}}'


def _read(path: str) -> Dict[str, Any] | None:
    """The state that a file was sealed with, {} if there is no file, None if it can't be read or was changed."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        state = json.loads(text)["state"]
        return dict(state) if text == _sealed(state) else None
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
