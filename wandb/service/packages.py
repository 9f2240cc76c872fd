"""What is installed where this interpreter looks for modules, as lines of a requirements.txt.

Reads the first lines of each metadata. `importlib.metadata` finds the same, but takes 10 ms to load, and reads whole
texts, of which an environment has hundreds. Format: PyPA's "Recording installed projects".
"""

from __future__ import annotations

import os
import re
import sys

from wandb.service.diary import diary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, List, Sequence

_FIELD = re.compile(r"^(Name|Version):[ \t]*(.*\S)", re.M)
_SUFFIXES = (".dist-info", ".egg-info")
_HEAD = 4096  # bytes, in which name and version nearly always stand


def requirements(path: Sequence[str] | None = None) -> List[str]:
    """`name==version` of each package, sorted; `path` is that of modules."""
    found = set()
    for entry in sys.path if path is None else path:
        for place, text in _metadata_in(entry or os.curdir):
            line = _name_and_version(text)
            if line:
                found.add(line)
            else:
                diary().warning("a package without a name or version: %s", place)
    return sorted(found, key=str.lower)


def _metadata_in(entry: str) -> Iterator[tuple[str, str]]:
    """(where, the text of its metadata or the first part of it) of the packages in a folder or an archive."""
    try:
        names = os.listdir(entry)
    except OSError:
        if os.path.isfile(entry):
            yield from _metadata_in_archive(entry)
        return
    is_egg = entry.lower().endswith(".egg")
    for name in names:
        if name.lower().endswith(_SUFFIXES) or (is_egg and name.lower() == "egg-info"):
            place = os.path.join(entry, name)
            yield place, _head_of(place)


def _metadata_in_archive(path: str) -> Iterator[tuple[str, str]]:
    from importlib.metadata import distributions

    for found in distributions(path=[path]):
        yield path, found.read_text("METADATA") or found.read_text("PKG-INFO") or ""


def _head_of(place: str) -> str:
    for name in ("METADATA", "PKG-INFO", ""):
        try:
            with open(os.path.join(place, name) if name else place, "rb", buffering=0) as file:
                head = file.read(_HEAD)
                text = _decoded(head[: head.rfind(b"\n") + 1])
                return text if _name_and_version(text) else _decoded(head + file.readall())
        except OSError:
            continue  # the other form; or none that can be read
    return ""


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _name_and_version(text: str) -> str:
    fields = dict(_FIELD.findall(text.replace("\r\n", "\n").partition("\n\n")[0]))
    return f"{fields['Name']}=={fields['Version']}" if len(fields) == 2 else ""
