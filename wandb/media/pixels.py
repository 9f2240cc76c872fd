"""Pixels from what users have: arrays and tensors, figures of matplotlib, pictures of Pillow, to encoded bytes.

Values of arrays are taken as they are, as 0 to 255 (fractions are cut off, what is beyond wraps around), since that is
what upstream's client records of the same program; floats that all lie in 0 to 1 give a warning, once.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.loading import loading
from wandb.media.values import need
from wandb.sdk.lib.interruption import is_from_signal_handler
from wandb.sdk.lib.json_arrays import tensor_on_host
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Tuple

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class Encoded(NamedTuple):
    """The bytes of a picture's file, as they are: nobody has to open it for its size."""

    data: bytes
    width: int
    height: int
    format: str


def pillow() -> Any:
    """Pillow's module of pictures, with the usual formats, which it loads at their first use."""
    module = need("PIL.Image", "wandb.Image", "pillow")
    with loading():
        module.preinit()
    return module


def array_of(data: Any) -> Any:
    """An array or tensor as a numpy array in main memory. Raises UsageError if it is neither, or has no values here."""
    if not (hasattr(type(data), "__array__") or hasattr(type(data), "numpy")):
        raise ArgumentTypeError(f"An array or a tensor is needed, not {type(data).__name__}.")
    numpy = need("numpy", "an array")
    try:
        if _is_tensor(data):
            return tensor_on_host(data).numpy()
        array = numpy.asarray(data if hasattr(type(data), "__array__") else data.numpy())
    except Exception as error:  # whatever its library raises: a tensor without values, a device that is gone
        if is_from_signal_handler(error):
            raise
        raise ArgumentValueError(f"This {type(data).__name__} can't be read as an array: {error}") from error
    if array.dtype.type.__module__ != "ml_dtypes":
        return array
    # bfloat16, int4…: numpy keeps them, but can't calculate with them.
    return array.astype("int8" if "int" in array.dtype.name else "float32")


def array_from(data: Any) -> Any:
    """The same, also of lists of numbers, of lists, or of tensors. Raises UsageError for what can't be one array."""
    if hasattr(type(data), "__array__"):
        return array_of(data)
    numpy = need("numpy", "an array")
    if isinstance(data, (list, tuple)):
        data = [array_of(item) if _is_tensor(item) else item for item in data]
    try:
        return array_of(numpy.asarray(data))
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentValueError(f"This {type(data).__name__} can't be read as an array: {error}") from error


