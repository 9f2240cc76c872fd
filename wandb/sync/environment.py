"""wandb-metadata.json: the machine and the program, merged from the environment records of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict

from wandb.sync.rewrite import rewrite
from wandb.wire.decode import message_class

if TYPE_CHECKING:
    from wandb.runlog.tail import Entry


class EnvironmentFile:
    """Fed environment entries."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._merged = message_class("EnvironmentRecord")()
        self._changed = False

    def apply(self, entry: Entry) -> None:
        """Take in one entry."""
        if entry.kind == "environment":
            # A second part of the same description; its lists replace those there, MergeFrom would append to them.
            for field, _ in entry.record.environment.ListFields():
                if _is_list(field):
                    self._merged.ClearField(field.name)
            self._merged.MergeFrom(entry.record.environment)
            self._changed = True

    def values(self) -> Dict[str, Any]:
        """The JSON object of the file."""
        from google.protobuf.json_format import MessageToDict

        values: Dict[str, Any] = MessageToDict(self._merged)
        values.pop("Info", None)
        return values

    @property
    def writer(self) -> str:
        """The id of the writer that described the machine; "" before anybody has."""
        return str(self._merged.writer_id)

    def flush(self) -> None:
        """Replace the file if anything has changed."""
        if self._changed:
            rewrite(self._path, json.dumps(self.values(), indent=2, separators=(",", ":  ")) + "\n")
            self._changed = False


def _is_list(field: Any) -> bool:
    is_map = bool(field.message_type and field.message_type.GetOptions().map_entry)
    return is_map or isinstance(field.default_value, list)
