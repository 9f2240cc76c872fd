"""Older import path; see ARCHITECTURE.md, "Aliases"."""

from __future__ import annotations

from wandb.sdk.config import config_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Sequence


def parse_config(
    params: Any, exclude: Sequence[str] | None = None, include: Sequence[str] | None = None
) -> Dict[str, Any]:
    """`params` as `wandb.init(config=...)` takes them, as a dict, with or without some of the keys."""
    return dict(config_from(params, include, exclude))
