"""What earlier calls decided for all later runs of this process: `wandb.login` and `wandb.setup`."""

from __future__ import annotations

from wandb.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from wandb.settings import Settings

# Values that a person's answer to `login` set: `base_url`, `mode`.
from_login: Dict[str, Any] = {}
_from_setup: Dict[str, Any] = {}


def set_up(settings: Settings) -> None:
    """Take what `wandb.setup` was given; it wins over `login`."""
    _from_setup.update(settings.to_dict(explicit_only=True))


def layer() -> Dict[str, Any]:
    """Both, as a layer for `settings.resolve`."""
    return {**from_login, **_from_setup}


def settings() -> Settings:
    """Those of a run that says nothing else, as they would be now. Raises UsageError for what can't be."""
    with loading():
        from wandb.settings import resolve

    return resolve(None, {}, layer())
