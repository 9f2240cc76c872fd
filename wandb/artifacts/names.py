"""The rules for what people name: artifacts, types, aliases, tags, metadata, and the paths inside an artifact.

Each check returns the value in the form that is kept. Raises UsageError of the kind that is a TypeError or ValueError.
"""

from __future__ import annotations

import base64
import os
import re
import zlib
from json import JSONDecoder  # not `loads`: a program may have put a quicker one into the module
from pathlib import PurePosixPath, PureWindowsPath

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.sdk.lib.json_values import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

MOST_CHARACTERS = 128
_MOST_METADATA = 100
_NAME = re.compile(r"[a-zA-Z0-9_\-.]+")
_TAG = re.compile(r"[-\w]+( +[-\w]+)*")
_RESERVED_TYPES, _RESERVED_PREFIX = ("job",), "wandb-"
_CODE, _OF_CODE = "code", "source-"


def check_name(name: Any) -> str:
    """The name of an artifact, without a version."""
    if not isinstance(name, str):
        raise ArgumentTypeError(f"The name of an artifact is text, not {type(name).__name__}.")
    if len(name) > MOST_CHARACTERS:
        raise ArgumentValueError(f"The name of an artifact has at most {MOST_CHARACTERS} characters: {name!r:.200}")
    if not _NAME.fullmatch(name):
        raise ArgumentValueError(f"The name of an artifact has letters, digits, `-`, `_` and `.` only, not {name!r}.")
    return name


def check_type(kind: Any, name: str) -> str:
    """The type of the artifact `name`; some words belong to the server's own parts."""
    if not isinstance(kind, str):
        raise ArgumentTypeError(f"The type of an artifact is text, not {type(kind).__name__}.")
    # Code is a type of the server's own too, if it is called like what `log_code` makes.
    is_reserved = kind in _RESERVED_TYPES or (kind == _CODE and name.startswith(_OF_CODE))
    if is_reserved or kind.startswith(_RESERVED_PREFIX):
        raise ArgumentValueError(f"The artifact type {kind!r} is reserved; choose another one.")
    return kind


def safe_name(name: str) -> str:
    """The name with `_` for what an artifact's name can't have, and shortened in the middle if it is too long."""
    safe = "".join(letter if _NAME.fullmatch(letter) else "_" for letter in name)
    if len(safe) <= MOST_CHARACTERS:
        return safe
    half = MOST_CHARACTERS // 2 - 1
    return f"{safe[:half]}..{safe[-half:]}"


def own_name(text: str) -> str:
    """The name of an artifact that this package makes for something called `text`, distinct for distinct texts.

    What a name can't have is left out, and a checksum of the text put behind it then.
    """
    kept = "".join(letter for letter in text if _NAME.fullmatch(letter))
    if kept == text and len(text) <= MOST_CHARACTERS:
        return kept
    checksum = base64.urlsafe_b64encode(zlib.crc32(text.encode("utf-8", "replace")).to_bytes(4, "big"))
    end = f"-{checksum.decode().rstrip('=')}"
    return kept[: MOST_CHARACTERS - len(end)] + end


def check_aliases(aliases: Any) -> List[str]:
    """Aliases, each once; one text is one alias."""
    names = _texts(aliases, "alias")
    for alias in names:
        if "/" in alias or ":" in alias:
            raise ArgumentValueError(f"An alias has no `/` and no `:`, as {alias!r} has.")
    return names


def check_tags(tags: Any) -> List[str]:
    """Tags, each once; one text is one tag."""
    names = _texts(tags, "tag")
    for tag in names:
        if not _TAG.fullmatch(tag):
            raise ArgumentValueError(f"A tag has letters, digits, `-`, `_` and spaces between them, not {tag!r}.")
    return names


def _texts(values: Any, what: str) -> List[str]:
    if values is None:
        return []
    values = [values] if isinstance(values, str) else list(values)
    for value in values:
        if not isinstance(value, str):
            raise ArgumentTypeError(f"Each {what} is text, not {type(value).__name__}.")
    return list(dict.fromkeys(values))


def check_metadata(metadata: Any) -> Dict[str, Any]:
    """A copy with JSON values only; what JSON has no number for is None."""
    if metadata is None:
        return {}
    if not isinstance(metadata, dict):
        raise ArgumentTypeError(f"The metadata of an artifact is a dictionary, not {type(metadata).__name__}.")
    if len(metadata) > _MOST_METADATA:
        raise ArgumentValueError(f"The metadata of an artifact has at most {_MOST_METADATA} keys, not {len(metadata)}.")
    return dict(JSONDecoder(parse_constant=lambda _: None).decode(dumps(metadata)))


def entry_path(name: Any) -> str:
    """The path of an entry, with `/` between its parts and nothing that leads out of the artifact.

    The same on every system: who downloads may have another one.
    """
    text = os.fspath(name)
    if not isinstance(text, str):
        raise ArgumentTypeError("The path of an artifact's entry is text, not bytes.")
    if os.sep != "/":
        text = text.replace(os.sep, "/")
    path = PurePosixPath(text)
    if "\0" in text:
        raise ArgumentValueError(f"{text!r} is no path inside an artifact: no file can have such a name.")
    if path.is_absolute() or ".." in path.parts or not path.parts or PureWindowsPath(text).drive:
        raise ArgumentValueError(f"{text!r} is no path inside an artifact: it must be relative, without `..`.")
    # A file name that is no UTF-8 has surrogates in it, which no manifest can hold.
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
