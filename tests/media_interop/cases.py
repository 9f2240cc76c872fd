"""Values to log, one function each: the same program for this package and for upstream's release.

As a program, `python cases.py RESULT.json [name...]` logs each under its name in a row of its own, and writes what was
raised. It imports nothing of the tests, so that upstream's interpreter can run it.
"""

from __future__ import annotations

import io
import json
import pathlib
import sys
from typing import Any, Callable, Dict

import numpy as np

import wandb

CASES: Dict[str, Callable[[], Any]] = {}


def case(function: Callable[[], Any]) -> Callable[[], Any]:
    CASES[function.__name__] = function
    return function


def noise(*shape: int, high: int = 256, seed: int = 0) -> Any:
    """The same random integers everywhere, as bytes."""
    return np.random.RandomState(seed).randint(0, high, shape).astype("uint8")


def fractions(*shape: int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).random_sample(shape)


def picture(mode: str = "RGB", size: Any = (7, 5)) -> Any:
    from PIL import Image

    return Image.fromarray(noise(size[1], size[0], 3)).convert(mode)


def saved_picture(name: str, mode: str = "RGB") -> str:
    path = pathlib.Path("made") / name
    path.parent.mkdir(exist_ok=True)
    picture(mode).save(path)
    return str(path)


def text_file(name: str, text: str) -> str:
    path = pathlib.Path("made") / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


# ---- images


@case
def image_rgb() -> Any:
    return wandb.Image(noise(4, 6, 3))


@case
def image_rgba() -> Any:
    return wandb.Image(noise(4, 6, 4))


@case
def image_grey() -> Any:
    return wandb.Image(noise(4, 6))


@case
def image_grey_one_channel() -> Any:
    return wandb.Image(noise(4, 6, 1))


@case
def image_two_channels() -> Any:
    return wandb.Image(noise(4, 6, 2))


@case
def image_five_channels() -> Any:
    return wandb.Image(noise(4, 6, 5))


@case
def image_channels_first() -> Any:
    return wandb.Image(noise(3, 4, 6))


@case
def image_one_row() -> Any:
    return wandb.Image(noise(1, 9))


@case
def image_one_dimension() -> Any:
    return wandb.Image(noise(9))


@case
def image_no_dimension() -> Any:
    return wandb.Image(np.float64(3.0))


@case
def image_four_dimensions() -> Any:
    return wandb.Image(noise(2, 4, 6, 3))


@case
def image_size_zero() -> Any:
    return wandb.Image(noise(0, 4, 3))


@case
def image_float_0_1() -> Any:
    return wandb.Image(fractions(4, 6, 3))


@case
def image_float_negative() -> Any:
    return wandb.Image(fractions(4, 6, 3) * 2 - 1)


@case
def image_float_slightly_negative() -> Any:
    return wandb.Image(fractions(4, 6) - 0.25)


@case
def image_float_0_255() -> Any:
    return wandb.Image(fractions(4, 6, 3) * 255)


@case
def image_float_beyond() -> Any:
    return wandb.Image(fractions(4, 6, 3) * 1000 - 500)


@case
def image_float32() -> Any:
    return wandb.Image(fractions(4, 6, 3).astype("float32"))


@case
def image_float16() -> Any:
    return wandb.Image(fractions(4, 6, 3).astype("float16"))


@case
def image_nan() -> Any:
    data = fractions(4, 6)
    data[0, 0] = np.nan
    return wandb.Image(data)


@case
def image_infinite() -> Any:
    data = fractions(4, 6)
    data[0, 0] = np.inf
    return wandb.Image(data)


@case
def image_bool() -> Any:
    return wandb.Image(noise(4, 6, high=2).astype(bool))


@case
def image_bool_rgb() -> Any:
    return wandb.Image(noise(4, 6, 3, high=2).astype(bool))


@case
def image_int_0_1() -> Any:
    return wandb.Image(noise(4, 6, high=2).astype("int64"))


@case
def image_int_negative() -> Any:
    return wandb.Image(noise(4, 6, high=3).astype("int64") - 1)


@case
def image_int64() -> Any:
    return wandb.Image(noise(4, 6, 3).astype("int64"))


@case
def image_int64_beyond() -> Any:
    return wandb.Image(noise(4, 6, 3).astype("int64") * 10 - 100)


@case
def image_uint16() -> Any:
    return wandb.Image(noise(4, 6).astype("uint16") * 257)


@case
def image_uint16_small() -> Any:
    return wandb.Image(noise(4, 6, 3).astype("uint16"))


@case
def image_int8() -> Any:
    return wandb.Image(noise(4, 6, high=127).astype("int8"))


@case
def image_uint8_0_1() -> Any:
    return wandb.Image(noise(4, 6, high=2))


@case
def image_zeros() -> Any:
    return wandb.Image(np.zeros((4, 6)))


@case
def image_list_of_lists() -> Any:
    return wandb.Image([[0.0, 0.5], [1.0, 0.25]])


@case
def image_object_array() -> Any:
    return wandb.Image(np.array([[0, 1], [2, "x"]], dtype=object))


@case
def image_fortran_order() -> Any:
    return wandb.Image(np.asfortranarray(noise(4, 6, 3)))


@case
def image_mode_l() -> Any:
    return wandb.Image(noise(4, 6), mode="L")


@case
def image_mode_rgb_for_grey() -> Any:
    return wandb.Image(noise(4, 6), mode="RGB")


@case
def image_mode_rgba_given() -> Any:
    return wandb.Image(noise(4, 6, 4), mode="RGBA")


@case
def image_mode_f() -> Any:
    return wandb.Image(fractions(4, 6), mode="F")


@case
def image_mode_unknown() -> Any:
    return wandb.Image(noise(4, 6), mode="nonsense")


@case
def image_file_type_jpg() -> Any:
    return wandb.Image(noise(4, 6, 3), file_type="jpg")


@case
def image_file_type_jpeg() -> Any:
    return wandb.Image(noise(4, 6, 3), file_type="jpeg")


@case
def image_file_type_jpg_rgba() -> Any:
    return wandb.Image(noise(4, 6, 4), file_type="jpg")


@case
def image_file_type_jpg_pil_rgba() -> Any:
    return wandb.Image(picture("RGBA"), file_type="jpg")


@case
def image_file_type_bmp() -> Any:
    return wandb.Image(noise(4, 6, 3), file_type="bmp")


@case
def image_file_type_gif() -> Any:
    return wandb.Image(noise(4, 6, 3), file_type="gif")


@case
def image_file_type_unknown() -> Any:
    return wandb.Image(noise(4, 6, 3), file_type="nonsense")


@case
def image_file_type_upper() -> Any:
    return wandb.Image(noise(4, 6, 3), file_type="PNG")


@case
def image_pil() -> Any:
    return wandb.Image(picture())


@case
def image_pil_palette() -> Any:
    return wandb.Image(picture("P"))


@case
def image_pil_one_bit() -> Any:
    return wandb.Image(picture("1"))


@case
def image_pil_cmyk() -> Any:
    return wandb.Image(picture("CMYK"))


@case
def image_pil_float() -> Any:
    return wandb.Image(picture("F"))


@case
def image_pil_i() -> Any:
    return wandb.Image(picture("I"))


@case
def image_pil_la() -> Any:
    return wandb.Image(picture("LA"))


@case
def image_pil_ycbcr() -> Any:
    return wandb.Image(picture("YCbCr"))


@case
def image_pil_hsv() -> Any:
    return wandb.Image(picture("HSV"))


@case
def image_pil_mode() -> Any:
    return wandb.Image(picture("RGBA"), mode="L")


@case
def image_pil_without_wrapper() -> Any:
    return picture()


@case
def image_pil_list_without_wrapper() -> Any:
    return [picture(), picture()]


@case
def image_path_png() -> Any:
    return wandb.Image(saved_picture("path.png"))


