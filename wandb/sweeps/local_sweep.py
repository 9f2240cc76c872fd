"""A sweep without a server: a folder beside the run folders, with its configuration and a log of its trials.

Any number of agents, in any processes that see the folder, take trials from it and say what became of them: each is a
line appended under a lock. A trial whose agent has died stays "running" and is not given out again.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager, suppress
from functools import partial

from wandb.errors import UsageError
from wandb.loading import loading
from wandb.runlog.layout import RunLayout
from wandb.sdk.lib.ids import generate_id
from wandb.sdk.lib.terminal import termlog
from wandb.sweeps.hyperband import Hyperband, Reported
from wandb.sweeps.search import Search, Trial
from wandb.sweeps.space import yaml_of
from wandb.sweeps.watching import beside_function, beside_program
from wandb.yaml_file import read_yaml_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Callable, Dict, Iterator, List, Mapping, Set, Tuple

_LOOK_SECONDS = 1.0  # how often a run is looked at that may end early
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class LocalSweep:
    """One sweep; raises UsageError if its id or its configuration can't be one, OSError for a disk that refuses."""

    def __init__(self, wandb_dir: str, sweep_id: str) -> None:
        """An existing sweep."""
        if not _ID.fullmatch(sweep_id):
            raise UsageError(f"{sweep_id!r} is not the id of a sweep.")
        self.sweep_id = sweep_id
        self.wandb_dir = wandb_dir
        self.folder = os.path.join(wandb_dir, f"sweep-{sweep_id}")
        self._log = os.path.join(self.folder, "trials.jsonl")
        if not self.exists(wandb_dir, sweep_id):
            raise UsageError(f"There is no sweep {sweep_id} in {wandb_dir}.")
        self.config: Dict[str, Any] = read_yaml_file(os.path.join(self.folder, "config.yaml"))
        self.search = Search(self.config)
        self._hyperband = _hyperband_of(self.config, self.search)
        self._stopped: Set[str] = set()

    @classmethod
    def create(cls, wandb_dir: str, config: Mapping[str, Any]) -> LocalSweep:
        """Make one from its configuration."""
        with loading():
            import yaml

        text = yaml_of(config)
        read = yaml.safe_load(text)
        _hyperband_of(read, Search(read))  # says what is wrong before anything is there
        _cap_of(read)
        sweep_id = generate_id()
        folder = os.path.join(wandb_dir, f"sweep-{sweep_id}")
        os.makedirs(folder)
        with open(os.path.join(folder, "config.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return cls(wandb_dir, sweep_id)

    @staticmethod
    def exists(wandb_dir: str, sweep_id: str) -> bool:
        """Whether there is a sweep of this id on this disk; that of a server has a folder for its runs' values only."""
        return os.path.isfile(os.path.join(wandb_dir, f"sweep-{sweep_id}", "config.yaml"))

    def next_trial(self) -> Trial | None:
        """Take the next trial, which nobody else gets; None if everything has been tried or `run_cap` is reached."""
        with self._locked() as log:
            trials = _trials(log)
            cap = _cap_of(self.config)
            if cap is not None and len(trials) >= cap:
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

    def named(self, trial: Trial) -> Dict[str, Any]:
        """The trial's values by the names of the parameters, with dots for nested ones."""
        return {parameter.name: value for parameter, value in zip(self.search.parameters, trial.values)}

    def config_of(self, trial: Trial) -> Dict[str, Any]:
        """The run's configuration: nested as the parameters are."""
        return self.search.config_of(trial.values)

    def parameter_file(self, trial: Trial) -> str:
        """Write the trial's configuration where its run finds it (the setting `sweep_param_path`); the path."""
        return write_parameters(self.folder, trial.run_id, self.config_of(trial))

    @contextmanager
    def running(self, trial: Trial, stop: Callable[[], None]) -> Iterator[None]:
        """Holds as long as the trial's program runs; `stop` is called once, if `early_terminate` wants it to end."""
        if self._hyperband is None:
            yield
            return
        watch = LocalWatch(self, self._hyperband, trial.run_id)
        try:
            with beside_program(watch, stop):
                yield
        finally:
            self._note(trial, watch.report())

    @contextmanager
    def running_here(self, trial: Trial) -> Iterator[None]:
        """The same for a function of this process, which is interrupted if it is to end."""
        if self._hyperband is None:
            yield
            return
        request = {"kind": "local", "wandb_dir": os.path.abspath(self.wandb_dir), "sweep": self.sweep_id}
        with beside_function({**request, "run": trial.run_id}, self.folder, {}, partial(self._note, trial)):
            yield

    def _note(self, trial: Trial, report: Mapping[str, Any]) -> None:
        if report["behind_at"]:
            self._stopped.add(trial.run_id)
            values = f"{report['behind_at']} values"
            termlog(f"Agent: run {trial.run_id} is behind the others after {values}, and ended early.")

    def at_bracket(self, run_id: str, bracket: int, value: float) -> List[float]:
        """Note a run's value at a bracket; those of the runs that came there before."""
        with self._locked() as log:
            others = _values_at(log, bracket)
            _append(log, {"run": run_id, "bracket": bracket, "value": value})
        return others

    def was_stopped(self, trial: Trial) -> bool:
        """Whether `early_terminate` wanted its end."""
        return trial.run_id in self._stopped

    def _metric_of(self, run_id: str) -> float | None:
        """From the newest folder of the run that has a summary."""
        for layout in RunLayout.parts(self.wandb_dir, run_id):
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


class LocalWatch:
    """Looks at what a run has logged, and whether it is behind the others at a bracket of `early_terminate`."""

    seconds = _LOOK_SECONDS

    def __init__(self, sweep: LocalSweep, hyperband: Hyperband, run_id: str) -> None:
        self._sweep, self._hyperband, self._run_id = sweep, hyperband, run_id
        self._reported = Reported(sweep.wandb_dir, run_id, hyperband.metric)
        self._left = list(hyperband.brackets)
        self._behind_at = 0

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> LocalWatch:
        """In another process than the agent's."""
        sweep = LocalSweep(request["wandb_dir"], request["sweep"])
        return cls(
            sweep,
            Hyperband(sweep.config["early_terminate"], sweep.search.metric, sweep.search.maximizes),
            request["run"],
        )

    def look(self) -> bool:
        """Whether the run is behind now."""
        for bracket, goes_on in self._reached():
            if not goes_on:
                self._behind_at = bracket
                return True
        return False

    def look_back(self) -> None:
        """Note the values that the run has come to since the last look: later runs are measured by them."""
        for _ in self._reached():
            continue

    def _reached(self) -> Iterator[Tuple[int, bool]]:
        """The brackets that the run has come to, once each, and whether a run with its value there goes on."""
        self._reported.look()
        values = self._reported.values
        while self._left and len(values) >= self._left[0]:
            bracket = self._left.pop(0)
            best = self._hyperband.best(values[:bracket])
            yield bracket, self._hyperband.goes_on(best, self._sweep.at_bracket(self._run_id, bracket, best))

    def report(self) -> Dict[str, Any]:
        """After how many values it was behind; 0 if it never was."""
        return {"behind_at": self._behind_at}


def write_parameters(folder: str, run_id: str, config: Mapping[str, Any]) -> str:
    """Write a run's configuration in the form that the setting `sweep_param_path` reads; the path."""
    with loading():
        import yaml

    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"config-{run_id}.yaml")
    values = {key: {"value": value} for key, value in config.items()}
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump({"wandb_version": 1, **values}, file, sort_keys=False)
    return path


def _append(log: IO[str], line: Mapping[str, Any]) -> None:
    log.seek(0, os.SEEK_END)
    # On a line of its own, whatever an agent that was killed while it wrote has left.
    log.write("\n" + json.dumps(line) + "\n")
    log.flush()


def _cap_of(config: Mapping[str, Any]) -> int | None:
    """How many runs a sweep may have; None for any number. Raises UsageError."""
    cap = config.get("run_cap")
    try:
        return None if cap is None else int(cap)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"A sweep's `run_cap` is a number of runs, not {cap!r}.") from None


def _hyperband_of(config: Mapping[str, Any], search: Search) -> Hyperband | None:
    given = config.get("early_terminate")
    return Hyperband(given, search.metric, search.maximizes) if given else None


def _lines(log: IO[str]) -> Iterator[Dict[str, Any]]:
    """What the agents have noted."""
    log.seek(0)
    for text in log:
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue  # an empty line, or the end of an agent that was killed while it wrote
        if isinstance(line, dict):
            yield line


def _values_at(log: IO[str], bracket: int) -> List[float]:
    """What other trials had at a bracket."""
    found: List[float] = []
    for line in _lines(log):
        if line.get("bracket") == bracket:
            with suppress(KeyError, TypeError, ValueError):
                found.append(float(line["value"]))
    return found


def _trials(log: IO[str]) -> List[Trial]:
    trials: Dict[str, Trial] = {}
    for line in _lines(log):
        with suppress(KeyError, TypeError):  # of another kind, or damaged
            known = trials.get(line["run"])
            if known is None:
                trials[line["run"]] = Trial(str(line["run"]), line["values"], line["units"])
            else:
                known.state, known.metric = line["state"], line["metric"]
    return list(trials.values())
