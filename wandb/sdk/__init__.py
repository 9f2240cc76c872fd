"""What runs inside the user's processes; the public face is `wandb` itself."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def __getattr__(name: str) -> Any:
    # Programs write `wandb.sdk.wandb_run.Run` after a plain `import wandb`.
    from importlib import import_module

    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return import_module(f"wandb.sdk.{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"module 'wandb.sdk' has no attribute {name!r}") from None
