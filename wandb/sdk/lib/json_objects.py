"""What is in objects that are no plain data, as plain Python containers; see json_values.py."""

from __future__ import annotations

import sys

from wandb.sdk.lib.json_texts import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List


def attributes_of(value: Any) -> Dict[Any, Any] | None:
    """The fields of a dataclass instance, a namespace or a pydantic model; None for everything else."""
    kind: Any = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        from dataclasses import fields

        return {field.name: getattr(value, field.name) for field in fields(kind) if hasattr(value, field.name)}
    if (kind.__module__, kind.__name__) in (("argparse", "Namespace"), ("types", "SimpleNamespace")):
        return dict(vars(value))
    if hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
        return dict(value.model_dump())
    return None


def without_omegaconf(container: Any) -> Any:
    """The plain dicts and lists of a container of omegaconf's, with its interpolations if they can be resolved."""
    to_container = sys.modules["omegaconf"].OmegaConf.to_container
    try:
        return to_container(container, resolve=True)
    except Exception:  # an interpolation that can't be resolved; its text is better than nothing
        return to_container(container, resolve=False)


def ordered(items: Any) -> List[Any]:
    """The items of a set in an order that is the same in every process."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, text_of(item)))
