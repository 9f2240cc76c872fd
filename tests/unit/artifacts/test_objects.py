"""Tables and media in artifacts: what is added there, and how it comes back from a server."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterator

import numpy as np
import pytest

import wandb
from tests.server.artifacts import ArtifactServer, PlainClient
from wandb.artifacts.artifact import Artifact
from wandb.artifacts.exceptions import ArtifactNotLoggedError
from wandb.artifacts.server import ArtifactServer as Server
from wandb.data_types import PartitionedTable

pytest.importorskip("PIL")
PIXELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


@pytest.fixture
def server() -> Iterator[ArtifactServer]:
    with ArtifactServer() as serving:
        yield serving


def logged(server: ArtifactServer, draft: Artifact) -> Artifact:
    """The draft as it comes back from a server."""
    contents = {path: Path(str(entry.local_path)).read_bytes() for path, entry in draft.manifest.entries.items()}
    server.put("n", contents)
    door = Server(lambda: PlainClient(server.url))
    return Artifact.from_server(door.by_name("somebody", "p", "n:v0"), door)


def picture(**more: Any) -> wandb.Image:
    boxes = {"b": {"box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 2}]}}
    masks = {"m": {"mask_data": np.ones((4, 4), dtype=int), "class_labels": {1: "one"}}}
    return wandb.Image(PIXELS, caption="c\u00e4", boxes=boxes, masks=masks, **more)


def test_image__in_an_artifact__comes_back_with_all_it_has(server: ArtifactServer) -> None:
    """Its files are entries beside the JSON, by their hashes."""
    draft = Artifact("n", "t")
    entry = draft.add(picture(classes=[{"id": 3, "name": "three"}]), "sub/im")
    assert entry.path == "sub/im.image-file.json"
    with open(str(entry.local_path), encoding="utf-8") as file:
        shown: Dict[str, Any] = json.load(file)
    assert shown["_type"] == "image-file" and "size" not in shown and shown["path"] in draft.manifest.entries
    assert [path.split("/")[1] for path in sorted(draft.manifest.entries)[:-1]] == ["classes", "images", "images"]
    found = logged(server, draft).get("sub/im")
    assert isinstance(found, wandb.Image) and found.to_data_array() == PIXELS.tolist()
    assert (found._caption, sorted(found._masks or {}), sorted(found._boxes or {})) == ("c\u00e4", ["m"], ["b"])
    assert found._classes is not None and found._classes.names() == {1: "one", 2: "class_2", 3: "three"}


def test_table__in_an_artifact__comes_back_with_its_media(server: ArtifactServer, folders: Path) -> None:
    """Cells that are pictures are pictures again."""
    (folders / "own.html").write_text("<p>page</p>")
    draft = Artifact("n", "t")
    draft["tab"] = wandb.Table(columns=["n", "i"], data=[[1, wandb.Image(PIXELS)], [None, picture()]])
    draft.add(wandb.Html("own.html"), "page")
    artifact = logged(server, draft)
    table = artifact["tab"]
    assert isinstance(table, wandb.Table) and table.columns == ["n", "i"]
    assert table.get_column("n") == [1, None] and table.data[0][1] == wandb.Image(PIXELS)
    assert isinstance(artifact.get("page"), wandb.Html) and artifact.get("tab.table.json") == table
    assert artifact.get("nothing") is None and artifact.get(next(path for path in draft.manifest.entries if path.endswith(".png"))) is None


def test_table__of_arrays_and_moments__comes_back_with_them(server: ArtifactServer) -> None:
    """Large arrays are in files of their own; arrays of several shapes are lists; moments are in UTC."""
    east, utc = timezone(timedelta(hours=2)), timezone.utc
    moments = [[datetime(2020, 1, 1), [date(2020, 1, 1)]], [datetime(2020, 1, 1, tzinfo=east), [date(1960, 1, 2)]]]
    first, second = np.arange(12.0).reshape(3, 4), np.arange(200)
    draft = Artifact("n", "t")
    draft["moments"] = wandb.Table(columns=["m", "l"], data=moments)
    draft["arrays"] = wandb.Table(columns=["a/b", "file"], data=[[first, second], [first + 1, second * 2]])
    draft["mixed"] = wandb.Table(columns=["a", "n"], data=[[first, second], [first[:2], None]])
    assert sum(path.endswith(".npz") for path in draft.manifest.entries) == 2
    artifact = logged(server, draft)
    arrays: Any = artifact["arrays"]
    assert np.array_equal(arrays.get_column("a/b", "numpy"), [first, first + 1])
    assert [cell.tolist() for cell in arrays.get_column("file")] == [second.tolist(), (second * 2).tolist()]
    again = Artifact("n", "t")
    again.add(arrays, "arrays")
    assert again.manifest.entries["arrays.table.json"].digest == draft.manifest.entries["arrays.table.json"].digest
    assert artifact["mixed"].data == [[first.tolist(), second.tolist()], [first[:2].tolist(), None]]
    assert artifact["moments"].data == [
        [datetime(2020, 1, 1, tzinfo=utc), [datetime(2020, 1, 1, tzinfo=utc)]],
        [datetime(2019, 12, 31, 22, tzinfo=utc), [datetime(1960, 1, 2, tzinfo=utc)]],
    ]


def test_table__whose_arrays_can_not_be_read__says_so(server: ArtifactServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Above all not by loading pickles, which run what their maker wants."""
    draft = Artifact("n", "t")
    draft["arrays"] = wandb.Table(columns=["a", "n"], data=[[np.eye(2), 1]])
    (path,) = [path for path in draft.manifest.entries if path.endswith(".npz")]
    with open(str(draft.manifest.entries[path].local_path), "wb") as file:
        np.savez_compressed(file, a=np.array([[[None]]], dtype=object))
    assert logged(server, draft)["arrays"].data == [[None, 1]]
    assert "The arrays of the column 'a' can't be read" in capfd.readouterr().err


