"""Parts that know only their callbacks: console, exit, terminal, values; plus a name that programs import."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULES = "config_util disabled filesystem ipython json_util paths printer runid telemetry"


class RunDisabled:
    """Kept for `isinstance` checks of libraries: nothing is ever one; a disabled run is a `Run`."""


def __getattr__(name: str) -> Any:
    # Libraries write `wandb.wandb_lib.telemetry` after a plain `import wandb`.
    from importlib import import_module

    if name not in _MODULES.split():
        raise AttributeError(f"module 'wandb.sdk.lib' has no attribute {name!r}")
    return import_module(f"wandb.sdk.lib.{name}")
