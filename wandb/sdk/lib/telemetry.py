"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Record:
    """Takes what libraries note about themselves; nothing is sent to anybody."""

    def __getattr__(self, name: str) -> _Record:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Record()

    def __setattr__(self, name: str, value: object) -> None:
        return

    def __enter__(self) -> _Record:
        return self

    def __exit__(self, *exc: object) -> None:
        return


def context(run: Any = None, obj: Any = None) -> _Record:
    """What `with ... as tel` gives libraries to set fields of, without an effect."""
    return _Record()
