"""Older import path of functions that programs call; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

import json
import os
import secrets
import string
import sys

from wandb.artifacts.names import safe_name as make_artifact_name_safe
from wandb.errors import UsageError
from wandb.sdk.lib.ids import generate_id as generate_id
from wandb.sdk.lib.json_arrays import HISTOGRAM_ABOVE
from wandb.sdk.lib.json_values import dumps as json_dumps_safer
from wandb.sdk.lib.json_values import dumps as json_dumps_safer_history
from wandb.sdk.lib.json_values import kept_key, to_json_value
from wandb.settings import Settings
from wandb.settings_fields import NO_PROJECT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Mapping, Sequence, TextIO, Tuple

    Units = List[Tuple[str, int]]

__all__ = [
    "POW_2_BYTES",
    "POW_10_BYTES",
    "VALUE_BYTES_LIMIT",
    "WandBHistoryJSONEncoder",
    "WandBJSONEncoder",
    "alias_is_version_index",
    "app_url",
    "auto_project_name",
    "downsample",
    "ensure_matplotlib_figure",
    "from_human_size",
    "generate_id",
    "get_full_typename",
    "get_module",
    "get_optional_module",
    "has_num",
    "is_matplotlib_typename",
    "is_numpy_array",
    "is_pandas_data_frame",
    "is_pytorch_tensor",
    "is_tf_tensor",
    "is_uri",
    "json_dump_safer",
    "json_dumps_safer",
    "json_dumps_safer_history",
    "json_friendly",
    "json_friendly_val",
    "load_yaml",
    "make_artifact_name_safe",
    "make_safe_for_json",
    "random_string",
    "to_forward_slash_path",
    "to_human_size",
    "to_native_slash_path",
]  # fmt: skip

_PREFIXES = ("K", "M", "G", "T", "P", "E")
POW_10_BYTES: Units = [("B", 1), *((f"{name}B", 1000**power) for power, name in enumerate(_PREFIXES, 1))]
POW_2_BYTES: Units = [("B", 1), *((f"{name}iB", 1024**power) for power, name in enumerate(_PREFIXES, 1))]
VALUE_BYTES_LIMIT = 100_000
_KEPT = (str, int, dict, list, tuple, frozenset, complex, slice, type(None))


def json_friendly(obj: Any, *, preserve_numpy_nan: bool = False) -> Tuple[Any, bool]:
    """The value as JSON can have it, and whether that is another one; what is in it stays as it is."""
    if preserve_numpy_nan and _is_of(obj, "numpy", "floating") and obj != obj:
        return float(obj), True
    if type(obj) in _KEPT or hasattr(obj, "__dataclass_fields__") or hasattr(obj, "__fspath__"):
        return obj, False
    if isinstance(obj, set):
        return tuple(obj), True
    if is_numpy_array(obj) and obj.size > HISTOGRAM_ABOVE:
        return obj, True  # printed as it is
    plain = to_json_value(obj, for_config=True)
    return plain, type(plain) is not type(obj) or plain != obj


def json_friendly_val(val: Any) -> Any:
    """The value as the config has it, with all that is in it."""
    return to_json_value(val, for_config=True, named=kept_key)


def make_safe_for_json(obj: Any) -> Any:
    """Numbers that JSON has none for as text, in dicts and lists too; everything else as it is."""
    if isinstance(obj, dict):
        return {key: make_safe_for_json(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple, bytes)):
        return [make_safe_for_json(value) for value in obj]
    if isinstance(obj, float) and obj - obj != 0:
        return "NaN" if obj != obj else "Infinity" if obj > 0 else "-Infinity"
    return obj


class WandBJSONEncoder(json.JSONEncoder):
    """For `json.dumps(…, cls=…)`: takes whatever the summary takes."""

    def default(self, obj: Any) -> Any:
        return to_json_value(obj, for_summary=True)


class WandBHistoryJSONEncoder(json.JSONEncoder):
    """The same for rows: large arrays are histograms."""

    def default(self, obj: Any) -> Any:
        return to_json_value(obj)


def json_dump_safer(obj: object, fp: TextIO) -> None:
    """Write the JSON text of any value."""
    fp.write(json_dumps_safer(obj))


def load_yaml(file: Any) -> Any:
    """What is in an open file of YAML."""
    import yaml

    return yaml.safe_load(file)


def get_module(name: str, required: str | None = None, lazy: bool = True) -> Any:
    """Import a module by name; if it is not there, None, or a UsageError with the text of `required`."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        if required:
            raise UsageError(required) from error
        return None


