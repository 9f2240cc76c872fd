"""What people name: a run, a sweep or a project, by a path with or without its owner, or by the address of its page."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from wandb.errors import ApiTypeError, ApiValueError

_KINDS = ("runs", "sweeps")


class Place(NamedTuple):
    """`kind` is "runs", "sweeps", or "" if the path does not say; what it does not name is ""."""

    entity: str
    project: str
    kind: str
    name: str


def place_of(path: str, what: str) -> Place:
    """Of `[[entity/]project/]name`, with or without `runs/` or `sweeps/` before the name. Raises ApiValueError."""
    must_be_text(path, what)
    text = unquote(urlsplit(path).path) if "://" in path else path
    parts = [part for part in text.strip("/").split("/") if part]
    kind = ""
    if len(parts) > 1 and parts[-2] in _KINDS and (len(parts) == 4 or "://" in path or path.startswith("/")):
        kind = parts.pop(-2)
    elif ":" in text and not kind and parts:
        *parts, last = parts
        parts += last.split(":", 1)
    if "://" in path:
        parts = parts[-3:]  # a server may be below a path of its host
    if not 1 <= len(parts) <= 3:
        raise ApiValueError(f"A {what} is named as entity/project/{what}, not {path!r}.")
    entity, project, name = (*[""] * (3 - len(parts)), *parts)
    return Place(entity, project, kind, name)


def must_be_text(path: Any, what: str) -> None:
    """Raises ApiTypeError for the path of a `what` that is no text."""
    if not isinstance(path, str):
        raise ApiTypeError(f"A {what} is named by a text such as entity/project, not {path!r:.200}.")


def project_place(path: str, what: str = "project") -> Place:
    """Of `[entity/]project`. Raises ApiValueError."""
    must_be_text(path, what)
    parts = [part for part in (unquote(urlsplit(path).path) if "://" in path else path).strip("/").split("/") if part]
    if "://" in path:
        parts = parts[-2:]
    if len(parts) > 2:
        raise ApiValueError(f"A {what} is named as entity/{what}, not {path!r}.")
    entity, project = (*[""] * (2 - len(parts)), *parts)
    return Place(entity, project, "", "")
