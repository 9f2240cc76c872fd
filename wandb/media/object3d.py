"""`wandb.Object3D`: points, scenes of points, boxes and vectors, and files of 3D models."""

from __future__ import annotations

import os
from typing import Dict, List, TypedDict, Union

from wandb.errors import ArgumentValueError
from wandb.loading import loading
from wandb.media.content import Content, content_of, type_in_name
from wandb.media.number_texts import numbers_json
from wandb.media.values import BatchableMedia, checked_path, json_bytes, plain
from wandb.sdk.lib.json_values import to_json_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence, Tuple

    from wandb.media.values import Target

    Corner = Tuple[float, float, float]

_SHAPES = """The shape of the numpy array must be one of
    [[x y z],       ...] nx3
    [[x y z c],     ...] nx4 where c is a category from 1 to 14
    [[x y z r g b], ...] nx6 where r g b are colours from 0 to 255"""


_BYTES_OF_FLOAT = 8  # of Python's; numpy has longer ones


class Object3D(BatchableMedia):
    """A scene or a cloud of points in 3D."""

    SUPPORTED_TYPES = frozenset(("obj", "gltf", "glb", "babylon", "stl", "pts.json"))
    SUPPORTED_POINT_CLOUD_TYPES = frozenset(("lidar/beta",))
    _log_type = "object3D-file"
    _subdir = "media/object3D"

    def __init__(self, data_or_path: Any, caption: str | None = None, **kwargs: Any) -> None:
        """`data_or_path`: points, an array of [x y z], [x y z category] or [x y z r g b]; a scene, a dict with the
        `type` "lidar/beta" and `points`, `boxes` and `vectors`; a path; or an open file together with `file_type`,
        one of SUPPORTED_TYPES. Raises UsageError for anything else.
        """
        super().__init__(caption)
        if hasattr(data_or_path, "read") or isinstance(data_or_path, (str, os.PathLike)):
            self._set_content(self._file_content(data_or_path, kwargs.get("file_type")))
        elif isinstance(data_or_path, dict) and "type" in data_or_path:
            self._set_content(Content(json_bytes(self._scene(data_or_path)), ".pts.json"))
        elif hasattr(type(data_or_path), "__array__"):
            self._set_content(Content(_text_of_points(data_or_path), ".pts.json"))
        else:
            raise ArgumentValueError(
                f"data must be a numpy array, dict or a file object, not {type(data_or_path).__name__}."
            )

    def _file_content(self, data: Any, file_type: Any) -> Content:
        known = ", ".join(sorted(self.SUPPORTED_TYPES))
        if hasattr(data, "read"):
            file_type = file_type or type_in_name(data)
            if file_type is None:
                raise ArgumentValueError("Must pass file type keyword argument when using io objects.")
            if file_type not in self.SUPPORTED_TYPES:
                raise ArgumentValueError(f"Object 3D only supports numpy arrays or files of the type: {known}")
            return Content(content_of(data), f".{file_type}")
        path = os.fspath(data)
        for kind in self.SUPPORTED_TYPES:
            if path.endswith(f".{kind}"):
                return Content(checked_path(path), f".{kind}")
        raise ArgumentValueError(f"File {path!r} is not compatible with Object3D: supported types are: {known}")

    def _scene(self, scene: Dict[str, Any]) -> Dict[str, Any]:
        if scene["type"] not in self.SUPPORTED_POINT_CLOUD_TYPES:
            raise ArgumentValueError("Type not supported, only 'lidar/beta' is currently supported")
        parts = {name: _listed(scene.get(name)) for name in ("vectors", "points", "boxes")}
        return {"type": scene["type"], **parts}

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: Union[str, None] = None) -> Object3D:
        """From a path, or from an open file of `file_type`."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """From an array of points."""
        if not hasattr(type(data), "__array__"):
            raise ArgumentValueError("`data` must be a numpy array")
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Sequence[Any],
        boxes: Sequence[Any],
        vectors: Union[Sequence[Any], None] = None,
        point_cloud_type: str = "lidar/beta",
    ) -> Object3D:
        """A scene of points, boxes (see `wandb.box3d`) and vectors ({"start": [x y z], "end": [x y z]})."""
        if point_cloud_type not in cls.SUPPORTED_POINT_CLOUD_TYPES:
            raise ArgumentValueError("Point cloud type not supported")
        with loading():
            from wandb.media.pixels import array_from

        parts = {"points": points, "boxes": boxes, "vectors": [] if vectors is None else vectors}
        return cls({"type": point_cloud_type, **{name: array_from(part) for name, part in parts.items()}})

    @classmethod
    def seq_to_json(cls, seq: Sequence[BatchableMedia], run: Target, key: str, step: Union[int, str]) -> Dict[str, Any]:
        """Write the files of a list of objects; the JSON that stands for all of them."""
        for item in seq:
            item.bind_to_run(run, key, step)
        objects = [item.to_json(run) for item in seq]
        names = [os.path.basename(item["path"]) for item in objects]
        return {"_type": "object3D", "filenames": names, "count": len(objects), "objects": objects}


class Box3D(TypedDict):
    """A box of a scene; see `box3d`."""

    corners: List[List[float]]
    color: List[int]
    label: Union[str, None]
    score: Union[int, float, None]


def box3d(
    *, center: Any, size: Any, orientation: Any, color: Any, label: Union[str, None] = None, score: Any = None
) -> Box3D:
    """A box of a scene: centre and size [x y z], orientation as a quaternion [w x y z], colour (r, g, b), 0 to 255.

    Raises UsageError for other lengths, or a quaternion of zeros.
    """
    for name, value, length in (
        ("center", center, 3),
        ("size", size, 3),
        ("orientation", orientation, 4),
        ("color", color, 3),
    ):
        if len(value) != length:
            raise ArgumentValueError(f"box3d: {name} has {length} numbers, not {len(value)}.")
    w, x, y, z = (float(part) for part in orientation)
    length = (w * w + x * x + y * y + z * z) ** 0.5
    if not length:
        raise ArgumentValueError("Unexpected zero quaternion.")
    turn = (w / length, x / length, y / length, z / length)
    signs = [(sx, sy, sz) for sx in (-1, 1) for sy in (-1, 1) for sz in (-1, 1)]
    middle = [float(part) for part in center]
    corners = []
    for sign in signs:
        offset = _turned([s * float(part) / 2 for s, part in zip(sign, size)], turn)
        corners.append([place + part for place, part in zip(middle, offset)])
    return {"corners": corners, "color": [plain(part) for part in color], "label": label, "score": plain(score)}


def _turned(point: Any, turn: Tuple[float, float, float, float]) -> Corner:
    """The point, turned by a quaternion of length 1."""
    w, x, y, z = turn
    px, py, pz = point
    return (
        (w * w + x * x - y * y - z * z) * px + 2 * (x * y - w * z) * py + 2 * (x * z + w * y) * pz,
        2 * (x * y + w * z) * px + (w * w - x * x + y * y - z * z) * py + 2 * (y * z - w * x) * pz,
        2 * (x * z - w * y) * px + 2 * (y * z + w * x) * py + (w * w - x * x - y * y + z * z) * pz,
    )


def _text_of_points(data: Any) -> bytes:
    with loading():
        from wandb.media.pixels import array_of

    points = array_of(data)
    if points.ndim != 2 or points.shape[1] not in (3, 4, 6):
        raise ArgumentValueError(f"{_SHAPES}; this one has the shape {list(points.shape)}.")
    rows = (data if hasattr(type(data), "filled") else points).tolist()  # a masked array has None where nothing is
    if points.dtype.kind in "biuf" and points.dtype.itemsize <= _BYTES_OF_FLOAT:
        return numbers_json(rows)
    return json_bytes([[to_json_value(part) for part in row] for row in rows])


def _listed(values: Any) -> Any:
    if values is None:
        return []
    return plain(values if hasattr(values, "tolist") else list(values))
