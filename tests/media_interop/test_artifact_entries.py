"""Media in artifacts, against upstream's release as a black box: the JSON of each, and all entries with their digests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from tests.conftest import ROOT
from tests.interop import upstream

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e media` installs upstream's client and runs this")

PROGRAM = Path(__file__).with_name("artifact_cases.py")
NAMES = [
    "image", "overlaid", "labelled_twice", "labelled_and_not", "table_of_labels", "page", "sound", "film", "points",
    "molecule", "classes", "table", "table_of_media", "table_of_values", "table_of_arrays", "table_of_large_arrays",
    "table_of_short_arrays", "table_of_objects", "table_of_a_frame", "table_of_an_empty_frame", "table_with_keys",
    "table_referring", "table_of_indices", "table_of_classes", "partitioned", "table_of_own_classes",
    "table_of_odd_arrays", "table_of_arrays_and_lists", "table_of_lists", "table_of_moments", "table_of_given_types",
    "table_of_an_array_of_moments", "table_of_an_array_of_texts", "table_of_half_a_pair",
]  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """What both clients made of all cases: upstream's, ours."""
    theirs, ours = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("ours")
    result = upstream.call(theirs, str(PROGRAM), "found.json", WANDB_DATA_DIR=str(theirs))
    assert result.returncode == 0, result.stderr[-3000:]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WANDB_DATA_DIR": str(ours)}
    command = [sys.executable, str(PROGRAM), "found.json"]
    mine = subprocess.run(command, cwd=ours, env=environment, capture_output=True, text=True, timeout=300)
    assert mine.returncode == 0, mine.stderr[-3000:]
    return tuple(json.loads((folder / "found.json").read_text()) for folder in (theirs, ours))  # type: ignore[return-value]


@pytest.mark.parametrize("name", NAMES)
def test_entries__of_both_clients__are_the_same(found: Tuple[Dict[str, Any], Dict[str, Any]], name: str) -> None:
    """So the digest of an artifact with media in it is the same, too."""
    theirs, ours = found
    assert set(theirs) == set(ours) == set(NAMES)
    assert ours[name][0] == theirs[name][0]
    assert ours[name][1] == theirs[name][1]