def test_table__with_more_rows_than_an_artifact_takes__says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The limit is the public format's, lowered here."""
    monkeypatch.setattr(wandb.Table, "MAX_ARTIFACT_ROWS", 2)
    draft = Artifact("n", "t")
    draft["whole"] = wandb.Table(columns=["n"], data=[[1], [2]])
    assert "Truncating" not in capfd.readouterr().err
    draft["cut"] = wandb.Table(columns=["n"], data=[[1], [2], [3]])
    assert "Truncating wandb.Table object to 2 rows in the artifact" in capfd.readouterr().err


def test_tables__joined_or_in_parts__come_back(server: ArtifactServer) -> None:
    """They are made of other entries."""
    draft = Artifact("n", "t")
    tables = [wandb.Table(columns=["k", name], data=[[1, name]]) for name in ("x", "y")]
    draft.add(wandb.JoinedTable(tables[0], tables[1], "k"), "joined")
    for number, table in enumerate(tables):
        draft.add(wandb.Table(columns=table.columns, data=table.data), f"parts/{number}")
    draft.add(PartitionedTable("parts"), "parted")
    artifact = logged(server, draft)
    joined, parted = artifact.get("joined"), artifact.get("parted")
    assert isinstance(joined, wandb.JoinedTable) and joined == wandb.JoinedTable(tables[0], tables[1], "k")
    assert isinstance(parted, PartitionedTable) and [row for _, row in parted.iterrows()] == [[1, "x"], [1, "y"]]


def test_object__added_again__stays_as_it_is_unless_told() -> None:
    """As upstream's client has it: by the same name, or as the same object."""
    draft = Artifact("n", "t")
    table = wandb.Table(columns=["a"], data=[[1]])
    entry = draft.add(table, "q")
    assert draft.add(table, "other") is entry and draft.add(wandb.Table(columns=["a"], data=[[2]]), "q") is entry
    table.add_data(2)
    changed = draft.add(table, "q", overwrite=True)
    assert changed.digest != entry.digest and draft.manifest.entries == {"q.table.json": changed}
    with pytest.raises(ArtifactNotLoggedError):
        draft.get("q")


def test_object__that_is_no_medium__is_a_type_error() -> None:
    """Files are added by `add_file`."""
    draft = Artifact("n", "t")
    for wrong in (5, "path.png", wandb.Histogram([1])):
        with pytest.raises(TypeError, match="is added to an artifact, not"):
            draft.add(wrong, "x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no path inside"):
        draft.add(wandb.Table(columns=["a"]), "../x")
    assert len(draft.manifest) == 0


def test_tables__that_refer_to_another_and_to_classes__come_back_with_what_they_refer_to(server: ArtifactServer) -> None:
    """The other table and the classes are entries beside them."""
    keys = wandb.Table(columns=["id", "v"], data=[["x", 1], ["y", 2]])
    keys.set_pk("id")
    table = wandb.Table(columns=["fk", "n", "label"], data=[["y", keys.index_ref(0), 1]])
    table.set_fk("fk", keys, "id")
    table.cast("label", wandb.Classes([{"id": 1, "name": "cat"}]).get_type())
    draft = Artifact("n", "t")
    draft.add(table, "tab")
    found = logged(server, draft).get("tab")
    assert isinstance(found, wandb.Table) and found == table
    assert found.data[0][1].get_row() == {"id": "x", "v": 1}
    with pytest.raises(TypeError, match="'label' holds one of the classes {1: 'cat'}"):
        found.add_data("x", 0, 2)
    found.add_data("x", 1, 1)
    assert found.data[1][1].get_row() == {"id": "y", "v": 2}


def test_tables__that_refer_to_each_other_in_a_circle__are_a_clear_error() -> None:
    """Neither could be written first."""
    table = wandb.Table(columns=["r"])
    table.add_data(table.index_ref(0))
    with pytest.raises(ValueError, match="in a circle"):
        Artifact("n", "t").add(table, "tab")
