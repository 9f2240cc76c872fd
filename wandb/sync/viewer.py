"""Asks a server whom an API key belongs to, and whether it takes it at all; never for longer than it is told.

The commands call `ask`. In a training process `wandb.login` runs `main` as a process of its own instead, so that no
HTTP library, no thread and no name server that hangs is left behind there.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import List, NamedTuple, Sequence

from wandb.errors import AuthenticationError, CommError
from wandb.settings import Settings
from wandb.sync.access import Access
from wandb.sync.queries import VIEWER


class Answer(NamedTuple):
    """What came of asking; `accepted` is None if the server could not be asked, and `problem` says why."""

    accepted: bool | None
    problem: str = ""
    user: str = ""
    server_time: str = ""  # the `Date` header: how far the two clocks are apart


def ask(settings: Settings, key: str, seconds: float) -> Answer:
    """Send the Viewer query with this key. Never raises; an answer that takes longer than `seconds` is none."""
    try:
        import wandb.sync.client  # noqa: F401  (loading its libraries takes time that is not the server's)
    except ImportError as error:
        return Answer(None, f"the library for it can't be loaded ({error})")
    answers: List[Answer] = []
    # A thread, since nothing else puts a limit on looking a name up or on a body that comes byte by byte.
    asking = threading.Thread(target=lambda: answers.append(_ask(settings, key, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return answers[0] if answers else Answer(None, f"no answer within {seconds:g} seconds")


def _ask(settings: Settings, key: str, seconds: float) -> Answer:
    from wandb.sync.client import Client

    # One try, which `ask` gives up before it ends by itself.
    patience = {"x_graphql_retry_max": 0, "x_graphql_timeout_seconds": 2 * seconds}
    client = Client(Access({**settings.to_dict(), **patience}, key))
    try:
        viewer = client.graphql("Viewer", VIEWER, {}).get("viewer")
    except AuthenticationError:
        return Answer(False, f"it answers {client.status}", server_time=client.server_time)
    except CommError as error:
        return Answer(None, error.message.rstrip("."), server_time=client.server_time)
    except Exception as error:  # of a library of another version than ours: the key is not checked then
        return Answer(None, f"{type(error).__name__}: {error}")
    if not isinstance(viewer, dict):
        return Answer(False, "it knows no account for it", server_time=client.server_time)
    user = str(viewer.get("entity") or viewer.get("username") or "")
    return Answer(True, user=user, server_time=client.server_time)


def main(arguments: Sequence[str]) -> int:
    """Read settings, key and seconds as JSON from stdin, print the answer as JSON; the process's exit status."""
    request = json.load(sys.stdin)
    print(json.dumps(ask(Settings(**request["settings"]), request["key"], request["seconds"])._asdict()))
    return 0
