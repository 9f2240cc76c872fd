"""What a TensorBoard event says, as values that a run can log; the events are those of any library.

Numbers, histograms, pictures (as they were encoded; a moving one is a film) and curves of precision over recall.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

# What `wandb.Histogram` holds at most; TensorBoard's have up to 1,550 buckets, most of them empty.
_MOST_BINS = 512
_FLOAT, _DOUBLE = 1, 2  # of tensorflow.DataType
_CURVES = "pr_curves"
# The rows of such a tensor are true positives, false positives, true negatives, false negatives, precision, recall.
_CURVE_ROWS, _PRECISION, _RECALL = 6, 4, 5
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
            plugin = value.metadata.plugin_data.plugin_name
            known = _curve(value.tensor) if plugin == _CURVES else _scalar(value.tensor)
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
            return _as_written(number) if dtype == _FLOAT else float(number)
    return None


def _picture(image: Any) -> Any:
    """A list of one picture, which is how upstream's client has it; None for a format that is unknown."""
    data = bytes(image.encoded_image_string)
    extension = next((name for beginning, name in _BEGINNINGS if data.startswith(beginning)), None)
    if extension == "gif":
        from io import BytesIO

        from wandb.media.video import Video

        return Video(BytesIO(data), format=extension)
    if extension is None:
        return None
    from wandb.media.image import Image
    from wandb.media.pixels import Encoded

    return [Image(Encoded(data, image.width, image.height, extension))]


def _curve(tensor: Any) -> Any:
    """Precision over recall, as a table; None for a tensor that is no such curve."""
    shape = [dimension.size for dimension in tensor.tensor_shape.dim]
    if tensor.dtype != _FLOAT or len(shape) != 2 or shape[0] != _CURVE_ROWS:
        return None
    form = f"<{shape[0] * shape[1]}f"
    numbers = list(tensor.float_val)
    if len(tensor.tensor_content) == struct.calcsize(form):
        numbers = list(struct.unpack(form, tensor.tensor_content))
    if len(numbers) != shape[0] * shape[1]:
        return None
    from wandb.media.table import Table

    rows = [numbers[row * shape[1] : (row + 1) * shape[1]] for row in (_RECALL, _PRECISION)]
    return Table(columns=["recall", "precision"], data=[list(point) for point in zip(*rows)])


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
