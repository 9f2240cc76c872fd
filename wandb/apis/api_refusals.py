"""What `wandb.Api` of a server has by name only: each says so where it is called."""

from __future__ import annotations

from typing import Any, Callable

from wandb.errors import UnsupportedError

# What it would need -> names.
_REFUSED = {
    "automations": "automation automations create_automation delete_automation update_automation",
    "charts that are kept at the server": "create_custom_chart",
    "integrations with chats and hooks": "integrations slack_integrations webhook_integrations",
    "Launch, its queues and jobs": "create_run_queue job list_jobs queued_run run_queue upsert_run_queue",
    "registries": "create_registry registries registry",
    "reports": "reports",
    "sending of event files (`wandb.init(sync_tensorboard=True)` records them as they are written)": "sync_tensorboard",
    "the administration of people and teams": "create_team create_user organization team",
}


def _refusal(name: str, reason: str) -> Callable[..., Any]:
    def refuse(self: object, *args: object, **kwargs: object) -> Any:
        raise UnsupportedError(f"Api.{name}: this package does not do {reason}.")

    refuse.__name__ = name
    refuse.__doc__ = f"`Api.{name}`: raises UnsupportedError; this package does not do {reason}."
    return refuse


class ApiRefusals:
    """Mixed into the Api."""


for _reason, _names in _REFUSED.items():
    for _name in _names.split():
        setattr(ApiRefusals, _name, _refusal(_name, _reason))
