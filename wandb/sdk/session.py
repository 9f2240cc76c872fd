"""What earlier calls decided for all later runs of this process: `wandb.login` and `wandb.setup`."""

from __future__ import annotations

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