@case
def image_path_jpg() -> Any:
    return wandb.Image(saved_picture("path.jpg"), caption="from a file")


@case
def image_path_jpeg_upper() -> Any:
    return wandb.Image(saved_picture("path.JPEG"))


@case
def image_path_gif() -> Any:
    return wandb.Image(saved_picture("path.gif"))


@case
def image_path_bmp() -> Any:
    return wandb.Image(saved_picture("path.bmp"))


@case
def image_path_tiff() -> Any:
    return wandb.Image(saved_picture("path.tiff"))


@case
def image_path_webp() -> Any:
    return wandb.Image(saved_picture("path.webp"))


@case
def image_path_pathlib() -> Any:
    return wandb.Image(pathlib.Path(saved_picture("path2.png")))


@case
def image_path_no_extension() -> Any:
    path = pathlib.Path(saved_picture("path3.png"))
    other = path.with_name("bare")
    other.write_bytes(path.read_bytes())
    return wandb.Image(str(other))


@case
def image_path_with_file_type() -> Any:
    return wandb.Image(saved_picture("path4.png"), file_type="jpg")


@case
def image_path_with_mode() -> Any:
    return wandb.Image(saved_picture("path5.png"), mode="L")


@case
def image_path_missing() -> Any:
    return wandb.Image("made/none.png")


@case
def image_path_no_picture() -> Any:
    return wandb.Image(text_file("text.png", "this is no picture"))


@case
def image_path_reference() -> Any:
    return wandb.Image("http://127.0.0.1:9/x.png")


@case
def image_path_reference_s3() -> Any:
    return wandb.Image("s3://bucket/x.png")


@case
def image_of_image() -> Any:
    return wandb.Image(wandb.Image(noise(4, 6, 3), caption="inner"))


@case
def image_of_image_with_caption() -> Any:
    return wandb.Image(wandb.Image(noise(4, 6, 3), caption="inner"), caption="outer")


@case
def image_of_none() -> Any:
    return wandb.Image(None)


@case
def image_of_int() -> Any:
    return wandb.Image(1)


@case
def image_of_text() -> Any:
    return wandb.Image("nothing of that name")


@case
def image_of_bytes() -> Any:
    return wandb.Image(b"\x89PNG")


@case
def image_caption() -> Any:
    return wandb.Image(noise(4, 6), caption="a caption \u00e4\U0001f600")


@case
def image_caption_number() -> Any:
    return wandb.Image(noise(4, 6), caption=3)


@case
def image_caption_empty() -> Any:
    return wandb.Image(noise(4, 6), caption="")


@case
def image_grouping() -> Any:
    return wandb.Image(noise(4, 6), grouping=3)


@case
def images_caption_of_the_second() -> Any:
    return [wandb.Image(noise(4, 6)), wandb.Image(noise(4, 6), caption="b")]


@case
def image_one_row_rgb() -> Any:
    return wandb.Image(noise(1, 9, 3))


@case
def image_batch_of_one() -> Any:
    return wandb.Image(noise(1, 4, 6, 3))


@case
def images_list() -> Any:
    return [wandb.Image(noise(4, 6, 3, seed=number)) for number in range(3)]


@case
def images_captions_some() -> Any:
    return [wandb.Image(noise(4, 6), caption=caption) for caption in ("a", None, "c")]


@case
def images_captions_all() -> Any:
    return [wandb.Image(noise(4, 6), caption=caption) for caption in ("a", "b")]


@case
def images_other_sizes() -> Any:
    return [wandb.Image(noise(4, 6)), wandb.Image(noise(5, 7))]


@case
def images_other_formats() -> Any:
    return [wandb.Image(noise(4, 6)), wandb.Image(noise(4, 6, 3), file_type="jpg")]


@case
def images_grouping() -> Any:
    return [wandb.Image(noise(4, 6), grouping=2), wandb.Image(noise(4, 6), grouping=2)]


@case
def images_one() -> Any:
    return [wandb.Image(noise(4, 6))]


@case
def images_same_object() -> Any:
    image = wandb.Image(noise(4, 6))
    return [image, image]


@case
def images_tuple() -> Any:
    return (wandb.Image(noise(4, 6)), wandb.Image(noise(4, 6)))


@case
def images_many() -> Any:
    return [wandb.Image(noise(2, 2, seed=number)) for number in range(110)]


@case
def images_with_numbers() -> Any:
    return [wandb.Image(noise(4, 6)), 1]


@case
def images_with_none() -> Any:
    return [None, wandb.Image(noise(4, 6))]


@case
def images_with_html() -> Any:
    return [wandb.Image(noise(4, 6)), wandb.Html("<p>")]


@case
def images_nested_lists() -> Any:
    return [[wandb.Image(noise(4, 6))], [wandb.Image(noise(4, 6))]]


@case
def images_in_dict() -> Any:
    return {"a": wandb.Image(noise(4, 6)), "b": {"c": wandb.Image(noise(4, 6)), "d": 1}}


@case
def images_list_in_dict() -> Any:
    return {"a": [wandb.Image(noise(4, 6)), wandb.Image(noise(4, 6))], "x.y/z": wandb.Image(noise(4, 6))}


@case
def images_dict_in_list() -> Any:
    return [{"a": wandb.Image(noise(4, 6))}]


# ---- boxes, masks, classes

CLASSES = [{"id": 0, "name": "none"}, {"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
BOX = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1}


@case
def boxes() -> Any:
    box = {**BOX, "box_caption": "a cat", "scores": {"acc": 0.5, "loss": 1}, "domain": "pixel"}
    return wandb.Image(
        noise(4, 6, 3), boxes={"predictions": {"box_data": [box, BOX], "class_labels": {1: "cat", 2: "dog"}}}
    )


@case
def boxes_two_sets() -> Any:
    return wandb.Image(
        noise(4, 6, 3), boxes={"a": {"box_data": [BOX]}, "b/c d": {"box_data": [BOX], "class_labels": {1: "x"}}}
    )


@case
def boxes_middle() -> Any:
    box = {"position": {"middle": [3, 2], "width": 2, "height": 1}, "class_id": 2, "domain": "pixel"}
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [box]}})


@case
def boxes_numpy_values() -> Any:
    position = {key: np.float32(0.5) for key in ("minX", "maxX", "minY", "maxY")}
    box = {"position": position, "class_id": np.int64(1), "scores": {"x": np.float32(0.25)}}
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [box]}})


@case
def boxes_empty() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": []}})


@case
def boxes_no_class() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{"position": BOX["position"]}]}})


@case
def boxes_no_position() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{"class_id": 1}]}})


@case
def boxes_no_data() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {}})


@case
def boxes_bad_position() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{"position": {"minX": 1}, "class_id": 1}]}})


@case
def boxes_bad_class_labels() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [BOX], "class_labels": {"one": 1}}})


@case
def boxes_bad_scores() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{**BOX, "scores": {"x": "high"}}]}})


@case
def boxes_bad_domain() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{**BOX, "domain": "mars"}]}})


@case
def boxes_not_a_dict() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes=[BOX])


@case
def boxes_bad_caption() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{**BOX, "box_caption": 5}]}})


@case
def boxes_bad_class_id() -> Any:
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{**BOX, "class_id": "x"}]}})


@case
def masks() -> Any:
    mask = {"mask_data": noise(4, 6, high=3), "class_labels": {0: "none", 1: "cat", 2: "dog"}}
    return wandb.Image(noise(4, 6, 3), masks={"predictions": mask})


@case
def masks_int64() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": noise(4, 6, high=3).astype("int64")}})


@case
def masks_bool() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": noise(4, 6, high=2).astype(bool)}})


@case
def masks_float() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": fractions(4, 6)}})


@case
def masks_beyond() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": noise(4, 6).astype("int64") * 10}})


@case
def masks_wrong_size() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": noise(5, 7, high=3)}})


