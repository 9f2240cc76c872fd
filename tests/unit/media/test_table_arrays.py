"""Columns of arrays in artifacts: which of them are one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wandb.artifacts.artifact import Artifact
from wandb.media.table import Table

numpy = pytest.importorskip("numpy")


@pytest.mark.parametrize(
    ("first", "second"),
    [("M8[s]", "f8"), ("m8[s]", "f8"), ("M8[s]", "?"), ("M8[s]", "U3"), ("f8", "U3"), ([("a", "f4")], [("b", "i8")])],
)
def test_arrays__of_types_that_do_not_join__are_lists(first: Any, second: Any) -> None:
    """Numpy would make objects of them, which are kept as pickles only, or texts of numbers."""
    cells = [numpy.zeros((2, 2), first), numpy.zeros((2, 2), second)]
    artifact = Artifact("a", "dataset")
    artifact.add(Table(columns=["x"], data=[[cell] for cell in cells]), "t")
    path = artifact.manifest.entries["t.table.json"].local_path
    assert path is not None
    rows = json.loads(Path(path).read_text(encoding="utf-8"))["data"]
    assert all(len(row[0]) == 2 for row in rows)
    assert not [name for name in artifact.manifest.entries if name.endswith(".npz")]
