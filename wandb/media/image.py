"""`wandb.Image`: a picture from an array, a tensor, a figure, Pillow or a file; with masks, boxes and classes."""

from __future__ import annotations

import os

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.loading import loading
from wandb.media import pixels
from wandb.media.boxes import BoundingBoxes2D
from wandb.media.classes import Classes
from wandb.media.content import Content
from wandb.media.mask import ImageMask
from wandb.media.values import BatchableMedia, checked_path, is_artifact, need
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Sequence, Union

    from wandb.media.column_types import ColumnType
    from wandb.media.values import Media, Target

_FILE_TYPES = ("png", "jpg", "jpeg", "bmp")


class Image(BatchableMedia):
    """A picture. It is encoded when it is made, so what it was made from may change or go afterwards."""

    MAX_ITEMS = 108
    MAX_DIMENSION = 65500
    _log_type = "image-file"
    _subdir = "media/images"

    format: str | None

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Union[Classes, Sequence[Dict[str, Any]], None] = None,
        boxes: Union[Mapping[str, Any], None] = None,
        masks: Union[Mapping[str, Any], None] = None,
        file_type: str | None = None,
    ) -> None:
        """Make a picture.

        `data_or_path`: numpy array or tensor ([height, width] or [height, width, channels], of torch [channels,
        height, width]; 1, 3 or 4 channels, values 0 to 255), Pillow image, matplotlib figure, path, or another Image.
        `mode`: Pillow's mode for arrays, guessed from the shape if not given. `file_type`: png (default), jpg, jpeg
        or bmp. `boxes` and `masks`: name -> what `BoundingBoxes2D` and `ImageMask` take. `classes`: a list of
        {"id": int, "name": str}. Raises UsageError for what is no picture.
        """
        super().__init__(caption)
        self._width: int | None = None
        self._height: int | None = None
        self.format = None
        self._grouping = grouping
        self._classes: Classes | None = None
        self._boxes: Dict[str, BoundingBoxes2D] | None = None
        self._masks: Dict[str, ImageMask] | None = None
        if isinstance(data_or_path, Image):
            self._take_from(data_or_path)
        elif isinstance(data_or_path, pixels.Encoded):
            self._width, self._height, self.format = data_or_path.width, data_or_path.height, data_or_path.format
            self._set_content(Content(data_or_path.data, f".{self.format}"))
        elif isinstance(data_or_path, (str, os.PathLike)):
            self._take_file(os.fspath(data_or_path))
        else:
            self._take_data(data_or_path, mode, file_type)
        self._annotate(classes, boxes, masks)

    def _take_from(self, other: Image) -> None:
        for name in (
            "_caption",
            "_content",
            "_address",
            "_width",
            "_height",
            "format",
            "_grouping",
            "_classes",
            "_boxes",
            "_masks",
        ):
            setattr(self, name, getattr(other, name))

    def _take_file(self, path: str) -> None:
        self.format = os.path.splitext(path)[1][1:]
        if self.path_is_reference(path):
            self._address = path
            return
        self._width, self._height = pixels.size_of_file(checked_path(path))
        self._set_content(Content(path, os.path.splitext(path)[1]))

    def _take_data(self, data: Any, mode: str | None, file_type: str | None) -> None:
        if file_type is not None and file_type not in _FILE_TYPES:
            raise ArgumentValueError(f"file_type must be one of {list(_FILE_TYPES)}, not {file_type!r}.")
        self.format = file_type or "png"
        if pixels.is_figure(data):
            picture = pixels.picture_of_figure(data)
        elif isinstance(data, pixels.pillow().Image):
            picture = data
        else:
            picture = self._picture_of(data, mode)
        self._width, self._height = pixels.size_of(picture)
        self._set_content(Content(pixels.encoded(picture, self.format), f".{self.format}"))

    def _picture_of(self, data: Any, mode: str | None) -> Any:
        try:
            return pixels.picture_of_array(data, mode, self.format or "png")
        except ArgumentTypeError as error:
            kinds = "an array, a tensor, a Pillow image, a matplotlib figure or a path"
            raise ArgumentTypeError(f"wandb.Image is made from {kinds}, not from {type(data).__name__}.") from error

    def _annotate(self, classes: Any, boxes: Any, masks: Any) -> None:
        if classes is not None:
            self._classes = classes if isinstance(classes, Classes) else Classes(classes)
        if boxes:
            if not isinstance(boxes, dict):
                raise ArgumentValueError('Images "boxes" argument must be a dictionary of name -> boxes.')
            self._boxes = {
                key: value if isinstance(value, BoundingBoxes2D) else BoundingBoxes2D(value, key)
                for key, value in boxes.items()
            }
        if masks:
            if not isinstance(masks, dict):
                raise ArgumentValueError('Images "masks" argument must be a dictionary of name -> mask.')
            self._masks = {
                key: value if isinstance(value, ImageMask) else ImageMask(value, key) for key, value in masks.items()
            }

    @property
    def image(self) -> Any:
        """The picture, as one of Pillow's; None if it is kept elsewhere."""
        if self._content is None:
            return None
        from io import BytesIO

        return pixels.pillow().open(BytesIO(self._content.read()))

    def guess_mode(self, data: Any, file_type: str | None = None) -> str:
        """Pillow's mode for an array: L, RGB or RGBA."""
        return pixels.mode_of(data, file_type)

    def to_data_array(self) -> List[Any]:
        """The pixels as nested lists."""
        numpy = need("numpy", "Image.to_data_array")
        pixel_lists: List[Any] = numpy.array(self.image).tolist()
        return pixel_lists

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return False
        if self._content is None or other._content is None:
            return self is other or (self._address != "" and self._address == other._address)
        mine, theirs = [(image._caption, image._grouping, image.format) for image in (self, other)]
        return mine == theirs and self._content.sha256 == other._content.sha256

    __hash__ = None  # type: ignore[assignment]  # as with lists: what compares by content is no key

    def bind_to_run(
        self,
        run: Target,
        key: Union[int, str],
        step: Union[int, str],
        id_: Union[int, str, None] = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        """Write the file, those of the masks and boxes too, into the run's folder."""
        super().bind_to_run(run, key, step, id_)
        for overlay in (*(self._boxes or {}).values(), *(self._masks or {}).values()):
            overlay.bind_to_run(run, key, step, id_)

    def to_json(self, run_or_artifact: Any) -> Dict[str, Any]:
        """The JSON of the picture's file, with size, format, grouping, masks and boxes."""
        found = super().to_json(run_or_artifact)
        return found if is_artifact(run_or_artifact) else self._described(found, run_or_artifact)

    def _described(self, found: Dict[str, Any], run_or_artifact: Any) -> Dict[str, Any]:
        found["format"] = self.format
        if self._width is not None:
            found["width"] = self._width
        if self._height is not None:
            found["height"] = self._height
        if self._grouping:
            found["grouping"] = self._grouping
        for name, overlays in (("boxes", self._boxes), ("masks", self._masks)):
            if overlays:
                found[name] = _json_of(overlays, run_or_artifact)
        return found

    def column_type(self) -> ColumnType:
        """The type of a table's column of such images: with the classes of their masks and boxes."""
        with loading():
            from wandb.media.image_entries import column_type_of

        return column_type_of(self._classes, self._masks or {}, self._boxes or {})

    @classmethod
    def class_type(cls) -> ColumnType:
        """The same, of images of which nothing is known."""
        with loading():
            from wandb.media.image_entries import column_type_of

        return column_type_of(None, {}, {})

    def _artifact_json(self, artifact: Any) -> Dict[str, Any]:
        with loading():
            from wandb.media.image_entries import add_classes

        found = self._described(super()._artifact_json(artifact), artifact)
        return {**found, **add_classes(artifact, self._classes, self._masks or {}, self._boxes or {})}

    @classmethod
    def from_json(cls, json_obj: Dict[str, Any], source_artifact: Any) -> Image:
        """The image back from an artifact, with its masks and boxes."""
        with loading():
            from wandb.media.image_entries import overlays_from

        path = source_artifact.get_entry(json_obj["path"]).download()
        overlays = overlays_from(json_obj, source_artifact)
        return cls(path, caption=json_obj.get("caption"), grouping=json_obj.get("grouping"), **overlays)

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list of pictures, at most MAX_ITEMS; the JSON that stands for all of them."""
        if len(seq) > cls.MAX_ITEMS:
            termwarn(
                f"Only the first {cls.MAX_ITEMS} images of a list are logged, this one has {len(seq)}.", repeat=False
            )
        images: List[Image] = [image for image in seq[: cls.MAX_ITEMS] if isinstance(image, Image)]
        for image in images:
            image.bind_to_run(run, key, step)
        first = images[0]
        if any((image._width, image._height) != (first._width, first._height) for image in images):
            termwarn(
                "The images of a list have different sizes; a viewer shows all in that of the first.", repeat=False
            )
        found: Dict[str, Any] = {
            "_type": "images/separated",
            "width": first._width,
            "height": first._height,
            "format": first.format,
            "count": len(images),
            "filenames": [image._name for image in images],
        }
        more = {
            "captions": cls.all_captions(images),
            "all_masks": cls.all_masks(images, run, key, step),
            "all_boxes": cls.all_boxes(images, run, key, step),
        }
        return {**found, **{name: value for name, value in more.items() if value}}

    @classmethod
    def all_captions(cls, images: Sequence[Media]) -> Union[bool, Sequence[Union[str, None]]]:
        """The captions of a list; False if there are none."""
        return cls.captions(images)

    @classmethod
    def all_masks(
        cls, images: Sequence[Image], run: Any, run_key: str, step: Union[int, str]
    ) -> Union[List[Union[Dict[str, Any], None]], bool]:
        """The JSON of the masks of each picture of a list; False if there are none."""
        found = [_json_of(image._masks, run) if image._masks else None for image in images]
        return found if any(found) else False

    @classmethod
    def all_boxes(
        cls, images: Sequence[Image], run: Any, run_key: str, step: Union[int, str]
    ) -> Union[List[Union[Dict[str, Any], None]], bool]:
        """The JSON of the boxes of each picture of a list; False if there are none."""
        found = [_json_of(image._boxes, run) if image._boxes else None for image in images]
        return found if any(found) else False


def _json_of(overlays: Mapping[str, Media], run: Any) -> Dict[str, Any]:
    return {name: overlay.to_json(run) for name, overlay in overlays.items()}