@case
def masks_three_dimensions() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": noise(4, 6, 1, high=3)}})


@case
def masks_list() -> Any:
    return wandb.Image(noise(2, 2, 3), masks={"a": {"mask_data": [[0, 1], [1, 0]]}})


@case
def masks_path() -> Any:
    return wandb.Image(noise(5, 7, 3), masks={"a": {"path": saved_picture("mask.png", "L")}})


@case
def masks_no_data() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"class_labels": {0: "x"}}})


@case
def masks_bad_labels() -> Any:
    return wandb.Image(noise(4, 6, 3), masks={"a": {"mask_data": noise(4, 6), "class_labels": {"x": "y"}}})


@case
def masks_and_boxes_in_list() -> Any:
    def one(seed: int) -> Any:
        mask = {"mask_data": noise(4, 6, high=3, seed=seed), "class_labels": {0: "none", 1: "cat"}}
        return wandb.Image(
            noise(4, 6, 3, seed=seed), masks={"m": mask}, boxes={"b": {"box_data": [BOX]}}, caption=str(seed)
        )

    return [one(0), one(1)]


@case
def masks_in_some_of_a_list() -> Any:
    mask = {"mask_data": noise(4, 6, high=3)}
    return [
        wandb.Image(noise(4, 6, 3)),
        wandb.Image(noise(4, 6, 3), masks={"m": mask}),
        wandb.Image(noise(4, 6, 3), boxes={"b": {"box_data": [BOX]}}),
    ]


@case
def image_classes() -> Any:
    return wandb.Image(noise(4, 6, 3), classes=CLASSES)


@case
def image_classes_object() -> Any:
    mask = {"mask_data": noise(4, 6, high=3)}
    return wandb.Image(noise(4, 6, 3), classes=wandb.Classes(CLASSES), masks={"m": mask})


@case
def classes_bad() -> Any:
    return wandb.Image(noise(4, 6, 3), classes=[{"id": "a", "name": 1}])


@case
def classes_alone() -> Any:
    return wandb.Classes(CLASSES)


@case
def boxes_alone() -> Any:
    return wandb.data_types.BoundingBoxes2D({"box_data": [BOX]}, "key")


@case
def mask_alone() -> Any:
    return wandb.data_types.ImageMask({"mask_data": noise(4, 6, high=3)}, "key")


# ---- histograms and arrays


@case
def histogram_sequence() -> Any:
    return wandb.Histogram(list(range(100)))


@case
def histogram_numpy() -> Any:
    return wandb.Histogram(fractions(1000))


@case
def histogram_two_dimensions() -> Any:
    return wandb.Histogram(fractions(10, 10), num_bins=7)


@case
def histogram_np_histogram() -> Any:
    return wandb.Histogram(np_histogram=np.histogram(fractions(100), bins=5))


@case
def histogram_np_histogram_lists() -> Any:
    return wandb.Histogram(np_histogram=([1, 2, 3], [0, 0.5, 1, 2]))


@case
def histogram_most_bins() -> Any:
    return wandb.Histogram(fractions(100), num_bins=512)


@case
def histogram_too_many_bins() -> Any:
    return wandb.Histogram(fractions(100), num_bins=513)


@case
def histogram_wrong_lengths() -> Any:
    return wandb.Histogram(np_histogram=([1, 2], [0, 1]))


@case
def histogram_wrong_tuple() -> Any:
    return wandb.Histogram(np_histogram=([1, 2],))


@case
def histogram_nothing() -> Any:
    return wandb.Histogram()


@case
def histogram_empty() -> Any:
    return wandb.Histogram([])


@case
def histogram_nan() -> Any:
    return wandb.Histogram([1.0, float("nan")])


@case
def histogram_ints() -> Any:
    return wandb.Histogram([1, 2, 2, 3], num_bins=3)


@case
def histogram_bools() -> Any:
    return wandb.Histogram([True, False, True], num_bins=2)


@case
def histogram_text() -> Any:
    return wandb.Histogram(["a", "b"])


@case
def histogram_in_list() -> Any:
    return [wandb.Histogram([1, 2, 3], num_bins=2), wandb.Histogram([1, 2, 3], num_bins=2)]


@case
def array_32() -> Any:
    return np.arange(32)


@case
def array_33() -> Any:
    return np.arange(33)


@case
def array_33_float32() -> Any:
    return np.arange(33).astype("float32")


@case
def array_two_dimensions() -> Any:
    return fractions(6, 6)


@case
def array_small_two_dimensions() -> Any:
    return noise(2, 3)


@case
def array_in_dict() -> Any:
    return {"a": np.arange(40), "b": np.arange(3)}


@case
def array_in_list() -> Any:
    return [np.arange(40), np.arange(3)]


@case
def long_list() -> Any:
    return list(range(100))


# ---- tables


@case
def table_columns_data() -> Any:
    return wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])


@case
def table_empty() -> Any:
    return wandb.Table()


@case
def table_no_rows() -> Any:
    return wandb.Table(columns=["a", "b"])


@case
def table_add_data() -> Any:
    table = wandb.Table(columns=["a", "b", "c", "d"])
    table.add_data(1, 2.5, True, None)
    table.add_data(None, 1, False, None)
    return table


@case
def table_add_row() -> Any:
    table = wandb.Table(columns=["a"])
    table.add_row(1)
    return table


@case
def table_default_columns() -> Any:
    table = wandb.Table()
    table.add_data("in", "out", "expected")
    return table


@case
def table_rows() -> Any:
    return wandb.Table(columns=["a"], rows=[[1], [2]])


@case
def table_numpy() -> Any:
    return wandb.Table(columns=["a", "b"], data=noise(3, 2))


@case
def table_numpy_float() -> Any:
    return wandb.Table(columns=["a", "b"], data=fractions(3, 2))


@case
def table_dataframe() -> Any:
    import pandas

    frame = {"i": [1, 2], "f": [0.5, float("nan")], "s": ["x", "y"], "b": [True, False]}
    return wandb.Table(dataframe=pandas.DataFrame(frame))


@case
def table_dataframe_as_data() -> Any:
    import pandas

    return wandb.Table(data=pandas.DataFrame({"i": [1, 2], "s": ["x", "y"]}))


@case
def table_dataframe_dates() -> Any:
    import pandas

    return wandb.Table(dataframe=pandas.DataFrame({"t": pandas.to_datetime(["2020-01-01", "2021-02-03"])}))


@case
def table_dataframe_missing() -> Any:
    import pandas

    return wandb.Table(dataframe=pandas.DataFrame({"i": [1, None], "s": ["x", None], "t": [pandas.NaT, pandas.NaT]}))


@case
def table_dataframe_categories() -> Any:
    import pandas

    return wandb.Table(dataframe=pandas.DataFrame({"c": pandas.Categorical(["a", "b", "a"])}))


@case
def dataframe_without_wrapper() -> Any:
    import pandas

    return pandas.DataFrame({"i": [1, 2], "s": ["x", "y"]})


@case
def table_images() -> Any:
    return wandb.Table(
        columns=["i", "n"], data=[[wandb.Image(noise(4, 6, seed=n), caption=str(n)), n] for n in range(2)]
    )


@case
def table_pil() -> Any:
    return wandb.Table(columns=["i"], data=[[picture()]])


@case
def table_media_kinds() -> Any:
    audio = wandb.Audio(np.zeros(10), sample_rate=8000)
    return wandb.Table(
        columns=["h", "a", "hist"], data=[[wandb.Html("<p>x</p>"), audio, wandb.Histogram([1, 2], num_bins=2)]]
    )


@case
def table_image_with_masks() -> Any:
    mask = {"mask_data": noise(4, 6, high=3), "class_labels": {0: "none", 1: "cat"}}
    image = wandb.Image(noise(4, 6, 3), masks={"m": mask}, boxes={"b": {"box_data": [BOX]}}, classes=CLASSES)
    return wandb.Table(columns=["i"], data=[[image]])


