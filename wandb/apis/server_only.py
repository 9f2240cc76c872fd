"""What the public API's `Run` can do at a server only: there by name, and each says so."""

from __future__ import annotations

from typing import Any, Callable

from wandb.errors import UnsupportedError


def _at_a_server(name: str) -> Callable[..., Any]:
    def refuse(self: object, *args: object, **kwargs: object) -> Any:
        raise UnsupportedError(f"Run.{name} is for runs of a server; this one is only read from a folder.")

    refuse.__name__ = name
    refuse.__doc__ = f"`Run.{name}`: raises UnsupportedError, since a local run is only read."
    return refuse


class ServerOnly:
    """Mixed into a run that is read from a folder."""

    delete = _at_a_server("delete")
    log_artifact = _at_a_server("log_artifact")
    logged_artifacts = _at_a_server("logged_artifacts")
    save = _at_a_server("save")
    stop = _at_a_server("stop")
    to_html = _at_a_server("to_html")
    update = _at_a_server("update")
    update_state = _at_a_server("update_state")
    upload_file = _at_a_server("upload_file")
    use_artifact = _at_a_server("use_artifact")
    used_artifacts = _at_a_server("used_artifacts")
