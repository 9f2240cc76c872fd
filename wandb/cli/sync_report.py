"""What `wandb sync` says: one display for all runs that are sent at the same time, whichever thread sends them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Dict

from wandb.cli.saying import say
from wandb.sdk.lib.progress import Progress
from wandb.sdk.lib.terminal import terminal
from wandb.settings_derived import page_address

if TYPE_CHECKING:
    from wandb.settings import Settings
    from wandb.sync.sending import Outcome


class Report:
    """Lines, each with the run that it is about, and below them how much is left of each run."""

    def __init__(self, settings: Settings, verbose: bool) -> None:
        """`verbose`: say also how much the server has of each run."""
        self._settings = settings
        self._verbose = verbose
        self._lock = threading.Lock()
        self._said: Dict[str, str] = {}
        self._progress = Progress(say, terminal)

    def say(self, name: str, text: str) -> None:
        """Once, until something else is said of that run."""
        with self._lock:
            if text and self._said.get(name) != text:
                self._progress.hide()
                say(f"[{name}] {text}")
            self._said[name] = text

    def progress(self, name: str, values: Dict[str, Any]) -> None:
        """How much is left of a run, as its upload's status says."""
        with self._lock:
            self._progress.show(f"[{name}]", values)

    def look(self) -> None:
        """Show what is left, if it is time: called now and then."""
        with self._lock:
            self._progress.look()

    def hide(self) -> None:
        """Show nothing any more."""
        with self._lock:
            self._progress.hide()

    def result(self, name: str, outcome: Outcome) -> None:
        """What came of a run."""
        entity, project, run_id = outcome.place
        with self._lock:
            self._progress.done(f"[{name}]")
            for problem in outcome.problems:
                say(f"[{name}] ERROR {problem}")
            if run_id:
                page = page_address(self._settings, entity, project, "runs", run_id)
                state = "sent so far" if outcome.goes_on else "sent" if outcome.is_whole else "not wholly sent"
                state += f" without its {' and '.join(outcome.left_out)}" if outcome.left_out else ""
                say(f"[{entity}/{project}/{run_id}] {state}: {page}")
            if self._verbose and outcome.counts:
                counts = ", ".join(f"{count} {what}" for what, count in outcome.counts.items())
                say(f"[{entity}/{project}/{run_id}] the server has {counts}")