@case
def table_nested_values() -> Any:
    return wandb.Table(columns=["l", "d"], data=[[[1, 2], {"a": 1, "b": {"c": "x"}}]])


@case
def table_numpy_cells() -> Any:
    return wandb.Table(columns=["a", "s"], data=[[np.arange(3), np.float32(0.5)]])


@case
def table_nan_cells() -> Any:
    return wandb.Table(columns=["a"], data=[[float("nan")], [float("inf")]])


@case
def table_dates() -> Any:
    import datetime

    return wandb.Table(columns=["d", "t"], data=[[datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5)]])


@case
def table_bytes() -> Any:
    return wandb.Table(columns=["a"], data=[[b"x"]])


@case
def table_wrong_row_length() -> Any:
    table = wandb.Table(columns=["a", "b"])
    table.add_data(1)
    return table


@case
def table_wrong_type() -> Any:
    return wandb.Table(columns=["a"], data=[[1], ["x"]])


@case
def table_mixed_allowed() -> Any:
    return wandb.Table(columns=["a"], data=[[1], ["x"], [None]], allow_mixed_types=True)


@case
def table_not_optional() -> Any:
    return wandb.Table(columns=["a"], data=[[1], [None]], optional=False)


@case
def table_optional_list() -> Any:
    return wandb.Table(columns=["a", "b"], data=[[1, None]], optional=[False, True])


@case
def table_optional_list_violated() -> Any:
    return wandb.Table(columns=["a", "b"], data=[[None, None]], optional=[False, True])


@case
def table_dtype() -> Any:
    return wandb.Table(columns=["a"], data=[[1]], dtype=float)


@case
def table_dtype_str() -> Any:
    return wandb.Table(columns=["a"], data=[["x"]], dtype=str)


@case
def table_dtype_list() -> Any:
    return wandb.Table(columns=["a", "b"], data=[["x", 1]], dtype=[str, int])


@case
def table_dtype_violated() -> Any:
    return wandb.Table(columns=["a"], data=[["x"]], dtype=int)


@case
def table_int_then_float() -> Any:
    return wandb.Table(columns=["a"], data=[[1], [2.5]])


@case
def table_bool_then_int() -> Any:
    return wandb.Table(columns=["a"], data=[[True], [2]])


@case
def table_list_lengths() -> Any:
    return wandb.Table(columns=["a"], data=[[[1, 2]], [[1, 2, 3]], [[]]])


@case
def table_list_types() -> Any:
    return wandb.Table(columns=["a"], data=[[[1, "x", None]]])


@case
def table_dict_keys_differ() -> Any:
    return wandb.Table(columns=["a"], data=[[{"x": 1}], [{"y": 2}]])


@case
def table_add_column() -> Any:
    table = wandb.Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", ["x", "y"])
    return table


@case
def table_add_column_numpy() -> Any:
    table = wandb.Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", np.array([0.5, 1.5]))
    return table


@case
def table_add_column_wrong_length() -> Any:
    table = wandb.Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", [1])
    return table


@case
def table_add_computed_columns() -> Any:
    table = wandb.Table(columns=["a"], data=[[1], [2]])
    table.add_computed_columns(lambda index, row: {"twice": row["a"] * 2, "i": index})
    return table


@case
def table_get_column() -> Any:
    table = wandb.Table(columns=["a", "b"], data=[[1, 0.5], [2, 1.5]])
    column = table.get_column("b", convert_to="numpy")
    rows = [[int(index), list(row)] for index, row in table.iterrows()]
    return {"a": table.get_column("a"), "b": column, "rows": rows, "index": [int(i) for i in table.get_index()]}


@case
def table_get_column_unknown() -> Any:
    return wandb.Table(columns=["a"]).get_column("b")


@case
def table_get_dataframe() -> Any:
    return wandb.Table(columns=["a"], data=[[1], [2]]).get_dataframe().to_dict("list")


@case
def table_column_names() -> Any:
    return wandb.Table(columns=["a b", "\u00e4", 3], data=[[1, 2, 3]])


@case
def table_columns_not_a_list() -> Any:
    return wandb.Table(columns="ab", data=[[1, 2]])


@case
def table_columns_bad_names() -> Any:
    return wandb.Table(columns=[1.5, None], data=[[1, 2]])


@case
def table_data_not_a_list() -> Any:
    return wandb.Table(columns=["a"], data=5)


@case
def table_index_ref() -> Any:
    table = wandb.Table(columns=["a"], data=[[1], [2]])
    other = wandb.Table(columns=["r"])
    for index, _ in table.iterrows():
        other.add_data(index)
    return other


@case
def table_primary_key() -> Any:
    table = wandb.Table(columns=["id", "v"], data=[["x", 1], ["y", 2]])
    table.set_pk("id")
    return table


@case
def table_log_mode_mutable() -> Any:
    return wandb.Table(columns=["a"], data=[[1]], log_mode="MUTABLE")


@case
def table_log_mode_incremental() -> Any:
    return wandb.Table(columns=["a"], data=[[1]], log_mode="INCREMENTAL")


@case
def table_log_mode_unknown() -> Any:
    return wandb.Table(columns=["a"], data=[[1]], log_mode="SOMETIMES")


@case
def table_many_rows() -> Any:
    return wandb.Table(columns=["a"], data=[[n] for n in range(10_001)])


@case
def table_in_list() -> Any:
    return [wandb.Table(columns=["a"], data=[[1]])]


@case
def table_in_dict() -> Any:
    return {"t": wandb.Table(columns=["a"], data=[[1]])}


@case
def table_text_values() -> Any:
    return wandb.Table(columns=["a"], data=[["\u00e4\U0001f600"], ["line\nline"], ['"']])


@case
def table_big_int() -> Any:
    return wandb.Table(columns=["a"], data=[[2**60], [-1]])


@case
def table_numpy_nan() -> Any:
    return wandb.Table(columns=["a", "b"], data=np.array([[1.0, np.nan]]))


@case
def table_timestamps() -> Any:
    return wandb.Table(columns=["a"], data=[[np.datetime64("2020-01-01")]])


@case
def table_moments_of_units() -> Any:
    cells = [np.datetime64(20, unit) for unit in ("Y", "M", "D", "h", "s", "ms", "us", "ns")]
    return wandb.Table(columns=["a"], data=[[cell] for cell in cells])


@case
def table_spans() -> Any:
    cells = [np.array([[12345, -5, 0]]).astype(f"m8[{unit}]") for unit in ("W", "D", "h", "m", "s", "ms", "us", "ns")]
    return wandb.Table(columns=["a"], data=[[cell] for cell in cells])


@case
def table_arrays_without_axes() -> Any:
    return wandb.Table(columns=["a", "b", "m"], data=[[np.array(5), {"x": np.array("y")}, np.ma.masked]])


@case
def table_long_floats() -> Any:
    return wandb.Table(columns=["a"], data=[[np.ones((2, 2), np.longdouble)]])


@case
def table_half_a_pair() -> Any:
    return wandb.Table(columns=["a", "b"], data=[["a\ud800b", {"\udc00": "\u00e4"}]])


@case
def table_dict_keys() -> Any:
    cell = {None: 1, True: 2, False: 3, 1.5: 4, 5: 5, np.str_("k"): 6}
    return wandb.Table(columns=["a"], data=[[{key: item}] for key, item in cell.items()], allow_mixed_types=True)


SMALL = [1e-7, -1.5e-6, 1e-5, -0.00001234, 9.99e-5, 1e-10, 5e-324, 1e16, 1e22, -0.0, 1.2345678901234567e-5]


@case
def table_small_numbers() -> Any:
    return wandb.Table(columns=["a", "b"], data=[[number, f'x,1e-07,"{number}'] for number in SMALL])


