"""Images in artifacts and tables: the names of their classes, as entries and as the type of a column."""

from __future__ import annotations

import json
from hashlib import md5

from wandb.media.classes import Classes, number_of
from wandb.media.media_type import MediaType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Union


def add_classes(
    artifact: Any, classes: Union[Classes, None], masks: Mapping[str, Any], boxes: Mapping[str, Any]
) -> Dict[str, Any]:
    """Make the names of all classes an entry of the artifact; what the image's JSON says of it, if there are any."""
    names = _names_of(classes, masks, boxes)
    if not names:
        return {}
    found = Classes([{"id": number, "name": name} for number, name in names.items()])
    content = json.dumps(found.to_json(artifact), sort_keys=True).encode("utf-8")  # the form of an artifact's entries
    path = f"media/classes/{md5(str(found._class_set).encode('utf-8')).hexdigest()}_cls.classes.json"
    if path not in artifact.manifest.entries:
        with artifact.new_file(path, mode="wb") as file:
            file.write(content)
    digest = artifact.manifest.entries[path].digest
    return {"classes": {"type": "classes-file", "path": path, "digest": digest}}


def _names_of(classes: Union[Classes, None], masks: Mapping[str, Any], boxes: Mapping[str, Any]) -> Dict[float, str]:
    """The names of all classes by their numbers; of names for the same one the last counts, those given above all."""
    names: Dict[float, str] = {}
    for overlay in (*boxes.values(), *masks.values()):
        names.update((number_of(number), name) for number, name in (overlay._labels or {}).items())
    names.update(classes.names() if classes is not None else {})
    return names


def column_type_of(classes: Union[Classes, None], masks: Mapping[str, Any], boxes: Mapping[str, Any]) -> MediaType:
    """What a column of such images says of the classes in them."""
    known = {
        "box_layers": {name: _numbers(box._labels) for name, box in boxes.items()},
        "box_score_keys": sorted({key for box in boxes.values() for key in box.score_names()}),
        "box_class_maps": {name: box._labels for name, box in boxes.items()},
        "mask_layers": {name: _numbers(mask._labels or {}) for name, mask in masks.items()},
        "mask_class_maps": {name: mask._labels or {} for name, mask in masks.items()},
        "class_map": {str(number): name for number, name in _names_of(classes, masks, boxes).items()},
    }
    constants = {
        name: {"wb_type": "const", "params": {"val": value, "is_set": name == "box_score_keys"}}
        for name, value in known.items()
    }
    return MediaType("image-file", constants)


def _numbers(labels: Mapping[str, str]) -> List[float]:
    """The numbers of classes, in the order of a set of them, as digests of existing tables have it."""
    return list({number_of(label) for label in labels})


def overlays_from(json_obj: Mapping[str, Any], artifact: Any) -> Dict[str, Any]:
    """The masks, boxes and classes of an image, as the arguments that made them."""
    found: Dict[str, Any] = {}
    names: Dict[float, str] = {}
    if "classes" in json_obj:
        classes = Classes.from_json(_json_of(artifact, json_obj["classes"]["path"]), artifact)
        found["classes"], names = classes, classes.names()
    if "masks" in json_obj:
        paths = {name: artifact.get_entry(mask["path"]).download() for name, mask in json_obj["masks"].items()}
        found["masks"] = {name: {"path": path, "class_labels": names} for name, path in paths.items()}
    if "boxes" in json_obj:
        found["boxes"] = {name: {"box_data": boxes, "class_labels": names} for name, boxes in json_obj["boxes"].items()}
    return found


def _json_of(artifact: Any, path: str) -> Any:
    with open(artifact.get_entry(path).download(), encoding="utf-8") as file:
        return json.load(file)