def get_optional_module(name: str) -> Any:
    """A module by name; None if it is not there."""
    return get_module(name)


def get_full_typename(o: Any) -> str:
    """The name of the value's class, with its module."""
    return f"{type(o).__module__}.{type(o).__qualname__}"


def is_matplotlib_typename(typename: str) -> bool:
    """Whether this is the name of one of matplotlib's classes."""
    return typename.startswith("matplotlib.")


def _is_of(obj: Any, library: str, name: str) -> bool:
    """Whether it is of this class of a library, which is loaded then."""
    module = sys.modules.get(library)
    return module is not None and isinstance(obj, getattr(module, name))


def is_numpy_array(obj: Any) -> bool:
    """Whether it is an array of numpy."""
    return _is_of(obj, "numpy", "ndarray")


def is_pandas_data_frame(obj: Any) -> bool:
    """Whether it is a data frame of pandas."""
    return _is_of(obj, "pandas", "DataFrame")


def is_pytorch_tensor(obj: Any) -> bool:
    """Whether it is a tensor of torch."""
    return _is_of(obj, "torch", "Tensor")


def is_tf_tensor(obj: Any) -> bool:
    """Whether it is a tensor of TensorFlow."""
    return _is_of(obj, "tensorflow", "Tensor")


def ensure_matplotlib_figure(obj: Any) -> Any:
    """The figure of a figure, of its axes, or of pyplot. Raises UsageError for what is none."""
    from wandb.media.pixels import figure_of

    return figure_of(obj)


def to_human_size(size: int, units: Units | None = None) -> str:
    """A number of bytes for people."""
    units = units or POW_10_BYTES
    name, factor = units[max(power for power in range(len(units)) if not power or size >= 1024**power)]
    return f"{round(size / factor, 1)}{name}"


def from_human_size(size: str, units: Units | None = None) -> int:
    """The number of bytes that is meant by `10`, `10B`, `1.5 MB`. Raises UsageError for a text that is no size."""
    from wandb.artifacts.sizes import bytes_of

    return bytes_of(size)


def downsample(values: Sequence[Any], target_length: int) -> List[Any]:
    """So many of the values, evenly spread, with the first and the last. Raises UsageError for fewer than two."""
    if target_length < 2:
        raise UsageError("target_length must be > 1")
    if len(values) < target_length:
        return list(values)
    ratio = (len(values) - 1) / (target_length - 1)
    return [values[int(number * ratio)] for number in range(target_length - 1)] + [values[-1]]


def has_num(dictionary: Mapping[Any, Any], key: Any) -> bool:
    """Whether a number stands under the key."""
    import numbers

    return isinstance(dictionary.get(key), numbers.Number)


def auto_project_name(program: str | None) -> str:
    """The project of runs that name none."""
    return NO_PROJECT


def app_url(api_url: str) -> str:
    """The address of the pages for people that belong to a server's address."""
    return str(Settings(base_url=api_url).app_url)


def is_uri(string: str) -> bool:
    """Whether the text begins with a scheme, as `https:`."""
    from urllib.parse import urlsplit

    return bool(urlsplit(string).scheme)


def alias_is_version_index(alias: str) -> bool:
    """Whether an alias of an artifact is one of `v0`, `v1`…"""
    return alias[:1] == "v" and alias[1:].isnumeric()


def random_string(length: int = 12) -> str:
    """So many random letters and digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


def to_forward_slash_path(path: str) -> str:
    """A path of this system with `/` between its parts."""
    return path.replace(os.sep, "/")


def to_native_slash_path(path: str) -> str:
    """A path with `/` between its parts as one of this system."""
    return path.replace("/", os.sep)