@case
def boxes_small_numbers() -> Any:
    position = {"minX": 1e-7, "maxX": 1e-5, "minY": 0.00001234, "maxY": 0.5}
    return wandb.Image(noise(4, 6, 3), boxes={"a": {"box_data": [{**BOX, "position": position, "scores": {"s": 1e-6}}]}})


@case
def object3d_small_numbers() -> Any:
    return wandb.Object3D(np.array([SMALL[:3], SMALL[3:6], SMALL[6:9]]))


@case
def object3d_small_float32() -> Any:
    return wandb.Object3D(np.array([SMALL[:3], SMALL[3:6]], dtype="f4"))


@case
def object3d_masked() -> Any:
    return wandb.Object3D(np.ma.array([[1, 2, 3]], mask=[[1, 0, 0]]))


@case
def object3d_complex() -> Any:
    return wandb.Object3D(np.array([[1j, 2, 3 - 1j]]))


@case
def histogram_objects() -> Any:
    return wandb.Histogram(np.array([1, 2.5, True], dtype=object))


@case
def audio_no_axis() -> Any:
    return wandb.Audio(np.array(0.5), sample_rate=10)


@case
def audio_no_rate_at_all() -> Any:
    return wandb.Audio(np.zeros(5), sample_rate=0)


@case
def plotly_small_numbers() -> Any:
    import plotly.graph_objects

    return plotly.graph_objects.Figure(data=[{"type": "scatter", "x": SMALL, "text": ["1e-07,"] * len(SMALL)}])


@case
def table_dataframe_extension_types() -> Any:
    import pandas

    frame = {
        "i": pandas.array([1, None], dtype="Int64"), "f": pandas.array([1.5, None], dtype="Float64"),
        "b": pandas.array([True, None], dtype="boolean"), "s": pandas.array(["x", None], dtype="string"),
        "c": pandas.Categorical(["x", None]), "z": pandas.arrays.SparseArray([0, 1]), "h": np.array([1, 2], "f2"),
    }  # fmt: skip
    return wandb.Table(dataframe=pandas.DataFrame(frame))


@case
def table_dataframe_nanoseconds() -> Any:
    import pandas

    moments = pandas.to_datetime(["2020-01-01T00:00:00.123456789", None])
    return wandb.Table(dataframe=pandas.DataFrame({"a": moments, "z": moments.tz_localize("Europe/Berlin")}))


@case
def table_dataframe_series() -> Any:
    import pandas

    return wandb.Table(dataframe=pandas.Series([1, 2]))


@case
def video_no_rate() -> Any:
    return wandb.Video(noise(2, 3, 16, 16), fps=0, format="gif")


@case
def table_views() -> Any:
    return wandb.Table(columns=["a", "v"], data=[[memoryview(b"ab"), np.void(b"ab")]])


@case
def joined_table() -> Any:
    left = wandb.Table(columns=["k", "a"], data=[["x", 1]])
    right = wandb.Table(columns=["k", "b"], data=[["x", 2]])
    return wandb.JoinedTable(left, right, "k")


@case
def partitioned_table() -> Any:
    return wandb.data_types.PartitionedTable("parts")


# ---- html


@case
def html_text() -> Any:
    return wandb.Html("<p>hello \u00e4</p>")


@case
def html_document() -> Any:
    return wandb.Html("<html><head><title>x</title></head><body>y</body></html>")


@case
def html_html_no_head() -> Any:
    return wandb.Html("<html><body>y</body></html>")


@case
def html_not_injected() -> Any:
    return wandb.Html("<p>hello</p>", inject=False)


@case
def html_path() -> Any:
    return wandb.Html(text_file("page.html", "<p>from a file</p>"))


@case
def html_pathlib() -> Any:
    return wandb.Html(pathlib.Path(text_file("page2.html", "<p>from a file</p>")))


@case
def html_path_not_injected() -> Any:
    return wandb.Html(text_file("page3.html", "<p>from a file</p>"), inject=False)


@case
def html_path_as_data() -> Any:
    return wandb.Html(text_file("page4.html", "<p>from a file</p>"), data_is_not_path=True)


@case
def html_file_object() -> Any:
    return wandb.Html(io.StringIO("<p>stream</p>"))


@case
def html_open_file() -> Any:
    return wandb.Html(open(text_file("page5.html", "<p>from a file</p>")))


@case
def html_missing_path() -> Any:
    return wandb.Html("made/none.html")


@case
def html_bad() -> Any:
    return wandb.Html(5)


@case
def html_empty() -> Any:
    return wandb.Html("")


@case
def html_list() -> Any:
    return [wandb.Html("<p>a</p>"), wandb.Html("<p>b</p>")]


# ---- audio


def sound(length: int = 100, channels: int = 1) -> Any:
    wave = np.sin(np.arange(length * channels) / 5.0)
    return wave if channels == 1 else wave.reshape(length, channels)


def saved_sound(name: str) -> str:
    import soundfile

    path = pathlib.Path("made") / name
    path.parent.mkdir(exist_ok=True)
    soundfile.write(str(path), sound(), 8000)
    return str(path)


@case
def audio_numpy() -> Any:
    return wandb.Audio(sound(), sample_rate=8000)


@case
def audio_caption() -> Any:
    return wandb.Audio(sound(), sample_rate=8000, caption="a tone")


@case
def audio_float32() -> Any:
    return wandb.Audio(sound().astype("float32"), sample_rate=8000)


@case
def audio_int16() -> Any:
    return wandb.Audio((sound() * 30000).astype("int16"), sample_rate=8000)


@case
def audio_stereo() -> Any:
    return wandb.Audio(sound(channels=2), sample_rate=44100)


@case
def audio_list_data() -> Any:
    return wandb.Audio([0.0, 0.5, -0.5], sample_rate=8000)


@case
def audio_loud() -> Any:
    return wandb.Audio(sound() * 10, sample_rate=8000)


@case
def audio_no_rate() -> Any:
    return wandb.Audio(sound())


@case
def audio_empty() -> Any:
    return wandb.Audio(np.zeros(0), sample_rate=8000)


@case
def audio_path() -> Any:
    return wandb.Audio(saved_sound("tone.wav"), caption="from a file")


@case
def audio_path_flac() -> Any:
    return wandb.Audio(saved_sound("tone.flac"))


@case
def audio_pathlib() -> Any:
    return wandb.Audio(pathlib.Path(saved_sound("tone2.wav")))


@case
def audio_path_rate() -> Any:
    return wandb.Audio(saved_sound("tone3.wav"), sample_rate=22050)


@case
def audio_path_missing() -> Any:
    return wandb.Audio("made/none.wav")


@case
def audio_reference() -> Any:
    return wandb.Audio("http://127.0.0.1:9/x.wav")


@case
def audio_list() -> Any:
    return [wandb.Audio(sound(), sample_rate=8000, caption="a"), wandb.Audio(sound(50), sample_rate=8000)]


@case
def audio_list_no_captions() -> Any:
    return [wandb.Audio(sound(), sample_rate=8000), wandb.Audio(sound(50), sample_rate=16000)]


# ---- video


@case
def video_path_gif() -> Any:
    frames = [picture(), picture().rotate(180)]
    path = pathlib.Path("made/film.gif")
    path.parent.mkdir(exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:])
    return wandb.Video(str(path), caption="from a file")


@case
def video_path_mp4() -> Any:
    path = pathlib.Path(text_file("film.mp4", "not really a film"))
    return wandb.Video(path)


@case
def video_path_format() -> Any:
    return wandb.Video(text_file("film2.mp4", "not really a film"), format="mp4")


@case
def video_path_other_format() -> Any:
    return wandb.Video(text_file("film3.mp4", "not really a film"), format="gif")


@case
def video_path_fps() -> Any:
    return wandb.Video(text_file("film4.mp4", "not really a film"), fps=5)


@case
def video_path_unknown() -> Any:
    return wandb.Video(text_file("film.avi", "not really a film"))


