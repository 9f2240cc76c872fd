"""An experiment tracker that never hurts the training: programs written for `wandb` run unchanged.

Importing this changes nothing in the process and loads no third-party module; every public name is resolved at
its first use, by the tables of `wandb.sdk.public`. An independent fork, not affiliated with the vendor.
"""

from __future__ import annotations

from wandb.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

    from wandb.errors import CommError, Error, UsageError
    from wandb.sdk.alert_level import AlertLevel
    from wandb.sdk.attach import attach
    from wandb.sdk.config import Config
    from wandb.sdk.init import init, setup, teardown
    from wandb.sdk.lib.terminal import termerror, termlog, termsetup, termwarn
    from wandb.sdk.login import login
    from wandb.sdk.public import (
        alert,
        define_metric,
        ensure_configured,
        finish,
        join,
        log,
        mark_preempting,
        pin_config_keys,
        require,
        save,
    )
    from wandb.sdk.run import Run
    from wandb.sdk.summary import Summary
    from wandb.settings import Settings

    config: Config
    run: Run | None
    summary: Summary

__all__ = [
    "AlertLevel",
    "CommError",
    "Config",
    "Error",
    "Run",
    "Settings",
    "Summary",
    "UsageError",
    "__version__",
    "alert",
    "attach",
    "config",
    "define_metric",
    "ensure_configured",
    "finish",
    "init",
    "join",
    "log",
    "login",
    "mark_preempting",
    "pin_config_keys",
    "require",
    "run",
    "save",
    "setup",
    "summary",
    "teardown",
    "termerror",
    "termlog",
    "termsetup",
    "termwarn",
]


def __getattr__(name: str) -> Any:
    from wandb.sdk.public import resolve

    return resolve(name, globals())


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
