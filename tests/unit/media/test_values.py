"""Histograms, pages, sounds, films, things in 3D, molecules, graphs: odd values, errors of use, and missing libraries."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wandb
from tests.unit.media.target import Folder
from wandb.errors import ArgumentTypeError, ArgumentValueError, UsageError
from wandb.media import number_texts
from wandb.media.number_texts import numbers_json
from wandb.media.trace_tree import Result, Span, WBTraceTree
from wandb.media.values import json_bytes, need

np = pytest.importorskip("numpy")


def text_of(folder: Folder, medium: Any) -> str:
    medium.bind_to_run(folder, "key", 0)
    return (Path(folder.dir) / medium.to_json(folder)["path"]).read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_histogram__of_complex_numbers__has_their_edges() -> None:
    """As numpy makes them; in a row they are texts."""
    found = wandb.Histogram([1 + 2j, 3], num_bins=2)
    assert found.histogram == [1, 1] and found.bins == [1 + 2j, 2 + 1j, 3 + 0j]


@given(st.lists(st.floats(width=32) | st.integers(-1000, 1000) | st.booleans(), max_size=30), st.integers(1, 512))
def test_histogram__of_any_numbers__counts_the_finite_ones(values: Any, num_bins: int) -> None:
    """A training whose gradients are NaN goes on."""
    found = wandb.Histogram(values, num_bins=num_bins)
    finite = np.isfinite(np.asarray(values, dtype=float)).sum() if values else 0
    assert sum(found.histogram) == finite
    assert len(found.bins) == len(found.histogram) + 1 == num_bins + 1
    assert found.to_json() == {"_type": "histogram", "values": found.histogram, "bins": found.bins}


@pytest.mark.parametrize(
    "arguments",
    [
        {"sequence": ["a"]},
        {"sequence": None},
        {"sequence": {"a": 1}},
        {"sequence": [1], "num_bins": 513},
        {"sequence": [1], "num_bins": 0},
        {"sequence": [1], "num_bins": 1.5},
        {"np_histogram": ([1],)},
        {"np_histogram": ([1], [1])},
        {"np_histogram": 5},
        {"np_histogram": np.float64(1)},
        {"np_histogram": (np.float64(1), [1])},
        {"np_histogram": [1, 2]},
        {"sequence": [[1, 2], [3]]},
        {"sequence": [10**400]},
    ],
)
def test_histogram__of_what_can_not_be_counted__is_an_error_of_use(arguments: Any) -> None:
    """Said where it is made."""
    with pytest.raises(UsageError):
        wandb.Histogram(**arguments)


def test_html__of_text_paths_and_files__is_the_page(folder: Folder, tmp_path: Path) -> None:
    """Only names that end with .html are taken for paths."""
    path = tmp_path / "page.html"
    path.write_text("<p>\u00e4</p>", encoding="utf-8")
    for data in (path, str(path), io.StringIO("<p>\u00e4</p>"), io.BytesIO("<p>\u00e4</p>".encode()), "<p>\u00e4</p>"):
        assert text_of(folder, wandb.Html(data, inject=False)) == "<p>\u00e4</p>"
    assert wandb.Html(str(path), data_is_not_path=True, inject=False).html == str(path)
    for wrong in (lambda: wandb.Html(5), lambda: wandb.Html(None), lambda: wandb.Video([1])):
        for kind in (ValueError, TypeError, UsageError):  # upstream's is the first
            with pytest.raises(kind, match="is made from"):
                wrong()


@given(st.binary(max_size=50) | st.text(max_size=50))
def test_html__of_any_bytes_or_text__is_kept(data: Any) -> None:
    """Pages come in all encodings."""
    page = wandb.Html(io.BytesIO(data), inject=False) if isinstance(data, bytes) else wandb.Html(data, inject=True)
    content = page._content.read()  # type: ignore[union-attr]
    assert content == data if isinstance(data, bytes) else content.decode("utf-8").endswith(data)


class Pipe:
    """What has no place to go back to, such as the output of another program."""

    def read(self) -> bytes:
        return b"all"


def test_media__of_what_can_only_be_read__have_all_of_it(folder: Folder) -> None:
    """Open files of programs' own have no more than `read`."""
    media = (wandb.Html(Pipe(), inject=False), wandb.Video(Pipe(), format="mp4"), wandb.Molecule(Pipe(), file_type="pdb"))
    assert [text_of(folder, medium) for medium in media] == ["all"] * 3