@case
def video_path_missing() -> Any:
    return wandb.Video("made/none.mp4")


@case
def video_bytes() -> Any:
    return wandb.Video(io.BytesIO(b"film"), format="mp4")


@case
def video_bytes_no_format() -> Any:
    return wandb.Video(io.BytesIO(b"film"))


@case
def video_bad_format() -> Any:
    return wandb.Video(io.BytesIO(b"film"), format="avi")


@case
def video_raw_bytes() -> Any:
    return wandb.Video(b"film", format="mp4")


@case
def video_list() -> Any:
    return [
        wandb.Video(io.BytesIO(b"film"), format="mp4", caption="a"),
        wandb.Video(io.BytesIO(b"film2"), format="mp4"),
    ]


@case
def video_list_no_captions() -> Any:
    return [wandb.Video(io.BytesIO(b"film"), format="mp4"), wandb.Video(io.BytesIO(b"film2"), format="mp4")]


@case
def video_numpy_gif() -> Any:
    return wandb.Video(noise(4, 3, 16, 16), fps=4, format="gif")


@case
def video_numpy_default() -> Any:
    return wandb.Video(noise(4, 3, 16, 16), fps=4)


@case
def video_numpy_mp4() -> Any:
    return wandb.Video(noise(4, 3, 16, 16), fps=4, format="mp4")


@case
def video_numpy_webm() -> Any:
    return wandb.Video(noise(4, 3, 16, 16), fps=4, format="webm")


@case
def video_numpy_batch() -> Any:
    return wandb.Video(noise(3, 4, 3, 16, 16), fps=4, format="gif")


@case
def video_numpy_batch_of_four() -> Any:
    return wandb.Video(noise(4, 2, 3, 16, 16), fps=4, format="gif")


@case
def video_numpy_batch_of_five() -> Any:
    return wandb.Video(noise(5, 2, 3, 16, 16), fps=4, format="gif")


@case
def video_numpy_one_channel() -> Any:
    return wandb.Video(noise(4, 1, 16, 16), fps=4, format="gif")


@case
def video_numpy_float() -> Any:
    return wandb.Video(fractions(4, 3, 16, 16), fps=4, format="gif")


@case
def video_numpy_three_dimensions() -> Any:
    return wandb.Video(noise(3, 16, 16), fps=4, format="gif")


@case
def video_numpy_two_dimensions() -> Any:
    return wandb.Video(noise(16, 16), fps=4, format="gif")


@case
def video_numpy_no_fps() -> Any:
    return wandb.Video(noise(4, 3, 16, 16), format="gif")


# ---- 3D

POINTS = [[0, 0, 0], [1, 2, 3], [4, 5, 6.5]]


@case
def object3d_points() -> Any:
    return wandb.Object3D(np.array(POINTS))


@case
def object3d_points_category() -> Any:
    return wandb.Object3D(np.array([[0, 0, 0, 1], [1, 2, 3, 14]]))


@case
def object3d_points_colour() -> Any:
    return wandb.Object3D(np.array([[0, 0, 0, 255, 0, 0], [1, 2, 3, 1, 2, 3]]))


@case
def object3d_points_wrong() -> Any:
    return wandb.Object3D(np.zeros((3, 5)))


@case
def object3d_points_one_dimension() -> Any:
    return wandb.Object3D(np.zeros(3))


@case
def object3d_empty() -> Any:
    return wandb.Object3D(np.zeros((0, 3)))


@case
def object3d_list() -> Any:
    return wandb.Object3D(POINTS)


@case
def object3d_caption() -> Any:
    return wandb.Object3D(np.array(POINTS), caption="points")


@case
def object3d_scene() -> Any:
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    box = {"corners": corners, "label": "box", "color": [255, 0, 0]}
    vector = {"start": [0, 0, 0], "end": [1, 1, 1]}
    return wandb.Object3D(
        {"type": "lidar/beta", "points": np.array(POINTS), "boxes": np.array([box]), "vectors": np.array([vector])}
    )


@case
def object3d_scene_lists() -> Any:
    return wandb.Object3D({"type": "lidar/beta", "points": POINTS, "boxes": []})


@case
def object3d_scene_unknown_type() -> Any:
    return wandb.Object3D({"type": "lidar/gamma", "points": POINTS})


@case
def object3d_scene_no_type() -> Any:
    return wandb.Object3D({"points": POINTS})


@case
def object3d_from_numpy() -> Any:
    return wandb.Object3D.from_numpy(np.array(POINTS))


@case
def object3d_from_point_cloud() -> Any:
    box = wandb.box3d(
        center=[0, 0, 0], size=[1, 2, 3], orientation=[1, 0, 0, 0], color=(255, 0, 0), label="x", score=0.5
    )
    return wandb.Object3D.from_point_cloud(points=POINTS, boxes=[box], vectors=[])


@case
def box3d() -> Any:
    box = wandb.box3d(center=[1, 2, 3], size=[1, 2, 3], orientation=[0.5, 0.5, 0.5, 0.5], color=(1, 2, 3))
    return {key: (value.tolist() if hasattr(value, "tolist") else value) for key, value in dict(box).items()}


@case
def object3d_path_obj() -> Any:
    return wandb.Object3D(text_file("cube.obj", "v 0 0 0\n"))


@case
def object3d_path_pts() -> Any:
    return wandb.Object3D(text_file("points.pts.json", "[[0,0,0]]"))


@case
def object3d_path_glb() -> Any:
    return wandb.Object3D(pathlib.Path(text_file("cube.glb", "glb")))


@case
def object3d_path_unknown() -> Any:
    return wandb.Object3D(text_file("cube.blend", "x"))


@case
def object3d_stream() -> Any:
    return wandb.Object3D(io.StringIO("v 0 0 0\n"), file_type="obj")


@case
def object3d_stream_no_type() -> Any:
    return wandb.Object3D(io.StringIO("v 0 0 0\n"))


@case
def object3d_open_file() -> Any:
    return wandb.Object3D(open(text_file("cube2.obj", "v 0 0 0\n")))


@case
def object3d_from_file() -> Any:
    return wandb.Object3D.from_file(text_file("cube3.obj", "v 0 0 0\n"))


@case
def object3d_from_file_type() -> Any:
    return wandb.Object3D.from_file(text_file("cube4.txt", "v 0 0 0\n"), "obj")


@case
def object3d_bad() -> Any:
    return wandb.Object3D(5)


@case
def object3d_list_of() -> Any:
    return [wandb.Object3D(np.array(POINTS)), wandb.Object3D(np.array(POINTS), caption="b")]


# ---- molecules


@case
def molecule_path() -> Any:
    return wandb.Molecule(text_file("m.pdb", "ATOM\n"))


@case
def molecule_path_caption() -> Any:
    return wandb.Molecule(text_file("m2.sdf", "x\n"), caption="a molecule")


@case
def molecule_path_unknown() -> Any:
    return wandb.Molecule(text_file("m.txt", "x\n"))


@case
def molecule_stream() -> Any:
    return wandb.Molecule(io.StringIO("ATOM\n"), file_type="pdb")


@case
def molecule_stream_no_type() -> Any:
    return wandb.Molecule(io.StringIO("ATOM\n"))


@case
def molecule_stream_unknown() -> Any:
    return wandb.Molecule(io.StringIO("ATOM\n"), file_type="txt")


@case
def molecule_list() -> Any:
    return [
        wandb.Molecule(io.StringIO("A\n"), file_type="pdb"),
        wandb.Molecule(io.StringIO("B\n"), file_type="pdb", caption="b"),
    ]


@case
def molecule_bad() -> Any:
    return wandb.Molecule(5)


@case
def molecule_from_smiles_without_rdkit() -> Any:
    return wandb.Molecule.from_smiles("CCO")


# ---- figures


def figure() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    made, axes = plt.subplots(figsize=(2, 1))
    axes.plot([1, 2, 3], [1, 4, 2])
    return made


