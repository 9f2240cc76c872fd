"""Images: of arrays of any shape and type, of Pillow, of files; with masks, boxes and classes; alone and in lists."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wandb
from tests.unit.media.target import Folder
from wandb.errors import UsageError
from wandb.sdk.lib import terminal

np = pytest.importorskip("numpy")
PIL = pytest.importorskip("PIL.Image")


def pixels(image: wandb.Image) -> Any:
    return np.asarray(image.image)


DTYPES = ["bool", "uint8", "int8", "uint16", "int64", "float16", "float32", "float64", ">f4"]


@settings(max_examples=150)
@given(
    shape=st.lists(st.integers(0, 5), max_size=5).map(tuple),
    dtype=st.sampled_from(DTYPES),
    filler=st.sampled_from([0, 1, 0.5, -3, 300, float("nan"), float("inf")]),
    order=st.sampled_from("CF"),
)
def test_image__of_any_array__is_a_picture_or_an_error_of_use(shape: Any, dtype: str, filler: Any, order: str) -> None:
    """Never another error, never a warning of numpy on the user's stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = np.full(shape, filler, order=order).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            image = wandb.Image(array)
        except UsageError as error:
            assert str(list(array.shape)) in str(error) or "shape" in str(error)
            return
    kept = [length for length in array.shape if length != 1] if array.ndim > 2 else list(array.shape)
    assert array.ndim >= 2 and len(kept) <= 3
    assert (image._width or 0) * (image._height or 0) * max(1, array.size) > 0
    assert pixels(image).shape[:2] == (image._height, image._width)


@pytest.mark.parametrize("data", [None, 1, "no such file", [[1, 2]], b"bytes", object(), {"a": 1}])
def test_image__of_something_else__names_what_it_can_be(data: Any) -> None:
    """A user sees what to give instead."""
    with pytest.raises((UsageError, FileNotFoundError), match=r"an array, a tensor|No such file"):
        wandb.Image(data)


def test_array__changed_after_the_image_was_made__does_not_change_it(folder: Folder) -> None:
    """Loops that reuse a buffer log what was in it."""
    array = np.zeros((2, 2), dtype="uint8")
    image = wandb.Image(array)
    array[:] = 255
    assert pixels(image).max() == 0


def test_data__after_the_image_is_made__is_not_kept_alive() -> None:
    """A tensor on a device would stay there until the run ends."""

    class Tracked(np.ndarray):
        pass

    array = np.zeros((2, 2), dtype="uint8").view(Tracked)
    reference = weakref.ref(array)
    image = wandb.Image(array)
    del array
    gc.collect()
    assert reference() is None and image.file_is_set()


def test_floats_of_0_to_1__make_an_all_but_black_image__and_a_warning(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream's client records the same pixels, but says nothing."""
    monkeypatch.setattr(terminal, "_said", set())
    image = wandb.Image(np.full((2, 2), 0.99))
    assert pixels(image).max() == 0
    assert "Multiply" in capsys.readouterr().err


def test_jpeg__of_a_picture_with_transparency__goes_without(folder: Folder) -> None:
    """There is none in the format."""
    assert wandb.Image(np.zeros((2, 2, 4), dtype="uint8"), file_type="jpg").image.mode == "RGB"


def test_bound_image__to_json__names_its_file(folder: Folder) -> None:
    """The JSON of the public format."""
    image = wandb.Image(np.zeros((2, 3), dtype="uint8"), caption="c", grouping=2)
    with pytest.raises(UsageError, match="log it"):
        image.to_json(folder)
    image.bind_to_run(folder, "key", 5)
    found = image.to_json(folder)
    assert found["path"] == folder.written[0] and (Path(folder.dir) / found["path"]).stat().st_size == found["size"]
    expected = {"_type": "image-file", "width": 3, "height": 2, "format": "png", "caption": "c", "grouping": 2}
    assert {key: found[key] for key in expected} == expected
    assert found["path"] == f"media/images/key_5_{found['sha256'][:20]}.png"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda image: pickle.loads(pickle.dumps(image))])
def test_copies__of_a_bound_image__can_be_logged_elsewhere(folder: Folder, tmp_path: Path, copied: Any) -> None:
    """Workers get images through queues."""
    image = wandb.Image(np.zeros((2, 3), dtype="uint8"), masks={"m": {"mask_data": np.zeros((2, 3))}})
    image.bind_to_run(folder, "key", 5)
    other = copied(image)
    assert other == image and not other.is_bound()
    (tmp_path / "other").mkdir()
    second = Folder(tmp_path / "other")
    other.bind_to_run(second, "other", 0)
    assert other.to_json(second)["path"] in second.written


def test_image__logged_to_two_runs__is_in_both(folder: Folder, tmp_path: Path) -> None:
    """Programs with several runs share their pictures."""
    (tmp_path / "other").mkdir()
    second = Folder(tmp_path / "other")
    image = wandb.Image(np.zeros((2, 3), dtype="uint8"))
    for target in (folder, second):
        image.bind_to_run(target, "key", 0)
        assert (Path(target.dir) / image.to_json(target)["path"]).is_file()


def test_labels__of_masks_and_boxes__are_told_to_the_run(folder: Folder) -> None:
    """The viewer shows names instead of numbers."""
    box = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 4}
    image = wandb.Image(
        np.zeros((2, 2), dtype="uint8"),
        masks={"m": {"mask_data": np.array([[0, 2], [0, 2]]), "class_labels": {0: "no", 2: "yes"}}},
        boxes={"b": {"box_data": [box]}},
    )
    image.bind_to_run(folder, "key", 0)
    assert folder.labels == {
        ("mask/class_labels", "key_wandb_delimeter_m"): {"0": "no", "2": "yes"},
        ("bounding_box/class_labels", "key_wandb_delimeter_b"): {"4": "class_4"},
    }
    assert len(folder.written) == 3


