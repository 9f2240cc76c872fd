"""Whether a run is sent while it goes on, and what a person hears of that: a page, one warning, how to send it later.

The sending itself is the service's. Nothing here asks a server or waits for one.
"""

from __future__ import annotations

import json
import os
import time

from wandb.errors import UsageError
from wandb.loading import loading
from wandb.process import host_name
from wandb.sdk.interface.upload_watch import UploadWatch
from wandb.sdk.lib.ids import generate_id
from wandb.sdk.lib.progress import Progress, words_of
from wandb.sdk.lib.terminal import terminal, termlog, termwarn
from wandb.settings_fields import SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

    from wandb.runlog.layout import RunLayout
    from wandb.settings import Settings

_LOOK_SECONDS = 0.02


def choose_mode(settings: Settings) -> Tuple[str, Dict[str, str]]:
    """Settle the mode. Why the run is not sent while it goes on ("offline" or "no key"; "" if it is), and what the
    service has to know in its environment: what must stand in no record and no argument.
    """
    if settings.mode in ("offline", "dryrun"):
        settings.mode = "offline"
        return "offline", {}
    with loading():
        from wandb.credentials import find_key

    found = find_key(settings, os.environ)
    if found is None:
        if settings.force:
            raise UsageError("force=True asks for a run that is sent; no API key is known: call `wandb login` first.")
        settings.mode = "offline"
        return "no key", {}
    if settings.mode == "shared":
        settings.x_label = settings.x_label or f"{host_name()}-{generate_id()}"  # whose a line of the console is
    else:
        settings.mode = "online"
    given = settings.to_dict(explicit_only=True)
    secrets = {name: given[name] for name in SECRETS if given.get(name)}
    environment = {
        f"WANDB_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in secrets.items()
    }
    return "", {**environment, "WANDB_API_KEY": found[0]}


class UploadNews:
    """Tells the person at the terminal, each thing once. `watch` reads what the service says."""

    def __init__(self, settings: Settings, layout: RunLayout, is_creator: Callable[[], bool]) -> None:
        """`is_creator`: whether this process is the one that tells; forked children only know."""
        self._settings = settings
        self._is_creator = is_creator
        self._layout = layout
        self._warned = self._told_page = False
        self._progress = Progress(lambda text: None) if settings.quiet else Progress(termlog, terminal)
        self.watch = UploadWatch(lambda: layout.upload_status, self._hear, self._progress)

    def tell_page(self) -> None:
        """Where the run can be seen, if that is known: the server names who owns it, if nobody else has."""
        settings = self._settings
        if settings.run_url and not self._told_page:
            self._told_page = True
            self._progress.hide()
            termlog(f"⭐️ View project at {settings.project_url}")
            termlog(f"🚀 View run at {settings.run_url}")

    def wait_for_page(self) -> None:
        """Wait until the server has taken the run, or something is wrong: for `init_timeout` seconds, if it is set."""
        settings = self._settings
        if settings.source_of("init_timeout") == "default":
            return
        deadline = time.monotonic() + float(settings.init_timeout)
        while time.monotonic() < deadline:
            self.watch.look()
            if self.watch.values.get("entity") or self.watch.values.get("problem"):
                return
            time.sleep(_LOOK_SECONDS)

    def _hear(self, values: Dict[str, Any]) -> None:
        settings = self._settings
        if values.get("entity"):
            settings.take_place(values["entity"], values["project"])
        if not self._is_creator():
            return
        if values.get("entity"):
            self.tell_page()
        problem = values.get("problem")
        if problem and not self._warned:
            self._warned = True
            self._progress.hide()
            later = "it goes on offline" if values.get("is_refused") else "it is sent when that is over"
            later = "" if values.get("is_done") else f" The run is recorded in {self._layout.run_dir}; {later}."
            termwarn(f"{problem.rstrip('.')}.{later}")

    def tell_interrupted(self) -> None:
        """That nobody waits for the rest any more."""
        self._progress.hide()
        termwarn("Interrupted: the helper process goes on sending by itself. To send what it could not:")
        termlog(f"wandb sync {self._layout.run_dir}")

    def tell_end(self) -> None:
        """The run's page, and how many files the server has; or how to send what it does not have."""
        self.watch.look()
        settings, values = self._settings, self.watch.values
        if not self.watch.is_sent():
            if values.get("is_refused") or not values.get("entity"):
                text = "This run was not sent"
            else:
                text = f"This run is not wholly sent, {words_of(values)}"
            (termlog if self._warned else termwarn)(f"{text}; it is whole on this machine. To send it:")
            termlog(f"wandb sync {self._layout.run_dir}")
        if settings.run_url:
            termlog(f"🚀 View run {settings.run_name or settings.run_id} at: {settings.run_url}")
            termlog(f"⭐️ View project at: {settings.project_url}")
        if self.watch.is_sent():
            files = self.watch.values.get("files") or {}
            kinds = (("wandb", "W&B"), ("media", "media"), ("artifact", "artifact"), ("other", "other"))
            words = [f"{files.get(kind, 0)} {name} file(s)" for kind, name in kinds]
            termlog(f"Synced {', '.join(words[:-1])} and {words[-1]}")
