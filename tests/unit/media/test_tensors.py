"""Tensors of torch: detached, brought to main memory once, and not kept alive."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import wandb
from wandb.errors import ArgumentValueError
from wandb.media.pixels import array_of

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float16, torch.bfloat16, torch.bool, torch.int64])
@pytest.mark.parametrize("shape", [(3, 4, 6), (1, 4, 6), (4, 4, 6), (4, 6)])
def test_image__of_a_tensor__has_the_channels_first(dtype: Any, shape: Any) -> None:
    """As torch has them; upstream's client refuses tensors of two axes and of bfloat16."""
    pytest.importorskip("PIL")
    tensor = (torch.rand(*shape) * 200).to(dtype)
    image = wandb.Image(tensor)
    assert image.image.size == (6, 4)
    expected = tensor.float().numpy().astype("uint8") if dtype is not torch.bool else tensor.numpy().astype("uint8")
    pixels = np.asarray(image.image)
    assert (pixels == (expected.transpose(1, 2, 0).squeeze() if len(shape) == 3 else expected)).all()


def test_tensor_of_a_derived_class__of_three_axes__has_the_channels_last_if_they_can_be() -> None:
    """As upstream's client takes fastai's and torchvision's; it refuses those that have them first."""

    class Derived(torch.Tensor):
        pass

    pytest.importorskip("PIL")
    channels_last = torch.arange(60, dtype=torch.uint8).reshape(4, 5, 3)
    for tensor in (channels_last, channels_last.permute(2, 0, 1)):
        picture = wandb.Image(tensor.as_subclass(Derived)).image
        assert (np.asarray(picture) == channels_last.numpy()).all()



def test_tensors__of_any_kind__are_arrays() -> None:
    """Gradients, views, sparse ones, conjugates."""
    values = torch.arange(6.0, requires_grad=True).reshape(2, 3)
    assert array_of(values).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert array_of(values.detach().to_sparse()).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert array_of(torch.tensor([1 + 2j]).conj()).tolist() == [1 - 2j]
    assert sum(wandb.Histogram(values, num_bins=3).histogram) == 6
    assert array_of(torch.ones(2, dtype=torch.complex32)).tolist() == [1, 1]
    assert array_of(torch.quantize_per_tensor(torch.ones(2), 0.5, 0, torch.quint8)).tolist() == [1, 1]
    for kind in ("float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e8m0fnu"):
        if hasattr(torch, kind):
            assert array_of(torch.ones(2).to(getattr(torch, kind))).tolist() == [1, 1]


@pytest.mark.parametrize("make", [wandb.Image, wandb.Histogram, lambda data: wandb.Table(columns=["a"], data=data)])
def test_tensor__without_values__is_an_error_of_use(make: Any) -> None:
    """One of the device `meta` has a shape only; the library's own error is none that says what was wrong with the call."""
    with pytest.raises(ArgumentValueError, match="Tensor can't be read as an array"):
        make(torch.ones(2, 2, device="meta"))


def test_losses__collected_in_a_list__are_numbers() -> None:
    """Each of them has a gradient, and is a scalar of its own."""
    losses = [torch.tensor(float(number), requires_grad=True) for number in range(4)]
    assert sum(wandb.Histogram(losses, num_bins=4).histogram) == 4
    matrix = wandb.plot.confusion_matrix(y_true=[torch.tensor(0), torch.tensor(1)], preds=torch.tensor([0, 0]))
    assert [row[2] for row in matrix.table.data] == [1, 0, 1, 0]


def test_scene__of_tensors__has_their_numbers() -> None:
    """Points come from a network, with gradients and in short floats."""
    points = torch.ones(2, 3, dtype=torch.bfloat16, requires_grad=True)
    scene = wandb.Object3D.from_point_cloud(points, [], [])._content
    other = wandb.Object3D({"type": "lidar/beta", "points": points.to_sparse()})._content
    assert scene is not None and other is not None
    assert scene.read() == other.read() == b'{"type":"lidar/beta","vectors":[],"points":[[1.0,1.0,1.0],[1.0,1.0,1.0]],"boxes":[]}'


def test_tensor__after_it_was_given__is_not_kept_alive() -> None:
    """Memory of a device is dear."""
    tensor = torch.zeros(2, 2)
    references = [weakref.ref(tensor)]
    table = wandb.Table(columns=["a"], data=[[tensor]])
    mask = wandb.data_types.ImageMask({"mask_data": tensor}, "m")
    histogram = wandb.Histogram(tensor)
    del tensor
    gc.collect()
    assert [reference() for reference in references] == [None]
    assert table.data[0][0].tolist() == [[0, 0], [0, 0]] and mask.file_is_set() and sum(histogram.histogram) == 4


def test_table__of_a_tensor_that_changes_afterwards__keeps_what_it_was() -> None:
    """Training goes on in place."""
    tensor = torch.zeros(2)
    table = wandb.Table(columns=["a"], data=[[tensor]])
    tensor += 1
    assert table.data[0][0].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("tensor", "cell"),
    [
        (torch.tensor(1.5), 1.5), (torch.eye(2), [[1, 0], [0, 1]]), (torch.ones(1, requires_grad=True), [1]),
        (torch.ones(1, dtype=torch.bfloat16), [1]), (torch.eye(2).to_sparse(), [[1, 0], [0, 1]]),
        (torch.nn.Parameter(torch.ones(1)), [1]),
    ],
)  # fmt: skip
def test_table_in_an_artifact__of_tensors__has_lists_and_the_name_of_their_class(tensor: Any, cell: Any) -> None:
    """As upstream's client keeps them: large ones are not in files beside it, as arrays are."""
    table = wandb.Table(columns=["a"], data=[[tensor], [None]])
    artifact = wandb.Artifact("a", "dataset")
    artifact.add(table, "t")
    assert set(artifact.manifest.entries) == {"t.table.json"}
    found = table.to_json(artifact)
    _, kind = found["column_types"]["params"]["type_map"]["a"]["params"]["allowed_types"]
    assert kind == {"wb_type": "pythonObject", "params": {"class_name": type(tensor).__name__}}
    assert found["data"] == [[cell], [None]]
    assert isinstance(table.data[0][0], torch.Tensor) and not table.data[0][0].requires_grad


def test_column_of_tensors__as_an_array__has_their_values() -> None:
    """Also of types that numpy does not have."""
    table = wandb.Table(columns=["a"], data=[[torch.ones(2, dtype=torch.bfloat16, requires_grad=True)]] * 2)
    assert table.get_column("a", convert_to="numpy").tolist() == [[1, 1], [1, 1]]