@case
def figure_logged() -> Any:
    return figure()


@case
def figure_empty() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(2, 1))


@case
def figure_with_image() -> Any:
    made = figure()
    made.axes[0].imshow(noise(4, 4))
    return made


@case
def figure_axes() -> Any:
    return figure().axes[0]


@case
def figure_pyplot() -> Any:
    figure()
    import matplotlib.pyplot as plt

    return plt


@case
def figure_image() -> Any:
    return wandb.Image(figure())


@case
def figure_image_axes() -> Any:
    return wandb.Image(figure().axes[0])


@case
def figure_in_list() -> Any:
    return [figure()]


@case
def figure_plotly_class() -> Any:
    return wandb.Plotly(figure())


@case
def plotly_figure() -> Any:
    import plotly.graph_objects as go

    return go.Figure(data=[go.Scatter(x=[1, 2], y=[3, 4])])


@case
def plotly_class() -> Any:
    import plotly.graph_objects as go

    return wandb.Plotly(go.Figure(data=[go.Bar(x=["a", "b"], y=[3, 4])]))


@case
def plotly_numpy() -> Any:
    import plotly.graph_objects as go

    return wandb.Plotly(go.Figure(data=[go.Scatter(x=np.arange(5), y=fractions(5))]))


@case
def plotly_bad() -> Any:
    return wandb.Plotly(5)


@case
def plotly_list() -> Any:
    import plotly.graph_objects as go

    return [wandb.Plotly(go.Figure(data=[go.Bar(x=["a"], y=[3])]))]


@case
def bokeh_figure() -> Any:
    from bokeh.plotting import figure as bokeh_figure_of

    made = bokeh_figure_of(width=100, height=100)
    made.line([1, 2], [3, 4])
    return wandb.data_types.Bokeh(made)


@case
def bokeh_path() -> Any:
    return wandb.data_types.Bokeh(text_file("doc.bokeh.json", '{"a": 1}'))


@case
def bokeh_bad() -> Any:
    return wandb.data_types.Bokeh(5)


# ---- graphs


@case
def graph() -> Any:
    made = wandb.Graph()
    first = made.add_node(id=1, name="in", class_name="Input", size=(3, 4), parameters=[["w", [3]]], output_shape=[4])
    second = wandb.data_types.Node(id=2, name="out", class_name="Dense", is_output=True, num_parameters=5)
    made.add_node(second)
    made.add_edge(made.nodes_by_id[1] if first is None else first, second)
    return made


@case
def graph_empty() -> Any:
    return wandb.Graph()


@case
def node_alone() -> Any:
    return wandb.data_types.Node(id=1, name="x")


# ---- charts


def chart_table() -> Any:
    return wandb.Table(columns=["x", "y", "label"], data=[[1, 0.5, "a"], [2, 1.5, "b"]])


@case
def plot_line() -> Any:
    return wandb.plot.line(chart_table(), "x", "y", title="a line")


@case
def plot_line_stroke() -> Any:
    return wandb.plot.line(chart_table(), "x", "y", stroke="label")


@case
def plot_line_split() -> Any:
    return wandb.plot.line(chart_table(), "x", "y", split_table=True)


@case
def plot_scatter() -> Any:
    return wandb.plot.scatter(chart_table(), "x", "y", title="points")


@case
def plot_bar() -> Any:
    return wandb.plot.bar(chart_table(), "label", "y", title="bars")


@case
def plot_histogram() -> Any:
    return wandb.plot.histogram(chart_table(), "y", title="counts")


@case
def plot_line_series() -> Any:
    return wandb.plot.line_series(xs=[0, 1, 2], ys=[[1, 2, 3], [4, 5, 6]], keys=["a", "b"], title="lines", xname="step")


@case
def plot_line_series_own_xs() -> Any:
    return wandb.plot.line_series(xs=[[0, 1], [2, 3, 4]], ys=[[1, 2], [4, 5, 6]])


@case
def plot_line_series_wrong() -> Any:
    return wandb.plot.line_series(xs=[[0, 1], [2]], ys=[[1, 2]])


@case
def plot_line_series_no_iterable() -> Any:
    return wandb.plot.line_series(xs=5, ys=[[1, 2]])


@case
def plot_line_series_keys_wrong() -> Any:
    return wandb.plot.line_series(xs=[0, 1], ys=[[1, 2]], keys=["a", "b"])


@case
def plot_line_series_unequal() -> Any:
    return wandb.plot.line_series(xs=[0, 1, 2], ys=[[1, 2]])


@case
def plot_pr_curve() -> Any:
    return wandb.plot.pr_curve([0, 1, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], labels=["no", "yes"])


@case
def plot_pr_curve_plain() -> Any:
    return wandb.plot.pr_curve([0, 1, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], interp_size=5)


@case
def plot_pr_curve_recalls_met() -> Any:
    """Recalls of fifths and of thirds: whether 0.6 is 3/5 is a matter of rounding."""
    true = [1, 0, 1, 0, 1, 1, 0, 1, 2, 2, 2]
    return wandb.plot.pr_curve(true, fractions(11, 3), interp_size=21)


@case
def plot_pr_curve_few_points() -> Any:
    return wandb.plot.pr_curve([0, 1, 0, 1, 0, 1, 1, 1], fractions(8, 2), interp_size=7)


@case
def plot_pr_curve_classes() -> Any:
    probabilities = fractions(12, 3)
    return wandb.plot.pr_curve([0, 1, 2] * 4, probabilities, classes_to_plot=[0, 2], title="PR")


@case
def plot_roc_curve() -> Any:
    return wandb.plot.roc_curve([0, 1, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], labels=["no", "yes"])


@case
def plot_roc_curve_three() -> Any:
    return wandb.plot.roc_curve([0, 1, 2] * 4, fractions(12, 3), classes_to_plot=[0, 2], title="ROC", split_table=True)


@case
def plot_roc_curve_wrong() -> Any:
    return wandb.plot.roc_curve([0, 1], [[0.1, 0.9]])


@case
def plot_roc_curve_long() -> Any:
    labels = (fractions(5000, seed=1) > 0.5).astype(int)
    first = fractions(5000, seed=2)
    return wandb.plot.roc_curve(labels, np.stack([first, 1 - first], axis=1))


@case
def plot_pr_curve_no_probabilities() -> Any:
    return wandb.plot.pr_curve([0, 1])


@case
def plot_confusion_matrix() -> Any:
    return wandb.plot.confusion_matrix(y_true=[0, 1, 2, 1], preds=[0, 2, 2, 1], class_names=["a", "b", "c"])


@case
def plot_confusion_matrix_probs() -> Any:
    return wandb.plot.confusion_matrix(probs=[[0.1, 0.9], [0.8, 0.2]], y_true=[0, 0], title="confused")


@case
def plot_confusion_matrix_no_names() -> Any:
    return wandb.plot.confusion_matrix(y_true=[0, 3, 5], preds=[0, 3, 0])


@case
def plot_confusion_matrix_names_and_gaps() -> Any:
    return wandb.plot.confusion_matrix(y_true=[0, 2], preds=[2, 2], class_names=["a", "b", "c"])


@case
def plot_confusion_matrix_probs_and_names() -> Any:
    return wandb.plot.confusion_matrix(
        probs=[[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]], y_true=[2, 0], class_names=["a", "b", "c"]
    )


@case
def plot_roc_curve_very_long() -> Any:
    labels = (fractions(30000, seed=1) > 0.5).astype(int)
    first = fractions(30000, seed=2)
    return wandb.plot.roc_curve(labels, np.stack([first, 1 - first], axis=1))


@case
def plot_pr_curve_text_classes() -> Any:
    return wandb.plot.pr_curve(["a", "b", "a"], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])


@case
def plot_confusion_matrix_text() -> Any:
    return wandb.plot.confusion_matrix(y_true=["cat", "dog"], preds=["dog", "dog"])


