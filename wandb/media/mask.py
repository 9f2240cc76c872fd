"""`ImageMask`: an overlay of a picture in which each pixel is the number of a class; kept as a grey picture."""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media import pixels
from wandb.media.classes import check_labels
from wandb.media.content import Content
from wandb.media.values import Media, checked_path, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.media.values import Target

_NUMBERS = "biuf"  # by numpy's kinds


class ImageMask(Media):
    """A mask over a picture."""

    _log_type = "mask"
    _subdir = "media/images/mask"

    def __init__(self, val: Dict[str, Any], key: str) -> None:
        """`val`: `mask_data`, an array [height, width] of numbers from 0 to 255, or `path`, a picture of them; and
        maybe `class_labels`, number -> name. `key`: the name of the mask.
        """
        super().__init__()
        self._key = key
        self._labels: Dict[str, str] | None = None
        array = _checked(val)
        labels = val.get("class_labels")
        if "path" in val:
            path = checked_path(os.fspath(val["path"]))
            self._set_content(Content(path, os.path.splitext(path)[1]))
        else:
            if not labels:
                numpy = need("numpy", "ImageMask")
                labels = {number: f"class_{number}" for number in numpy.unique(array).astype(numpy.int32).tolist()}
            picture = pixels.pillow().fromarray(array.astype("uint8"))
            self._set_content(Content(pixels.encoded(picture, "png"), ".mask.png"))
        if labels:
            self._labels = {str(number): name for number, name in labels.items()}

    @classmethod
    def type_name(cls) -> str:
        """Its name in the JSON of a row."""
        return "mask"

    def validate(self, val: Dict[str, Any]) -> bool:
        """Whether it is what a mask has to be; UsageError with the first thing that is not."""
        _checked(val)
        return True

    def _artifact_json(self, artifact: Any) -> Dict[str, Any]:
        return {**super()._artifact_json(artifact), "_type": self.type_name()}

    def bind_to_run(
        self, run: Target, key: Any, step: Any, id_: Any = None, ignore_copy_err: bool | None = None
    ) -> None:
        """Write the file into the run's folder."""
        super().bind_to_run(run, key, step, id_)
        self.tell_labels(run, f"{key}_wandb_delimeter_{self._key}")

    def tell_labels(self, run: Target, key: str) -> None:
        """Let the run know the names of the classes."""
        if self._labels:
            run._media_labels("mask/class_labels", key, self._labels)


def _checked(val: Any) -> Any:
    """The array of a mask, None if it is in a file."""
    if not isinstance(val, dict) or not ("mask_data" in val or "path" in val):
        raise ArgumentValueError("A mask is a dict with `mask_data`, an array, or with `path`, a picture.")
    check_labels(val.get("class_labels"))
    if "path" in val:
        return None
    array = pixels.array_of(val["mask_data"])
    if array.ndim != 2:
        raise ArgumentTypeError(f"mask_data must be a 2D array, not one of shape {list(array.shape)}.")
    if not array.size:
        raise ArgumentValueError(f"A mask has at least one pixel; this one has the shape {list(array.shape)}.")
    if array.dtype.kind not in _NUMBERS or not (0 <= array.min() <= array.max() <= 255):
        raise ArgumentTypeError("Mask data must be integers between 0 and 255.")
    return array
