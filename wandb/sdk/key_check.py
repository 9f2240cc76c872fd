"""Whether a server takes an API key: asked by a process of its own, so that this one loads no HTTP library for it.

`wandb.login` calls it. It is bounded in time, whatever the network does, and it never raises for the network.
"""

from __future__ import annotations

from wandb.credentials import rejection
from wandb.loading import loading
from wandb.sdk.lib.terminal import termlog, termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Set, Tuple

    from wandb.settings import Settings

# How long the server may take to answer, if no setting says otherwise, and the process to load its modules.
_ANSWER_SECONDS, _START_SECONDS = 5.0, 10.0
_NEEDED = (
    "base_url", "email", "http_proxy", "https_proxy", "insecure_disable_ssl", "username", "x_extra_http_headers",
    "x_proxies",
)  # fmt: skip
# (address, key): programs that call `login` before each of many runs wait for the server once.
_accepted: Set[Tuple[str, str]] = set()


def check_with_server(settings: Settings, key: str, source: str) -> None:
    """Say who is logged in, or warn that the key could not be checked; AuthenticationError if the server rejects it."""
    if (settings.base_url, key) in _accepted:
        return
    answer = _asked(settings, key)
    if answer["accepted"]:
        _accepted.add((settings.base_url, key))
        termlog(f"Logged in to {settings._server} as {answer['user']}.")
    elif answer["accepted"] is None:
        termwarn(f"The API key could not be checked with {settings._server}: {answer['problem']}.")
    else:
        raise rejection(settings, source, str(answer["problem"]))


def _asked(settings: Settings, key: str) -> dict[str, object]:
    with loading():
        import json
        import subprocess

        from wandb.sdk.interface.launcher import run_module

    seconds = settings.x_graphql_timeout_seconds or _ANSWER_SECONDS
    explicit = settings.to_dict(explicit_only=True)
    needed = {name: explicit[name] for name in _NEEDED if name in explicit}
    request = json.dumps({"settings": needed, "key": key, "seconds": seconds})
    problem = f"no answer within {seconds:g} seconds"
    try:
        reply = run_module("sync.viewer", request.encode(), seconds + _START_SECONDS)
        return dict(json.loads(reply))
    except subprocess.TimeoutExpired:
        pass  # the process did not even start in time
    except (OSError, ValueError) as error:
        problem = f"no process for it can be started ({error})"
    return {"accepted": None, "problem": problem}
