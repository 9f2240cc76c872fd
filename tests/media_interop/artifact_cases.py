"""Media as entries of an artifact: a program for both clients, which writes the JSON and the digests of all entries."""

from __future__ import annotations

import decimal
import enum
import io
import json
import pathlib
import sys
from typing import Any

import numpy as np
import pandas

import wandb


def noise(*shape: int) -> Any:
    return np.random.RandomState(0).randint(0, 256, shape).astype("uint8")


CLASSES = [{"id": 0, "name": "none"}, {"id": 1, "name": "cat"}]
BOX = {
    "position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4},
    "class_id": 1,
    "scores": {"s": 0.5},
}


def overlaid() -> Any:
    mask = {"mask_data": noise(4, 6) % 2, "class_labels": {0: "none", 1: "cat"}}
    return wandb.Image(noise(4, 6, 3), masks={"m": mask}, boxes={"b": {"box_data": [BOX]}}, classes=CLASSES, grouping=2)


def labelled(**names: Any) -> Any:
    """An image whose masks (`m…`) and boxes (`b…`) have these names of classes; None: the client makes them up."""
    masks, boxes = {}, {}
    for layer, labels in names.items():
        given = {} if labels is None else {"class_labels": labels}
        if layer.startswith("m"):
            masks[layer] = {"mask_data": noise(4, 6) % 2, **given}
        elif layer.startswith("b"):
            boxes[layer] = {"box_data": [BOX], **given}
    return wandb.Image(noise(4, 6, 3), masks=masks, boxes=boxes, classes=names.get("classes"))


def of_labels() -> Any:
    images = [
        labelled(m1={9: "i", 2: "b", 10: "j"}),
        labelled(m1={3: "c", 9: "k"}, m2={3: "d", 1: "y"}),
        labelled(m1={0: "a"}, m2=None, b1=None, b2={1: "w", 0: "x"}),
        labelled(m1={0: "a"}, classes=CLASSES),
    ]
    return wandb.Table(columns=["i"], data=[[image] for image in images])


class Colour(enum.IntEnum):
    RED = 1


def of_objects() -> Any:
    """Values that have types of their own in libraries: one column each."""
    cells = {
        "stamp": pandas.Timestamp("2020-01-01", tz="Europe/Berlin"),
        "text": np.str_("a"),
        "nan": np.float64("nan"),
        "nat": np.datetime64("NaT"),
        "decimal": decimal.Decimal("1.5"),
        "enum": Colour.RED,
        "table": wandb.Table(columns=["q"], data=[[1]]),
        "molecule": wandb.Molecule(io.StringIO("A"), file_type="pdb"),
    }
    return wandb.Table(columns=list(cells), data=[list(cells.values())])


def of_frame() -> Any:
    return wandb.Table(
        dataframe=pandas.DataFrame(
            {
                "zone": pandas.date_range("2020", periods=2, tz="Europe/Berlin"),
                "moment": [pandas.Timestamp("2020"), pandas.NaT],
            }
        )
    )


def with_keys() -> Any:
    table = wandb.Table(columns=["id", "v"], data=[["x", 1], ["y", 2]])
    table.set_pk("id")
    return table


def referring() -> Any:
    table = wandb.Table(columns=["fk", "w"], data=[["x", 1], ["y", 2]])
    table.set_fk("fk", with_keys(), "id")
    table.add_data("x", 3)
    return table


def of_indices() -> Any:
    table = wandb.Table(columns=["r"])
    for index, _ in with_keys().iterrows():
        table.add_data(index)
    return table


def of_classes() -> Any:
    table = wandb.Table(columns=["label", "maybe"], data=[[0, None], [1, 1]])
    table.cast("label", wandb.Classes(CLASSES).get_type())
    table.cast("maybe", wandb.Classes(CLASSES).get_type(), optional=True)
    return table


CASES = {
    "image": lambda: wandb.Image(noise(4, 6, 3), caption="c"),
    "overlaid": overlaid,
    "labelled_twice": lambda: labelled(m1={0: "a"}, m2={0: "z", 1: "y"}, b1={1: "x"}, b2={1: "w"}),
    "labelled_and_not": lambda: labelled(m1={0: "a", 1: "b"}, m2=None),
    "table_of_labels": of_labels,
    "page": lambda: wandb.Html("<p>"),
    "sound": lambda: wandb.Audio(np.zeros(10), sample_rate=8000, caption="c"),
    "film": lambda: wandb.Video(io.BytesIO(b"x"), format="mp4"),
    "points": lambda: wandb.Object3D(np.zeros((1, 3))),
    "molecule": lambda: wandb.Molecule(io.StringIO("A"), file_type="pdb"),
    "classes": lambda: wandb.Classes(CLASSES),
    "table": lambda: wandb.Table(columns=["i", "n"], data=[[wandb.Image(noise(4, 6, 3)), 1], [overlaid(), None]]),
    "table_of_media": lambda: wandb.Table(
        columns=["h", "p", "g"], data=[[wandb.Html("<p>"), wandb.Object3D(np.zeros((1, 3))), None]]
    ),
    "table_of_values": lambda: wandb.Table(columns=["l", "d"], data=[[[1, 2], {"a": 1}], [[3], {"a": 2}]]),
    "table_of_arrays": lambda: wandb.Table(
        columns=["a", "f"], data=[[np.arange(3), float("nan")], [np.arange(3), 0.5]]
    ),
    "table_of_large_arrays": lambda: wandb.Table(
        columns=["a", "m", "t"],
        data=[[np.arange(151), np.eye(2), np.zeros((1, 2), "M8[s]")], [np.zeros(151), np.eye(2) > 0, np.zeros((1, 2), "M8[s]")]],
    ),
    "table_of_short_arrays": lambda: wandb.Table(
        columns=["n", "b", "s", "t", "d"],
        data=[[np.arange(150), np.eye(2)[0] > 0, np.array(["x"]), np.zeros(1, "M8[D]"), {"x": np.zeros(3)}]],
    ),
    "table_of_objects": of_objects,
    "table_of_a_frame": of_frame,
    "table_of_an_empty_frame": lambda: wandb.Table(dataframe=pandas.DataFrame({"a": []})),
    "table_with_keys": with_keys,
    "table_referring": referring,
    "table_of_indices": of_indices,
    "table_of_classes": of_classes,
    "partitioned": lambda: wandb.data_types.PartitionedTable("parts"),
}


def main() -> None:
    found = {}
    for name, make in CASES.items():
        artifact = wandb.Artifact("name", "type")
        value = make()
        if hasattr(artifact, "add"):
            entry = artifact.add(value, name)
            text = pathlib.Path(entry.local_path).read_text(encoding="utf-8")
            value_json = json.loads(text)
        else:
            value_json = json.loads(json.dumps(value.to_json(artifact)))
        entries = {path: entry.digest for path, entry in artifact.manifest.entries.items() if path.startswith("media/")}
        found[name] = [value_json, entries]
    pathlib.Path(sys.argv[1]).write_text(json.dumps(found, sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    main()
