"""What the public API has by name only: each says so, and why, where it is called."""

from __future__ import annotations

from typing import Any, Callable

from wandb.errors import UnsupportedError

# What it would need -> names of `wandb.Api` of a server.
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
# Names of a run that is read from a folder.
_AT_A_SERVER = (
    "delete log_artifact logged_artifacts save stop update update_state upload_file use_artifact used_artifacts"
)


def _refusal(name: str, sentence: str) -> Callable[..., Any]:
    def refuse(self: object, *args: object, **kwargs: object) -> Any:
        raise UnsupportedError(f"{name}{sentence}")

    refuse.__name__ = name.rpartition(".")[2]
    refuse.__doc__ = f"Raises UnsupportedError: `{name}`{sentence}"
    return refuse


class ApiRefusals:
    """Mixed into the Api of a server."""


class ServerOnly:
    """Mixed into a run that is read from a folder."""


for _reason, _names in _REFUSED.items():
    for _name in _names.split():
        setattr(ApiRefusals, _name, _refusal(f"Api.{_name}", f": this package does not do {_reason}."))
for _name in _AT_A_SERVER.split():
    _sentence = " is for runs of a server; this one is only read from a folder."
    setattr(ServerOnly, _name, _refusal(f"Run.{_name}", _sentence))
