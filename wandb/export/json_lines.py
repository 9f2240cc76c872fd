"""Rows to a file with one JSON object a line, as they come."""

from __future__ import annotations

from typing import Any, Dict, Iterable

from wandb.export.columns import clean, json_text


def write(path: str, rows: Iterable[Dict[str, Any]]) -> None:
    """Write a file. Raises OSError if the disk refuses."""
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(clean(json_text(row)) + "\n")