@case
def plot_confusion_matrix_both() -> Any:
    return wandb.plot.confusion_matrix(probs=[[0.1, 0.9]], y_true=[0], preds=[1])


@case
def plot_confusion_matrix_lengths() -> Any:
    return wandb.plot.confusion_matrix(y_true=[0, 1], preds=[0])


@case
def plot_confusion_matrix_few_names() -> Any:
    return wandb.plot.confusion_matrix(y_true=[0, 1, 2], preds=[0, 1, 2], class_names=["a"])


@case
def plot_table_own() -> Any:
    return wandb.plot_table("entity/my_chart", chart_table(), {"x": "x", "y": "y"}, {"title": "own"})


@case
def plot_table_split() -> Any:
    return wandb.plot_table("entity/my_chart", chart_table(), {"x": "x"}, split_table=True)


@case
def plot_table_bad() -> Any:
    return wandb.plot_table("entity/my_chart", [[1]], {"x": "x"})


@case
def plot_visualize() -> Any:
    return wandb.plot.visualize("entity/my_chart", chart_table())


@case
def plot_visualize_bad() -> Any:
    return wandb.visualize("entity/my_chart", 5)


@case
def plot_line_bad_table() -> Any:
    return wandb.plot.line(5, "x", "y")


@case
def plot_in_dict() -> Any:
    return {"inner": wandb.plot.bar(chart_table(), "label", "y")}


@case
def plot_in_list() -> Any:
    return [wandb.plot.bar(chart_table(), "label", "y")]


# ---- charts of scikit-learn's models: these log by themselves


def classified() -> Any:
    """A classifier, data, true classes, predictions and probabilities."""
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression

    shape = {"n_samples": 60, "n_features": 4, "n_informative": 3, "n_redundant": 0, "n_classes": 3}
    data, true = make_classification(random_state=0, n_clusters_per_class=1, **shape)
    model = LogisticRegression().fit(data[:40], true[:40])
    return model, data, true, model.predict(data[40:]), model.predict_proba(data[40:])


def clustered() -> Any:
    from sklearn.cluster import KMeans

    data = classified()[1]
    return KMeans(3, n_init=2, random_state=0).fit(data), data


@case
def sklearn_roc() -> None:
    _, _, true, _, probabilities = classified()
    wandb.sklearn.plot_roc(true[40:], probabilities, ["a", "b", "c"])


@case
def sklearn_precision_recall() -> None:
    _, _, true, _, probabilities = classified()
    wandb.sklearn.plot_precision_recall(true[40:], probabilities, ["a", "b", "c"])


@case
def sklearn_confusion_matrix() -> None:
    _, _, true, predicted, _ = classified()
    wandb.sklearn.plot_confusion_matrix(true[40:], predicted, ["a", "b", "c"])


@case
def sklearn_confusion_matrix_shares() -> None:
    _, _, true, predicted, _ = classified()
    wandb.sklearn.plot_confusion_matrix(true[40:], predicted, normalize=True)


@case
def sklearn_feature_importances() -> None:
    from sklearn.tree import DecisionTreeClassifier

    _, data, true, _, _ = classified()
    tree = DecisionTreeClassifier(random_state=0).fit(data, true)
    wandb.sklearn.plot_feature_importances(tree, ["f0", "f1", "f2", "f3"])


@case
def sklearn_feature_importances_no_names() -> None:
    from sklearn.linear_model import Ridge

    _, data, true, _, _ = classified()
    wandb.sklearn.plot_feature_importances(Ridge().fit(data, true))


@case
def sklearn_calibration_curve() -> None:
    model, data, true, _, _ = classified()
    wandb.sklearn.plot_calibration_curve(model, data, (true > 0).astype(int), "model")


@case
def sklearn_class_proportions() -> None:
    _, _, true, _, _ = classified()
    wandb.sklearn.plot_class_proportions(true[:40], true[40:], ["a", "b", "c"])


@case
def sklearn_class_proportions_no_names() -> None:
    _, _, true, _, _ = classified()
    wandb.sklearn.plot_class_proportions(true[:40], true[40:])


@case
def sklearn_learning_curve() -> None:
    model, data, true, _, _ = classified()
    wandb.sklearn.plot_learning_curve(model, data, true)


@case
def sklearn_summary_metrics() -> None:
    model, data, true, _, _ = classified()
    wandb.sklearn.plot_summary_metrics(model, data[:40], true[:40], data[40:], true[40:])


# ---- trees of spans


class Opaque:
    pass


def spans(**more: Any) -> Any:
    from wandb.sdk.data_types.trace_tree import Span, SpanKind, StatusCode

    span = Span(name="s\u00e4", span_kind=SpanKind.TOOL, start_time_ms=1, end_time_ms=2, **more)
    span.status_code = StatusCode.SUCCESS
    span.add_attribute("k", "v")
    span.add_named_result({"a": 1}, {"b": [2, None]})
    span.add_child_span(Span(span_id="i", name="inner", status_code=StatusCode.ERROR, status_message="bad"))
    return span


@case
def trace_tree() -> Any:
    return wandb.data_types.WBTraceTree(spans())


@case
def trace_tree_model() -> Any:
    return wandb.data_types.WBTraceTree(spans(), {"model": "m", "layers": [1, {"n": 2.5}]})


@case
def trace_tree_in_list() -> Any:
    return [wandb.data_types.WBTraceTree(spans())]


@case
def trace_tree_odd_values() -> Any:
    import datetime

    odd = {
        "o": Opaque(), "c": Opaque, "f": len, "s": {1, 2}, "t": (1, "x"), "d": datetime.datetime(2020, 1, 1),
        "a": np.arange(3), "n": np.float32(1.5), "b": b"xx", "nan": float("nan"), "p": pathlib.PurePosixPath("x"),
        5: 6, None: 7, (1, 2): 3, "in": {"o": [Opaque()]}, "big": 2**70,
    }  # fmt: skip
    return wandb.data_types.WBTraceTree(spans(attributes=dict(odd)), odd)


@case
def trace_tree_wrong() -> Any:
    return wandb.data_types.WBTraceTree(5)


@case
def trace_logs_itself() -> None:
    from wandb.sdk.data_types.trace_tree import Trace

    inner = Trace("inner", kind="llm", status_code="error", status_message="m", inputs={"q": 1}, outputs={"r": 2})
    trace = Trace("outer", "AGENT", "success", metadata={"a": 1}, start_time_ms=3, end_time_ms=4, model_dict={"m": 1})
    trace.add_child(inner).add_child(Trace("third")).add_inputs_and_outputs({"x": 1}, {"y": 2}).add_metadata({"z": [1]})
    trace.log("trace_logs_itself")


@case
def trace_wrong_kind() -> Any:
    from wandb.sdk.data_types.trace_tree import Trace

    return Trace("x", kind="other")


@case
def span_alone() -> Any:
    return spans()


# ---- keys


@case
def keys_odd() -> Any:
    return {
        name: wandb.Image(noise(2, 2))
        for name in ("a/b", "../x", "/abs", "a b", "\u00fcn\u00ef", "a.b", "..", "x" * 150, "c:d", "a\\b", "", "*?<>|")
    }


def main() -> None:
    names = sys.argv[2:] or list(CASES)
    raised: Dict[str, Any] = {}
    steps = {name: 2 * number + 2 for number, name in enumerate(CASES)}
    run = wandb.init(project="media")
    for name in names:
        run.log({"tick": 1}, step=steps[name] - 1)  # the names of files have the step that is open
        try:
            value = CASES[name]()
        except Exception as error:
            raised[name] = ["made", type(error).__name__, str(error)]
            continue
        try:
            if value is not None:
                run.log({name: value}, step=steps[name])
        except Exception as error:
            raised[name] = ["logged", type(error).__name__, str(error)]
    result = {"raised": raised, "steps": steps}
    run.finish()
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