@pytest.mark.parametrize("given", [{"preds": [[1], [2]]}, {"preds": ["a", 1]}, {"probs": [[], []]}, {"probs": [1, 2]}])
def test_confusion_matrix__of_what_are_no_classes__says_what_they_are(given: Any) -> None:
    """Labels as a column, [n, 1], are what many data sets have."""
    with pytest.raises(UsageError, match="class|`probs`"):
        wandb.plot.confusion_matrix(y_true=[0, 1], **given)


def test_object3d__of_arrays_scenes_and_files__is_the_json(folder: Folder, tmp_path: Path) -> None:
    """Points as lists, scenes with all their parts."""
    assert json.loads(text_of(folder, wandb.Object3D(np.array([[1, 2, 3]])))) == [[1, 2, 3]]
    box = wandb.box3d(center=[0, 0, 0], size=[2, 2, 2], orientation=[1, 0, 0, 0], color=(1, 2, 3), label="b")
    scene = json.loads(text_of(folder, wandb.Object3D.from_point_cloud([[0, 0, 0]], [box])))
    assert scene["boxes"][0]["label"] == "b" and scene["vectors"] == [] and len(scene["boxes"][0]["corners"]) == 8
    model = tmp_path / "model.obj"
    model.write_text("v 0 0 0")
    with open(model) as file:
        assert text_of(folder, wandb.Object3D(file)) == text_of(folder, wandb.Object3D(str(model))) == "v 0 0 0"


def test_box3d__turned__has_the_corners_of_the_rotation_matrix() -> None:
    """Of a quaternion of any length; the corners in the order of their signs."""
    w, x, y, z = quaternion = np.array([0.9, 0.2, -0.3, 0.5])
    size, center = np.array([2.0, 4.0, 6.0]), np.array([1.0, -1.0, 5.0])
    u = quaternion[1:] / np.linalg.norm(quaternion)
    cross = np.array([[0, -u[2], u[1]], [u[2], 0, -u[0]], [-u[1], u[0], 0]])
    matrix = np.eye(3) + 2 * w / np.linalg.norm(quaternion) * cross + 2 * cross @ cross
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    box = wandb.box3d(center=center, size=size, orientation=[w, x, y, z], color=(1, 2, 3))
    assert np.allclose(box["corners"], center + (signs * size / 2) @ matrix.T)


@pytest.mark.parametrize("shape", [(3,), (0,), (2, 5), (2, 3, 3)])
def test_object3d__of_another_shape__says_which_there_are(shape: Any) -> None:
    """The three forms of points."""
    with pytest.raises(ArgumentValueError, match="nx3"):
        wandb.Object3D(np.zeros(shape))


def test_video__of_bytes__needs_to_know_what_they_are(folder: Folder) -> None:
    """Nothing is guessed from the content."""
    film = wandb.Video(io.BytesIO(b"film"), format="mp4", caption="c")
    assert text_of(folder, film) == "film" and film.to_json(folder)["path"].endswith(".mp4")
    for arguments in ({"data_or_path": io.BytesIO(b"x")}, {"data_or_path": io.BytesIO(b"x"), "format": "avi"}):
        with pytest.raises(ArgumentValueError):
            wandb.Video(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError):
        wandb.Video(b"raw", format="mp4")


def test_molecule__of_an_open_file__has_the_type_of_its_name(folder: Folder, tmp_path: Path) -> None:
    """Or the one that is given."""
    path = tmp_path / "m.pdb"
    path.write_text("ATOM")
    with open(path) as file:
        assert text_of(folder, wandb.Molecule(file)) == "ATOM"
    with pytest.raises(ArgumentValueError, match="file_type"):
        wandb.Molecule(io.StringIO("ATOM"))


def test_graph__changed_after_it_was_logged__is_another_file(folder: Folder) -> None:
    """A graph is what it is at the moment of logging."""
    graph = wandb.Graph()
    graph.add_node(id=1, name="a")
    first = text_of(folder, graph)
    graph.add_edge(graph[1], graph.add_node(id=2, name="b"))
    assert json.loads(first)["edges"] == [] and json.loads(text_of(folder, graph))["edges"] == [[1, 2]]


