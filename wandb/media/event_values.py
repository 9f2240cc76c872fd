"""What a TensorBoard event says, as values that a run can log; the events are those of any library.

Numbers, histograms, pictures (as they were encoded; a moving one is a film) and curves of precision over recall.
"""

from __future__ import annotations

import struct

from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List

# What `wandb.Histogram` holds at most; TensorBoard's have up to 1,550 buckets, most of them empty.
_MOST_BINS = 512
_FLOAT, _DOUBLE = 1, 2  # of tensorflow.DataType
# The rows of such a tensor are true positives, false positives, true negatives, false negatives, precision, recall.
_CURVE_ROWS, _PRECISION, _RECALL = 6, 4, 5
_BUCKET_COLUMNS = 3
_BEFORE_PICTURES = 2
_BEGINNINGS = ((b"\x89PNG", "png"), (b"GIF8", "gif"), (b"\xff\xd8", "jpg"))


def values_of(summary: Any, prefix: str = "") -> Dict[str, Any]:
    """The values of a `Summary` message by tag, with `prefix` in front; what is none of the above is left out."""
    values: Dict[str, Any] = {}
    for value in summary.value:
        kind = value.WhichOneof("value")
        known: Any = None
        if kind == "simple_value":
            known = _as_written(value.simple_value)
        elif kind == "histo":
            known = _histogram(value.histo)
        elif kind == "image":
            known = _picture(value.image)
        elif kind == "tensor":
            read: Callable[[Any], Any] = _OF_PLUGINS.get(value.metadata.plugin_data.plugin_name, _scalar)
            known = read(value.tensor)
        if known is not None:
            values[prefix + value.tag] = known
    return values


def _scalar(tensor: Any) -> float | None:
    """A tensor of one floating-point number, as the newer summary calls write it."""
    for dtype, name, code in ((_FLOAT, "float_val", "<f"), (_DOUBLE, "double_val", "<d")):
        if tensor.dtype == dtype:
            numbers = getattr(tensor, name)
            if len(numbers) == 1:
                number = numbers[0]
            elif len(tensor.tensor_content) == struct.calcsize(code):
                number = struct.unpack(code, tensor.tensor_content)[0]
            else:
                continue
            return float(number)  # all digits, as upstream's client has it
    return None


def _picture(image: Any) -> Any:
    """A list of one picture, which is how upstream's client has it; None for a format that is unknown."""
    data = bytes(image.encoded_image_string)
    extension = _extension_of(data)
    if extension == "gif":
        with loading():
            from io import BytesIO

            from wandb.media.video import Video

        return Video(BytesIO(data), format=extension)
    if extension is None:
        return None
    with loading():
        from wandb.media.image import Image
        from wandb.media.pixels import Encoded

    return [Image(Encoded(data, image.width, image.height, extension))]


def _extension_of(data: bytes) -> str | None:
    return next((name for beginning, name in _BEGINNINGS if data.startswith(beginning)), None)


def _pictures(tensor: Any) -> Any:
    """A tensor of width and height as text, and then pictures of that size; None if that is not what it holds."""
    if len(tensor.string_val) < _BEFORE_PICTURES + 1:
        return None
    width, height, *pictures = map(bytes, tensor.string_val)
    extensions = [_extension_of(data) for data in pictures]
    if not (width.isdigit() and height.isdigit()) or not {*extensions} <= {"png", "jpg"}:
        return None
    with loading():
        from wandb.media.image import Image
        from wandb.media.pixels import Encoded

    size = int(width), int(height)
    return [Image(Encoded(data, *size, str(extension))) for data, extension in zip(pictures, extensions)]


def _curve(tensor: Any) -> Any:
    """Precision over recall, as a table; None for a tensor that is no such curve."""
    rows = _rows(tensor, _FLOAT, "f", tensor.float_val)
    if len(rows) != _CURVE_ROWS:
        return None
    with loading():
        from wandb.media.table import Table

    points = zip(rows[_RECALL], rows[_PRECISION])
    return Table(columns=["recall", "precision"], data=[list(point) for point in points])


def _buckets(tensor: Any) -> Any:
    """A tensor with a row of left limit, right limit and count for each bucket, as a histogram."""
    rows = _rows(tensor, _DOUBLE, "d", tensor.double_val)
    if not rows or len(rows[0]) != _BUCKET_COLUMNS:
        return None
    limits, counts = [rows[0][0], *(right for _, right, _ in rows)], [count for _, _, count in rows]
    while len(counts) > _MOST_BINS:
        limits, counts = _halved(limits, counts)
    return {"_type": "histogram", "bins": limits, "values": counts}


def _rows(tensor: Any, dtype: int, code: str, numbers: Any) -> List[List[float]]:
    """A tensor of two dimensions and that type, of which `numbers` are the ones that it lists; [] for any other."""
    shape = [dimension.size for dimension in tensor.tensor_shape.dim]
    if tensor.dtype != dtype or len(shape) != 2 or min(shape) < 1:
        return []
    count, columns, content = shape[0] * shape[1], shape[1], tensor.tensor_content
    if len(content) == count * struct.calcsize(f"<{code}"):
        numbers = struct.unpack(f"<{count}{code}", content)
    if len(numbers) != count:
        return []
    return [list(numbers[place : place + columns]) for place in range(0, count, columns)]


def _as_written(number: float) -> float:
    """A number of single precision without the digits that it never had: 0.1, not 0.10000000149011612."""
    for digits in (6, 7, 8):
        shorter = float(f"{number:.{digits}g}")
        if struct.pack("<f", shorter) == struct.pack("<f", number):
            return shorter
    return float(number)


def _histogram(histogram: Any) -> Dict[str, Any] | None:
    """Its buckets between the limits; the first one ends at the first limit, and is left out if it is empty."""
    limits, counts = list(histogram.bucket_limit), list(histogram.bucket)
    if len(limits) < 2 or len(limits) != len(counts):
        return None
    if counts[0]:
        limits.insert(0, min(histogram.min, limits[0]))
    else:
        counts.pop(0)
    while len(counts) > _MOST_BINS:
        limits, counts = _halved(limits, counts)
    return {"_type": "histogram", "bins": limits, "values": counts}


def _halved(limits: List[float], counts: List[float]) -> Any:
    """Two neighbours become one."""
    merged = [sum(counts[index : index + 2]) for index in range(0, len(counts), 2)]
    return [*limits[:-1:2], limits[-1]], merged


# What a tensor is, by the plugin of TensorBoard that shows it; any other is a number, or nothing that we know.
_OF_PLUGINS = {"pr_curves": _curve, "histograms": _buckets, "images": _pictures}
