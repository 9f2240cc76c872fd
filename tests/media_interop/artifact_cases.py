"""Media as entries of an artifact: a program for both clients, which writes the JSON and the digests of all entries."""

from __future__ import annotations

import collections
import datetime
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


class Words(str):
    pass


class Items(list):
    pass


Point = collections.namedtuple("Point", "x y")


def of_own_classes() -> Any:
    """What is of a class that is derived from a plain one has the name of it; so have other arrays than numpy's own."""
    cells = {
        "words": Words("x"), "items": Items([1]), "point": Point(1, 2), "ordered": collections.OrderedDict(a=1),
        "counter": collections.Counter("aab"), "matrix": np.matrix([[1, 2]]), "record": np.rec.array([(1, 2.0)]),
        "masked": np.ma.masked_array([[1, 2]], [[0, 1]]), "bytes": np.bytes_(b"x"), "void": np.void(b"ab"),
        "span": np.timedelta64("NaT"), "months": np.timedelta64(3, "M"), "view": memoryview(np.eye(2)),
        "series": pandas.Series([1, 2]), "index": pandas.Index([1, 2]), "category": pandas.Categorical(["a"]),
    }  # fmt: skip
    return wandb.Table(columns=list(cells), data=[list(cells.values()), [None] * len(cells)])


def objects(*shape: int, values: Any) -> Any:
    made = np.empty(shape, dtype=object)
    made.flat = values
    return made


def of_odd_arrays() -> Any:
    """Arrays without axes are files; short ones are numbers whatever is in them."""
    cells = {
        "number": np.array(5), "text": np.array("x"), "objects": objects(3, values=[1, "x", None]),
        "bytes": np.array([b"x"]), "fields": np.zeros(2, [("a", "f4"), ("b", "i4")]), "spans": np.ones(2, "m8[M]"),
        "far": np.array([5, 6], "M8[ns]"), "none": np.zeros(0), "no rows": np.zeros((0, 2)), "half": np.ones((2, 2), "f2"),
        "back": np.ones((2, 2), ">f8"), "part": np.arange(24).reshape(4, 6)[::2, ::2], "complex": np.ones((2, 2), complex),
        "inner": {"a": np.array(5), "b": np.ma.array([1, 2])},
    }  # fmt: skip
    return wandb.Table(columns=list(cells), data=[list(cells.values())])


def of_arrays_and_lists() -> Any:
    columns = {
        "same": [np.ones((2, 2)), [[1, 2], [3, 4]]], "texts": [np.ones((2, 2)), [["a", "b"], ["c", "d"]]],
        "strings": [np.full((2, 2), "x"), np.ones((2, 2))], "numbers": [np.ones((2, 2)), np.full((2, 2), "xyz")],
        "bools": [np.ones((2, 2)), np.ones((2, 2), bool)], "none": [np.ones(2), None], "days": [np.ones((2, 2), "M8[s]")] * 2,
        "inner": [{"a": np.ones(2)}, {"a": [1, 2]}], "table": [wandb.Table(columns=["q"], data=[[np.eye(2)]])] * 2,
    }  # fmt: skip
    return wandb.Table(columns=list(columns), data=[list(row) for row in zip(*columns.values())])


def of_lists() -> Any:
    columns = {
        "none": [[None], [1]], "some": [[1, None], [2]], "inner": [[[None], [1]], []], "mixed": [[1, "x", None], None],
        "nan": [[1.0, float("nan")], None], "images": [[None, wandb.Image(noise(2, 2))], None], "keys": [{None: 1}, None], "flags": [{True: 2}, None],
        "dates": [[datetime.date(2020, 1, 1), None], None], "lists": [[None, [1]], None], "in dict": [{"a": [1, None]}, None],
    }  # fmt: skip
    return wandb.Table(columns=list(columns), data=[list(row) for row in zip(*columns.values())])


def of_moments() -> Any:
    cells = [np.datetime64(20, unit) for unit in ("Y", "M", "D", "h", "s", "ms", "us", "ns")]
    cells += [np.datetime64("1960-01-01T00:00:00.000005"), np.datetime64("2020-01-01T00:00:00.123456789")]
    return wandb.Table(columns=["a"], data=[[cell] for cell in cells])


def of_given_types() -> Any:
    kinds = [list, set, datetime.datetime, np.float64, np.bool_, {"a": int}, wandb.Image, list]
    cells = [[1], {1}, datetime.datetime(2020, 1, 1), 1.5, True, {"a": 1}, None, None]
    return wandb.Table(columns=[str(number) for number in range(8)], data=[cells], dtype=kinds)


CASES = {
    "table_of_own_classes": of_own_classes,
    "table_of_odd_arrays": of_odd_arrays,
    "table_of_arrays_and_lists": of_arrays_and_lists,
    "table_of_lists": of_lists,
    "table_of_moments": of_moments,
    "table_of_given_types": of_given_types,
    "table_of_an_array_of_moments": lambda: wandb.Table(columns=["a"], data=np.array([["2020"], ["NaT"]], "M8[ns]")),
    "table_of_an_array_of_texts": lambda: wandb.Table(columns=["a"], data=np.array([["x"]])),
    "table_of_half_a_pair": lambda: wandb.Table(columns=["a"], data=[["\ud800"]]),
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