@pytest.mark.parametrize(
    ("module", "make", "package"),
    [
        ("PIL", lambda: wandb.Image(np.zeros((2, 2))), "pillow"),
        ("soundfile", lambda: wandb.Audio(np.zeros(3), sample_rate=8000), "soundfile"),
        ("moviepy", lambda: wandb.Video(np.zeros((1, 3, 2, 2), dtype="uint8"), format="gif"), "moviepy"),
        ("rdkit", lambda: wandb.Molecule.from_smiles("CCO"), "rdkit"),
        ("bokeh", lambda: wandb.data_types.Bokeh(1), "bokeh"),
        ("sklearn", lambda: wandb.plot.roc_curve([0, 1], [[1, 0], [0, 1]]), "scikit-learn"),
        ("pandas", lambda: wandb.Table(columns=["a"]).get_dataframe(), "pandas"),
    ],
)
def test_missing_library__when_it_is_needed__is_an_error_with_the_pip_line(
    monkeypatch: pytest.MonkeyPatch, module: str, make: Any, package: str
) -> None:
    """And not before: the modules of this package need none of them."""
    for name in [name for name in sys.modules if name == module or name.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf'pip install "{package}'):
        make()


def test_need__of_a_library_that_is_there__is_the_module() -> None:
    """Whatever it is."""
    assert need("json", "a test") is json


def test_own_class__of_a_program__is_found_by_its_type() -> None:
    """Artifacts make objects from the name of their type."""

    class Own(wandb.data_types.WBValue):
        _log_type = "own-of-test"

        @classmethod
        def from_json(cls, json_obj: Any, source_artifact: Any) -> Own:
            return cls()

    assert isinstance(wandb.data_types.WBValue.init_from_json({"_type": "own-of-test"}, None), Own)
    assert wandb.data_types.WBValue.init_from_json({"_type": "unknown"}, None) is None
    assert Own.with_suffix("x") == "x.own-of-test.json" and wandb.Table.with_suffix("x.table.json") == "x.table.json"


def test_media__of_the_same_content__are_equal(tmp_path: Path) -> None:
    """As with upstream's client; what compares by content is no key."""
    path = tmp_path / "page.html"
    path.write_text(wandb.Html("a")._content.read().decode())  # type: ignore[union-attr]
    assert wandb.Html("a") == wandb.Html("a") == wandb.Html(str(path), inject=False) != wandb.Html("b")
    points = np.zeros((3, 3))
    assert wandb.Object3D(points) == wandb.Object3D(points) != wandb.Object3D(points, caption="c")
    assert wandb.Object3D(points) != wandb.Html("a") and wandb.Html("a") != "a"
    with pytest.raises(TypeError):
        hash(wandb.Html("a"))


@pytest.mark.parametrize("classes", [[{"id": 1}], [{"name": "a"}], ["a"]])
def test_classes__without_id_or_name__are_an_error_of_use(classes: Any) -> None:
    """Or else the artifact of the first table with such an image fails."""
    with pytest.raises(wandb.UsageError, match="with an id and a name"):
        wandb.Classes(classes)


JSON = st.recursive(
    st.floats(allow_nan=False)
    | st.sampled_from([1e-7, -1e-5, 1.5e-06, 9e-9])
    | st.text()
    | st.sampled_from(['x,1e-07,"', "\\"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("1e-07"), inner),
)


@given(JSON)
def test_json_of_a_file__of_any_values__is_read_as_they_are(value: Any) -> None:
    """Texts that look like small numbers stay texts; half of a pair of surrogates is not lost."""
    assert json.loads(json_bytes(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-7, "1e-7"), (-1.5e-6, "-1.5e-6"), (1e-5, "0.00001"), (-0.00001234, "-0.00001234"), (1e-10, "1e-10"), (1e16, "1e+16"),
        ([1e-5, "1e-05,", {"1e-05": 1e-5}], '[0.00001,"1e-05,",{"1e-05":0.00001}]'), ("\ud800", '"\\ud800"'),
    ],
)  # fmt: skip
def test_json_of_a_file__of_small_numbers__is_that_of_upstream(value: Any, text: str) -> None:
    """Or the same table would have another hash, and another name."""
    assert json_bytes(value) == text.encode()


@given(st.lists(st.lists(st.floats() | st.integers(-(2**64), 2**64) | st.none(), min_size=1), min_size=1))
def test_json_of_numbers__with_the_library_and_without_it__is_the_same(rows: Any) -> None:
    """Or a file's hash would depend on what is installed."""
    pytest.importorskip("pydantic_core")
    assert numbers_json(rows) == json_bytes(rows)


