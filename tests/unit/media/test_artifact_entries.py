"""Media in artifacts: their files become entries named by content, their JSON is that of the public format."""

from __future__ import annotations

from hashlib import md5, sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import wandb

np = pytest.importorskip("numpy")
pytest.importorskip("PIL")

BOX = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1, "scores": {"s": 0.5}}


def image(**more: Any) -> wandb.Image:
    return wandb.Image(np.arange(72, dtype="uint8").reshape(4, 6, 3), **more)


@pytest.fixture
def artifact() -> wandb.Artifact:
    return wandb.Artifact("name", "type")


def test_image__in_an_artifact__is_an_entry_named_by_its_md5(artifact: wandb.Artifact) -> None:
    """Two of the same content are one entry."""
    found = image(caption="c").to_json(artifact)
    name = f"media/images/{md5(image()._content.read()).hexdigest()[:20]}.png"  # type: ignore[union-attr]
    expected = {"_type": "image-file", "path": name, "format": "png", "width": 6, "height": 4, "caption": "c"}
    assert {key: value for key, value in found.items() if key != "sha256"} == expected
    assert image().to_json(artifact)["path"] == name and list(artifact.manifest.entries) == [name]


def test_image__with_masks_boxes_and_classes__has_them_as_entries(artifact: wandb.Artifact) -> None:
    """Masks as files, boxes as they are, the names of all classes as a file of their own."""
    mask = {"mask_data": np.zeros((4, 6)), "class_labels": {0: "none"}}
    found = image(masks={"m": mask}, boxes={"b": {"box_data": [BOX]}}, classes=[{"id": 7, "name": "x"}]).to_json(
        artifact
    )
    assert found["boxes"] == {"b": [BOX]} and found["masks"]["m"]["_type"] == "mask"
    assert found["masks"]["m"]["path"].startswith("media/images/mask/") and "size" not in found["masks"]["m"]
    assert found["classes"]["type"] == "classes-file" and found["classes"]["path"] in artifact.manifest.entries
    assert set(artifact.manifest.entries) == {found["path"], found["masks"]["m"]["path"], found["classes"]["path"]}


def test_table__with_media__has_the_types_of_its_columns(artifact: wandb.Artifact) -> None:
    """The cells are the JSON of their media."""
    boxed = image(boxes={"b": {"box_data": [BOX], "class_labels": {1: "cat"}}})
    table = wandb.Table(columns=["i", "h", "n"], data=[[image(), wandb.Html("<p>"), 1], [boxed, wandb.Html("<b>"), 2]])
    found = table.to_json(artifact)
    kinds = found["column_types"]["params"]["type_map"]
    assert [kind["wb_type"] for kind in kinds["h"]["params"]["allowed_types"]] == ["html-file", "none"]
    images = kinds["i"]["params"]["allowed_types"][0]
    assert images["wb_type"] == "image-file" and images["params"]["box_class_maps"]["params"]["val"] == {
        "b": {"1": "cat"}
    }
    assert found["data"][1][0]["boxes"] and found["nrows"] == 2
    assert len(artifact.manifest.entries) == 4  # both images are one file; its boxes' classes, and two pages


def test_files_of_a_user__in_an_artifact__are_added_as_files(artifact: wandb.Artifact, tmp_path: Path) -> None:
    """Big ones are not read into memory; they keep their names."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"film")
    found = wandb.Video(str(path)).to_json(artifact)
    assert found == {
        "_type": "video-file",
        "path": f"media/videos/{sha256(b'film').hexdigest()[:20]}/film.mp4",
        "sha256": found["sha256"],
    }
    assert artifact.manifest.entries[found["path"]].size == 4


class Entries:
    """An artifact as `from_json` sees one: entries that can be downloaded."""

    def __init__(self, artifact: wandb.Artifact) -> None:
        self.manifest = artifact.manifest

    def get_entry(self, name: str) -> Any:
        entry = self.manifest.entries[name]
        return type("Entry", (), {"download": lambda self: entry.local_path})()


def test_media__back_from_an_artifact__are_what_they_were(artifact: wandb.Artifact) -> None:
    """With captions, masks and boxes."""
    mask = {"mask_data": np.ones((4, 6)), "class_labels": {1: "one"}}
    first = image(caption="c", grouping=3, masks={"m": mask}, boxes={"b": {"box_data": [BOX]}})
    again = wandb.data_types.WBValue.init_from_json(first.to_json(artifact), Entries(artifact))
    assert isinstance(again, wandb.Image) and (again.image.size, again._caption, again._grouping) == ((6, 4), "c", 3)
    assert again._masks is not None and again._masks["m"]._labels == {"1": "one"} and again._boxes is not None
    page = wandb.Html.from_json(wandb.Html("<p>").to_json(artifact), Entries(artifact))
    assert page.html == wandb.Html("<p>").html
    table = wandb.Table(columns=["i"], data=[[image()]])
    same = wandb.Table.from_json(table.to_json(artifact), Entries(artifact))
    assert same.columns == ["i"] and isinstance(same.data[0][0], wandb.Image)


def test_media_kept_elsewhere__in_an_artifact__are_references_named_by_their_addresses(artifact: wandb.Artifact) -> None:
    """As upstream's client has it, for pictures and sounds on the web or in a store; a film is a file."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"abc")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/a/pic.png"
        found = [wandb.Image(address, caption="c").to_json(artifact), wandb.Audio(address).to_json(artifact)]
        table = wandb.Table(columns=["i"], data=[[wandb.Image(address)]]).to_json(artifact)
        server.shutdown()
    digest = sha256(address.encode()).hexdigest()
    names = [f"media/{kind}/{digest[:20]}/pic.png" for kind in ("images", "audio")]
    assert found == [
        {"_type": "image-file", "sha256": digest, "path": names[0], "caption": "c", "format": "png"},
        {"_type": "audio-file", "sha256": digest, "path": names[1]},
    ]
    assert table["data"][0][0]["path"] == names[0] and sorted(artifact.manifest.entries) == sorted(names)
    assert {(entry.ref, entry.size) for entry in artifact.manifest.entries.values()} == {(address, 3)}
    assert wandb.Image(address) == wandb.Image(address) != wandb.Image(address + "x")
    with pytest.raises(FileNotFoundError):
        wandb.Video("http://127.0.0.1/a.mp4")
    with pytest.raises(FileNotFoundError):
        wandb.Image("other://127.0.0.1/a.png")
