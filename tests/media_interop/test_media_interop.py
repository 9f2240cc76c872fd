"""Every kind of media and chart, logged by the same program with this package and with upstream's release as a black box.

Run by `tox -e media`, which installs that release, and the same libraries for both sides, in environments of their own.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import List, Tuple

import pytest

from tests.conftest import ROOT
from tests.interop import upstream
from tests.media_interop.comparison import Outcome, name_of_table, paths_in
from wandb.artifacts.names import own_name

pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e media` installs upstream's client and runs this")

PROGRAM = Path(__file__).with_name("cases.py")
NAMES = [
    node.name
    for node in ast.parse(PROGRAM.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and any(getattr(mark, "id", "") == "case" for mark in node.decorator_list)
]
# What we record where upstream's client raises.
MORE = {
    "boxes_numpy_values": "numbers of numpy are numbers",
    "figure_empty": "a figure that Plotly can't take over is an image",
    "figure_in_list": "lists of figures",
    "histogram_nan": "NaN is left out, with a warning",
    "image_pil_list_without_wrapper": "pictures of Pillow's are images",
    "image_pil_without_wrapper": "a picture of Pillow's is an image",
    "images_dict_in_list": "media anywhere in lists and dicts",
    "images_nested_lists": "media anywhere in lists and dicts",
    "images_with_none": "media anywhere in lists and dicts",
    "images_with_numbers": "media anywhere in lists and dicts",
    "object3d_scene_lists": "lists instead of arrays",
    "plot_in_list": "recorded as text, as any object",
    "table_add_computed_columns": "upstream's call ends in a RecursionError",
    "table_column_names": "names that are texts and numbers, together",
    "table_media_kinds": "a histogram in a table",
    "table_pil": "recorded as text, as any object",
    "video_numpy_one_channel": "one channel is grey",
}
# What differs in the row.
OTHER = {
    "images_caption_of_the_second": "upstream's client drops all captions if the first has none",
    "molecule_list": "upstream's client drops all captions if the first has none",
    "video_numpy_webm": "the container has a random id, in any client",
}
# What differs in the artifact of a table.
OTHER_TABLES = {
    "run--class_proportions": "a text of numpy is a text",
    "run--confusion_matrix": "a text of numpy is a text",
    "run--feature_importances": "a text of numpy is a text",
    "run--table_long_floats": "six of the sixteen bytes of such a number have no meaning, and any value",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Outcome, Outcome]:
    """What both clients made of all cases: upstream's, ours."""
    theirs, ours = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("ours")
    result = upstream.call(theirs, str(PROGRAM), "result.json", WANDB_MODE="offline")
    assert result.returncode == 0, result.stderr[-3000:]
    return Outcome(theirs), outcome_of_ours(ours)


def outcome_of_ours(folder: Path, *names: str) -> Outcome:
    """What we make of the cases, all or those that are named."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WANDB_MODE": "offline"}
    command = [sys.executable, str(PROGRAM), "result.json", *names]
    mine = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert mine.returncode == 0, mine.stderr[-3000:]
    return Outcome(folder)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {**MORE, **OTHER}])
def test_case__with_both_clients__leaves_the_same_rows_files_and_config(
    outcomes: Tuple[Outcome, Outcome], name: str
) -> None:
    """A page that shows upstream's runs shows ours; where upstream's client refuses, so do we."""
    theirs, ours = outcomes
    if name in theirs.raised:
        assert name in ours.raised
        return
    assert name not in ours.raised, ours.raised[name]
    assert ours.row(name) == theirs.row(name)
    for path in paths_in(theirs.row(name)):
        assert ours.content(path) == theirs.content(path), path
    assert ours.shown(name) == theirs.shown(name)
    for path in paths_in(theirs.row(name)):
        assert f"{path} 0 0" in ours.announced


def test_tables__of_all_cases__are_kept_in_the_same_artifacts(outcomes: Tuple[Outcome, Outcome]) -> None:
    """The pages for people show a table from there: its types, and the media in its cells."""
    theirs, ours = outcomes
    common = [name for name in theirs.tables if name in ours.tables]
    assert len(common) > 30 and len(common) == len(theirs.tables)
    assert {name for name in common if ours.tables[name] != theirs.tables[name]} == set(OTHER_TABLES)


def test_names_of_tables__of_many_runs__are_the_same_without_the_run() -> None:
    """Or the same table would have two names in one comparison of twenty."""
    ids = [f"{number:08}" for number in range(1000)]
    assert {name_of_table(own_name(f"run-{run}-a/b_table"), run) for run in ids} == {"run--ab_table"}


@pytest.mark.parametrize("name", sorted(MORE))
def test_case_that_upstream_refuses__with_ours__is_recorded(outcomes: Tuple[Outcome, Outcome], name: str) -> None:
    """Where there is something to record, a training does not end."""
    theirs, ours = outcomes
    assert name in theirs.raised and name not in ours.raised
    assert ours.row(name)


@pytest.mark.parametrize("name", sorted(OTHER))
def test_case_with_a_known_difference__in_ours__is_recorded(outcomes: Tuple[Outcome, Outcome], name: str) -> None:
    """Each has its reason above."""
    theirs, ours = outcomes
    assert ours.row(name) and theirs.row(name) and ours.row(name) != theirs.row(name)


def test_errors_of_ours__in_all_cases__are_errors_of_use_or_of_the_file_system(
    outcomes: Tuple[Outcome, Outcome],
) -> None:
    """A caller knows what to catch, and no traceback ends deep in another library."""
    _, ours = outcomes
    kinds = {kind for _, kind, _ in ours.raised.values()}
    of_media = {"UnreadablePicture", "WrongContent"}
    assert kinds <= {"ArgumentTypeError", "ArgumentValueError", "UsageError", "Error", "FileNotFoundError", *of_media}


def test_announced_files__of_all_cases__are_there(outcomes: Tuple[Outcome, Outcome]) -> None:
    """Whoever sends a run's files finds each that the record names."""
    _, ours = outcomes
    names: List[str] = [entry.rsplit(" ", 2)[0] for entry in ours.announced]
    assert names and all((ours.run.path / "files" / name).is_file() for name in names)


def test_upstream_sync__of_our_run_with_media__sends_all_files(tmp_path: Path) -> None:
    """Its reader takes our record as its own: each announced file arrives, whole."""
    ours = outcome_of_ours(tmp_path, "images_list", "masks", "boxes", "video_bytes", "html_path", "audio_list")
    received = upstream.sync(ours.run.path)
    names = {entry.rsplit(" ", 2)[0] for entry in ours.announced}
    assert names <= set(received.files)
    assert all(received.files[name] == ours.content(name) for name in names)
