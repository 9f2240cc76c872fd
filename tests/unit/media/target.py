"""A place for media to go in tests: the folder of a run, and what a run would be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from wandb.sdk.lib.delivery import Delivery, at_once


class Folder:
    """What media know of a run."""

    def __init__(self, path: Path) -> None:
        self.dir = str(path)
        self.written: List[str] = []
        self.labels: Dict[Tuple[str, str], Mapping[str, str]] = {}
        self.tables: List[str] = []

    def _deliver(self, file: Delivery) -> None:
        at_once(file)

    def _media_written(self, name: str) -> None:
        self.written.append(name)

    def _media_labels(self, kind: str, key: str, labels: Mapping[str, str]) -> None:
        self.labels[kind, key] = labels

    def _table_logged(self, table: Any, key: str) -> Dict[str, Any]:
        self.tables.append(key)
        return {"artifact_path": f"wandb-client-artifact://x/{key}.table.json"}
