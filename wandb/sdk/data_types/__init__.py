"""Older import paths of the data classes, one module each; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.sdk.not_yet import fill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_MODULES = (
    "audio", "base_types", "bokeh", "graph", "helper_types", "histogram", "html", "image", "molecule", "object_3d",
    "plotly", "table", "trace_tree", "video",
)  # fmt: skip

fill(__name__)


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