def _is_tensor(data: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(data, torch.Tensor)


def _is_plain_tensor(data: Any) -> bool:
    return type(data) is sys.modules["torch"].Tensor


def picture_of_array(data: Any, mode: str | None, file_type: str) -> Any:
    """A picture from an array of height, width and maybe channels; tensors of torch have the channels first.

    Those of a class that is derived from torch's (fastai's, torchvision's) have them last, if there are 1, 3 or 4 then.
    Axes of length 1 are dropped where there are more than two. Raises UsageError for other shapes.
    """
    array = array_of(data)
    if array.ndim == 3 and _is_tensor(data) and (_is_plain_tensor(data) or array.shape[2] not in _MODES):
        array = array.transpose(1, 2, 0)
    if array.ndim > 2:
        array = array.squeeze()
    guessed = mode_of(array, file_type)
    if not array.size:
        raise ArgumentValueError(f"A picture has at least one pixel; the array has the shape {list(array.shape)}.")
    picture = pillow().fromarray(_as_bytes(array).squeeze(axis=-1) if array.shape[2:] == (1,) else _as_bytes(array))
    wanted = mode or guessed
    try:
        return picture if wanted == picture.mode else picture.convert(wanted)
    except ValueError as error:
        raise ArgumentValueError(f"A picture of mode {picture.mode} can't have the mode {wanted}: {error}") from error


def mode_of(array: Any, file_type: str | None = None) -> str:
    """Pillow's mode for an array of this shape: L, RGB or RGBA (RGB for JPEG, which knows no transparency)."""
    shape = list(array.shape)
    channels = 1 if len(shape) == 2 else shape[-1] if len(shape) == 3 else 0
    if channels not in _MODES:
        raise ArgumentValueError(
            f"The array has the shape {shape}; a picture is [height, width] or [height, width, 1, 3 or 4 channels]."
        )
    if channels == 4 and file_type in ("jpg", "jpeg"):
        termwarn("JPEG format does not support transparency. Ignoring alpha channel.", repeat=False)
        return "RGB"
    return _MODES[channels]


def _as_bytes(array: Any) -> Any:
    numpy = need("numpy", "wandb.Image")
    if array.dtype == numpy.uint8:
        return array
    if array.dtype.kind == "f":
        with numpy.errstate(all="ignore"):
            if array.min() >= 0 and 0 < array.max() <= 1:
                termwarn(
                    "An image of floats between 0 and 1 is all but black: values are taken as 0 to 255. Multiply them.",
                    repeat=False,
                )
    try:
        with numpy.errstate(all="ignore"):  # its warnings of NaN and infinity would go to the user's stderr
            return (array.real if array.dtype.kind == "c" else array).astype(numpy.uint8)
    except (TypeError, ValueError) as error:
        raise ArgumentValueError(f"An array of {array.dtype} is no picture: {error}") from error


def is_figure(data: Any) -> bool:
    """Whether it is something of matplotlib that has a picture: a figure, axes, or pyplot itself."""
    kinds = type(data).__mro__
    return data is _pyplot() or any(str(kind.__module__).partition(".")[0] == "matplotlib" for kind in kinds)


def _pyplot() -> Any:
    """The module, if it is loaded; else something that nobody has."""
    return sys.modules.get("matplotlib.pyplot", _MODES)


def figure_of(data: Any) -> Any:
    """The figure: of pyplot the current one, of axes and other artists the one that they are in."""
    if data is _pyplot():
        return data.gcf()
    found = data if hasattr(data, "savefig") else getattr(data, "figure", None)
    if found is None:
        raise ArgumentTypeError(f"A figure of matplotlib is needed; this {type(data).__name__} is in none.")
    return found


def picture_of_figure(data: Any) -> Any:
    """A picture as the figure draws itself."""
    from io import BytesIO

    buffer = BytesIO()
    figure_of(data).savefig(buffer, format="png")
    return pillow().open(buffer, formats=["PNG"])


def encoded(picture: Any, file_type: str) -> bytes:
    """The file of a picture. Raises UsageError if that kind of file can't hold it."""
    from io import BytesIO

    buffer = BytesIO()
    try:
        picture.save(buffer, format={"jpg": "jpeg"}.get(file_type, file_type), transparency=None)
    except (OSError, ValueError, KeyError) as error:
        raise ArgumentValueError(f"A picture of mode {picture.mode} can't be a {file_type} file: {error}") from error
    return buffer.getvalue()


def size_of(picture: Any) -> Tuple[int, int]:
    """Width and height in pixels."""
    return int(picture.width), int(picture.height)


class UnreadablePicture(ArgumentValueError, OSError):
    """A file that is no picture; an OSError as Pillow's own, which programs expect of a damaged data set."""


def size_of_file(path: str) -> Tuple[int, int]:
    """Width and height of the picture in a file, in pixels. Raises UsageError if it is none."""
    module = pillow()
    try:
        with loading():  # the rest of its formats
            picture = module.open(path)
        with picture:
            return size_of(picture)
    except module.DecompressionBombError as error:
        raise ArgumentValueError(f"{path}: {error} PIL.Image.MAX_IMAGE_PIXELS = None takes any.") from error
    except OSError as error:
        raise UnreadablePicture(f"{path} is no picture that Pillow can read: {error}") from error
