"""`BoundingBoxes2D`: a set of boxes over a picture, checked when it is made and kept as a JSON file."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media.classes import check_labels
from wandb.media.content import Content
from wandb.media.values import Media, is_artifact, json_bytes, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

    from wandb.media.values import Target

_CORNERS = ("minX", "maxX", "minY", "maxY")
_MIDDLE = ("middle", "width", "height")


class BoundingBoxes2D(Media):
    """Boxes over a picture."""

    _log_type = "bounding-boxes"
    _subdir = "media/metadata/boxes2D"

    def __init__(self, val: Dict[str, Any], key: str) -> None:
        """`val`: `box_data`, a list of boxes, and maybe `class_labels`, number -> name; `key`: the name of the set.

        A box has a `position` (minX, maxX, minY, maxY; or middle, width, height), a `class_id`, and maybe
        `scores` (name -> number), `box_caption` and `domain` ("pixel"; otherwise parts of the picture's size).
        """
        super().__init__()
        self._key = key
        self._val = plain(val)
        self.validate(self._val)
        labels = self._val.get("class_labels")
        numbers = [box["class_id"] for box in self._val["box_data"]]
        self._labels = {str(k): v for k, v in labels.items()} if labels else {str(n): f"class_{n}" for n in numbers}
        self._set_content(Content(json_bytes(self._val), ".boxes2D.json"))

    @classmethod
    def type_name(cls) -> str:
        """Its name in the JSON of a row."""
        return "boxes2D"

    def validate(self, val: Dict[str, Any]) -> bool:
        """Whether it is what a set of boxes has to be; UsageError with the first thing that is not."""
        boxes = val.get("box_data") if isinstance(val, dict) else None
        if not isinstance(boxes, list):
            raise ArgumentTypeError("Boxes are a dict with `box_data`, a list of boxes.")
        check_labels(val.get("class_labels"))
        for box in boxes:
            _check(box)
        return True

    def bind_to_run(
        self, run: Target, key: Any, step: Any, id_: Any = None, ignore_copy_err: bool | None = None
    ) -> None:
        """Write the file into the run's folder."""
        super().bind_to_run(run, key, step, id_)
        self.tell_labels(run, f"{key}_wandb_delimeter_{self._key}")

    def score_names(self) -> List[str]:
        """The names of the scores that the boxes have."""
        return [name for box in self._val["box_data"] for name in box.get("scores") or {}]

    def tell_labels(self, run: Target, key: str) -> None:
        """Let the run know the names of the classes."""
        run._media_labels("bounding_box/class_labels", key, self._labels)

    def to_json(self, run_or_artifact: Any) -> Any:
        """In a run the JSON of the file, in an artifact the boxes themselves."""
        if is_artifact(run_or_artifact):
            return self._val["box_data"]
        return {**super().to_json(run_or_artifact), "_type": self.type_name()}


def _check(box: Any) -> None:
    position = box.get("position") if isinstance(box, dict) else None
    if not (isinstance(position, dict) and (_has_numbers(position, _CORNERS) or _is_middle(position))):
        raise ArgumentTypeError(
            "Each box must have a `position` with the numbers minX, maxX, minY and maxY, or middle, width and height."
        )
    if "class_id" not in box:
        raise ArgumentValueError("Each box must have a `class_id`, an integer.")
    if not _is_integer(box["class_id"]):
        raise ArgumentTypeError("A box's class_id must be an integer.")
    scores = box.get("scores") or {}
    if not (isinstance(scores, dict) and all(_is_number(score) for score in scores.values())):
        raise ArgumentTypeError(
            "A box's scores must be a dictionary of names to numbers: a score value must be a number."
        )
    if not isinstance(box.get("box_caption", ""), str):
        raise ArgumentTypeError("A box's caption must be a string.")


def _is_middle(position: Dict[str, Any]) -> bool:
    middle = position.get("middle")
    pair = isinstance(middle, (list, tuple)) and len(middle) == 2 and all(_is_number(part) for part in middle)
    return pair and _has_numbers(position, _MIDDLE[1:])


def _has_numbers(position: Dict[str, Any], names: Any) -> bool:
    return all(_is_number(position.get(name)) for name in names)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _is_integer(value: object) -> bool:
    return isinstance(value, int)
