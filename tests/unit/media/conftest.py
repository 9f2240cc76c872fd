"""A folder for media."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.media.target import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A run's folder of files, with what the run was told."""
    files = tmp_path / "files"
    files.mkdir()
    return Folder(files)
