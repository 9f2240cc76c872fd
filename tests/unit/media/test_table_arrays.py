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
    [("M8[s]", "f8"), ("m8[s]", "f8"), ("M8[s]", "?"), ([("a", "f4")], [("b", "i8")]), ("O", "f8"), ("f8", "O")],
)
def test_arrays__of_types_that_do_not_join__are_lists(first: Any, second: Any) -> None:
    """Numpy would make objects of them, which are kept as pickles only."""
    cells = [numpy.zeros((2, 2), first), numpy.zeros((2, 2), second)]
    artifact = Artifact("a", "dataset")
    artifact.add(Table(columns=["x"], data=[[cell] for cell in cells]), "t")
    path = artifact.manifest.entries["t.table.json"].local_path
    assert path is not None
    rows = json.loads(Path(path).read_text(encoding="utf-8"))["data"]
    assert all(len(row[0]) == 2 for row in rows)
    assert not [name for name in artifact.manifest.entries if name.endswith(".npz")]


def test_arrays_and_lists__of_one_shape__are_one_file() -> None:
    """What comes after an array may be a list of the same shape, as with upstream's client."""
    artifact = Artifact("a", "dataset")
    artifact.add(Table(columns=["x"], data=[[numpy.ones((2, 2))], [[[1, 2], [3, 4]]]]), "t")
    (name,) = [name for name in artifact.manifest.entries if name.endswith(".npz")]
    path = artifact.manifest.entries[name].local_path
    assert path is not None
    assert numpy.load(path)["x"].tolist() == [[[1, 1], [1, 1]], [[1, 2], [3, 4]]]
