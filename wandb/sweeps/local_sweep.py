"""A sweep without a server: a folder beside the run folders, with its configuration and a log of its trials.

Any number of agents, in any processes that see the folder, take trials from it and say what became of them: each is a
line appended under a lock. A trial whose agent has died stays "running" and is not given out again.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager

from wandb.errors import UsageError
from wandb.runlog.layout import RunLayout
from wandb.sdk.lib.ids import generate_id
from wandb.sweeps.search import Search, Trial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Dict, Iterator, List, Mapping

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class LocalSweep:
    """One sweep; raises UsageError if its id or its configuration can't be one, OSError for a disk that refuses."""

    def __init__(self, wandb_dir: str, sweep_id: str) -> None:
        """An existing sweep."""
        if not _ID.fullmatch(sweep_id):
            raise UsageError(f"{sweep_id!r} is not the id of a sweep.")
        self.sweep_id = sweep_id
        self._wandb_dir = wandb_dir
        self.folder = os.path.join(wandb_dir, f"sweep-{sweep_id}")
        self._log = os.path.join(self.folder, "trials.jsonl")
        import yaml

        try:
            with open(os.path.join(self.folder, "config.yaml"), encoding="utf-8") as file:
                self.config: Dict[str, Any] = yaml.safe_load(file)
        except FileNotFoundError:
            raise UsageError(f"There is no sweep {sweep_id} in {wandb_dir}.") from None
        self.search = Search(self.config)

    @classmethod
    def create(cls, wandb_dir: str, config: Mapping[str, Any]) -> LocalSweep:
        """Make one from its configuration."""
        import yaml

        Search(config)  # says what is wrong before anything is there
        sweep_id = generate_id()
        folder = os.path.join(wandb_dir, f"sweep-{sweep_id}")
        os.makedirs(folder)
        with open(os.path.join(folder, "config.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(dict(config), file, sort_keys=False)
        return cls(wandb_dir, sweep_id)

    def next_trial(self) -> Trial | None:
        """Take the next trial, which nobody else gets; None if everything has been tried or `run_cap` is reached."""
        with self._locked() as log:
            trials = _trials(log)
            cap = self.config.get("run_cap")
            if cap is not None and len(trials) >= int(cap):
                return None
            chosen = self.search.next(trials)
            if chosen is None:
                return None
            trial = Trial(generate_id(), *chosen)
            _append(log, {"run": trial.run_id, "values": trial.values, "units": trial.units})
        return trial

    def ended(self, trial: Trial, state: str) -> None:
        """Note how a trial has ended ("finished", "failed"), and the metric in its run's summary."""
        trial.state, trial.metric = state, self._metric_of(trial.run_id)
        with self._locked() as log:
            _append(log, {"run": trial.run_id, "state": state, "metric": trial.metric})

    def trials(self) -> List[Trial]:
        """All trials so far, in their order."""
        with self._locked() as log:
            return _trials(log)

    def parameter_file(self, trial: Trial) -> str:
        """Write the trial's configuration where its run finds it (the setting `sweep_param_path`); the path."""
        import yaml

        path = os.path.join(self.folder, f"config-{trial.run_id}.yaml")
        values = {key: {"value": value} for key, value in self.search.config_of(trial.values).items()}
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump({"wandb_version": 1, **values}, file, sort_keys=False)
        return path

    def _metric_of(self, run_id: str) -> float | None:
        """From the newest folder of the run that has a summary."""
        names = [name for name in os.listdir(self._wandb_dir) if "run-" in name and run_id in name]
        for name in sorted(names, reverse=True):
            layout = RunLayout.find(os.path.join(self._wandb_dir, name))
            if layout is None or layout.run_id != run_id:
                continue
            try:
                with open(os.path.join(layout.files_dir, "wandb-summary.json"), encoding="utf-8") as file:
                    return self.search.metric_in(json.load(file))
            except (OSError, ValueError):
                continue  # the run has ended before it had any
        return None

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        import fcntl

        with open(self._log, "a+", encoding="utf-8", errors="replace") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            yield log


def _append(log: IO[str], line: Mapping[str, Any]) -> None:
    log.seek(0, os.SEEK_END)
    # On a line of its own, whatever an agent that was killed while it wrote has left.
    log.write("\n" + json.dumps(line) + "\n")
    log.flush()


def _trials(log: IO[str]) -> List[Trial]:
    trials: Dict[str, Trial] = {}
    log.seek(0)
    for text in log:
        try:
            line = json.loads(text)
            known = trials.get(line["run"])
            if known is None:
                trials[line["run"]] = Trial(str(line["run"]), line["values"], line["units"])
            else:
                known.state, known.metric = line["state"], line["metric"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # an empty line, or the end of an agent that was killed while it wrote
    return list(trials.values())