def test_many_points__without_the_library__are_written_as_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is faster, but not needed."""
    monkeypatch.setattr(number_texts, "_encoders", [])
    monkeypatch.setitem(sys.modules, "pydantic_core", None)
    points = np.full((30_000, 3), 1e-7)
    assert text_of(Folder(tmp_path), wandb.Object3D(points)) == "[" + ",".join(["[1e-7,1e-7,1e-7]"] * 30_000) + "]"


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (
            lambda table: wandb.plot.line(table, "x", "y", title="t"),
            {
                "spec_name": "wandb/line/v0",
                "fields": {"x": "x", "y": "y", "stroke": None},
                "string_fields": {"title": "t"},
                "key": "",
                "panel_type": "Vega2",
                "split_table": False,
            },
        ),
        (lambda table: wandb.visualize("kind", table), {"name": "kind", "key": ""}),
    ],
)
def test_spec_of_a_chart__looked_at__is_a_dataclass(make: Any, fields: Any) -> None:
    """Tests of programs compare what they would log, and print it."""
    table = wandb.Table(columns=["x", "y"], data=[[1, 2]])
    spec = make(table).spec
    assert asdict(spec) == fields and spec == make(table).spec and repr(next(iter(fields.values()))) in repr(spec)
    spec.key = "other"
    assert spec != make(table).spec


def test_trace__with_values_that_are_no_data__names_them() -> None:
    """What an agent hands around are clients with locks, streams, and objects that lead back to where they are."""
    circle: Dict[str, Any] = {"a": 1}
    circle["self"] = circle
    values = {"lock": threading.Lock(), "stream": (number for number in range(3)), "circle": circle, "call": len}
    span = Span(name="agent", attributes=values, results=[Result({"in": values["lock"]}, {"out": 1})])
    found = json.loads(WBTraceTree(span).to_json(None)["root_span_dumps"])
    no_data = "<<non-serializable: {}>>".format
    circle_told = {"a": 1, "self": no_data("dict")}
    told = {"lock": no_data("lock"), "stream": no_data("generator"), "circle": circle_told, "call": "builtins.len"}
    assert found["attributes"] == told and found["results"] == [{"inputs": {"in": no_data("lock")}, "outputs": {"out": 1}}]


@pytest.mark.parametrize("make", [wandb.Image, wandb.Audio, wandb.Molecule, wandb.Object3D])
def test_media__of_a_pipe__is_an_error_of_use(make: Any, tmp_path: Path) -> None:
    """Who opens it would wait until somebody writes."""
    name = {wandb.Molecule: "m.pdb", wandb.Object3D: "o.obj"}.get(make, "a.wav")
    os.mkfifo(tmp_path / name)
    with pytest.raises(ArgumentValueError, match="is a pipe or a device"):
        make(tmp_path / name)


def test_media_and_tables__compared__are_equal_by_what_they_hold() -> None:
    """Of what is kept elsewhere, the address."""
    here, there = wandb.Image("https://x/a.png"), wandb.Image("https://x/b.png")
    assert here == wandb.Image("https://x/a.png") and here != there
    sounds = [wandb.Audio(address) for address in ("https://x/a.wav", "https://x/a.wav", "https://x/b.wav")]
    assert sounds[0] == sounds[1] != sounds[2]
    tables = [wandb.Table(columns=[name], data=[[cell]]) for name, cell in (("a", 1), ("a", 1), ("b", 1), ("a", 2))]
    assert tables[0] == tables[1] and tables[0] != tables[2] and tables[0] != tables[3]


def test_tables__with_arrays_in_cells__compared__are_equal_if_all_in_them_is() -> None:
    """`==` of arrays gives an array."""

    def table(number: float, kind: Any = np.array) -> wandb.Table:
        return wandb.Table(columns=["a"], data=[[kind([[1.0, 2.0], [3.0, number]])], [{"b": [np.arange(3)]}]], allow_mixed_types=True)

    assert table(4.0) == table(4.0) and table(4.0) != table(5.0)
    assert table(4.0) != wandb.Table(columns=["a"], data=[[np.zeros(2)], [{"b": [np.arange(3)]}]], allow_mixed_types=True)
    assert table(4.0, list) != table(4.0)
