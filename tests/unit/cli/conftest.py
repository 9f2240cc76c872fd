"""The place that commands are tried in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A fresh folder and home."""
    return Place(tmp_path)