@pytest.mark.parametrize("number", [1.5, np.float32(1.5), np.float64(1.5)])
def test_labels__by_numbers_that_are_floats__are_taken(folder: Folder, number: Any) -> None:
    """As upstream takes them; texts are refused."""
    labels = {number: "half", 2: "two"}
    box = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 2}
    image = wandb.Image(
        np.zeros((2, 2), dtype="uint8"),
        masks={"m": {"mask_data": np.array([[0, 2], [0, 2]]), "class_labels": labels}},
        boxes={"b": {"box_data": [box], "class_labels": labels}},
    )
    image.bind_to_run(folder, "key", 0)
    assert list(folder.labels.values()) == [{"1.5": "half", "2": "two"}] * 2
    table = wandb.Table(columns=["i"], data=[[image]])
    artifact = wandb.Artifact("a", "t")
    artifact.add(table, "t")
    kind = table._column_types["i"].to_json()["params"]["allowed_types"][0]["params"]
    assert sorted(kind["mask_layers"]["params"]["val"]["m"]) == [1.5, 2]
    assert kind["class_map"]["params"]["val"] == {"1.5": "half", "2": "two"}
    with pytest.raises(UsageError, match="numbers to strings"):
        wandb.Image(np.zeros((2, 2)), masks={"m": {"mask_data": np.zeros((2, 2)), "class_labels": {"1": "one"}}})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["box_data", "class_labels", "position", "class_id", "scores", "minX", "middle"]),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_boxes__of_anything__are_boxes_or_an_error_of_use(value: Any) -> None:
    """Checked where they are made, so that a viewer never meets half a box."""
    try:
        wandb.data_types.BoundingBoxes2D(value, "key")
    except UsageError as error:
        assert str(error)


CORNERS = {"minX": 0, "maxX": 1, "minY": 0.5, "maxY": 1}


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"position": {"width": 1, "height": 1}}, "position"),
        ({"position": {"middle": [1, 1], "width": 1}}, "position"),
        ({"position": {"middle": [1], "width": 1, "height": 1}}, "position"),
        ({"position": {"middle": [1, "a"], "width": 1, "height": 1}}, "position"),
        ({"position": {**CORNERS, "maxY": None}}, "position"),
        ({"class_id": 1.5}, "class_id"),
        ({"scores": {"s": "high"}}, "scores"),
        ({"scores": [1]}, "scores"),
        ({"box_caption": 5}, "caption"),
    ],
)
def test_box__with_one_thing_wrong__says_which(wrong: Any, words: str) -> None:
    """A viewer that gets such a box shows nothing."""
    right = {"position": CORNERS, "class_id": 1}
    wandb.data_types.BoundingBoxes2D({"box_data": [right, {**right, "position": {"middle": [1, 1], "width": 1, "height": 2}}]}, "b")
    with pytest.raises(UsageError, match=words):
        wandb.data_types.BoundingBoxes2D({"box_data": [{**right, **wrong}]}, "b")


def test_list__of_images__is_one_value(folder: Folder) -> None:
    """With the captions that there are, also if the first has none."""
    images = [wandb.Image(np.full((2, 2), n, dtype="uint8"), caption="c" if n == 1 else None) for n in range(3)]
    found = wandb.Image.seq_to_json(images, folder, "key", 0)
    assert found["_type"] == "images/separated" and found["count"] == 3 and found["captions"] == [None, "c", None]
    assert found["filenames"] == folder.written and "all_masks" not in found


def test_list__of_more_images_than_a_viewer_shows__is_cut(folder: Folder) -> None:
    """As upstream does, with a warning."""
    images = [wandb.Image(np.zeros((1, 1), dtype="uint8"))] * (wandb.Image.MAX_ITEMS + 1)
    assert wandb.Image.seq_to_json(images, folder, "key", 0)["count"] == wandb.Image.MAX_ITEMS


def test_image__of_an_address__can_be_made_but_not_logged(folder: Folder) -> None:
    """It belongs into an artifact."""
    image = wandb.Image("s3://bucket/x.png")
    with pytest.raises(UsageError, match="kept elsewhere"):
        image.bind_to_run(folder, "key", 0)


@pytest.mark.parametrize("data", [np.zeros((0, 4)), np.array([["a"]]), np.array([[None]]), np.ones((2, 2), complex)])
def test_mask__of_what_are_no_pixels__is_an_error_of_use(data: Any) -> None:
    """Pillow and numpy have errors of their own for these."""
    with pytest.raises(UsageError, match="[Mm]ask"):
        wandb.data_types.ImageMask({"mask_data": data}, "m")


def test_image__of_complex_numbers__has_their_real_parts_and_no_warning() -> None:
    """With `-W error` numpy's warning would end the program."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = wandb.Image(np.full((2, 2), 7 + 3j)).image
    assert np.asarray(picture).tolist() == [[7, 7], [7, 7]]


def test_image_file__of_more_pixels_than_pillow_takes__says_how_to_have_it_taken(tmp_path: Path) -> None:
    """A slide of a microscope is no attack."""
    PIL.new("1", (20_000, 10_000)).save(tmp_path / "slide.png")
    with pytest.raises(UsageError, match="MAX_IMAGE_PIXELS = None takes any"):
        wandb.Image(tmp_path / "slide.png")


def test_image__of_a_file_that_is_none__is_an_os_error(tmp_path: Path) -> None:
    """Programs go on with the next file of a damaged data set, as they do with Pillow."""
    path = tmp_path / "bad.png"
    path.write_text("not a picture")
    for kind in (OSError, ValueError):
        with pytest.raises(kind, match="no picture that Pillow can read"):
            wandb.Image(str(path))
