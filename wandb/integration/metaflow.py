"""`wandb.integration.metaflow`: a decorator that makes a run of each task of a Metaflow step."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from pickle import dump
from typing import IO, Any, Dict

import wandb
from wandb.integration.current_run import log_files

try:
    from metaflow import FlowSpec, current
except ImportError as error:
    raise ImportError("wandb.integration.metaflow needs Metaflow: `pip install metaflow`.") from error

_PLAIN = (bool, int, float, str, dict, list, set)
# The kinds of models, by the library that has them, if it is loaded.
_MODELS = (("sklearn.base", "BaseEstimator"), ("torch.nn", "Module"), ("keras", "Model"))


def wandb_log(
    func: Any = None,
    /,
    *,
    datasets: bool = False,
    models: bool = False,
    others: bool = False,
    settings: Any = None,
) -> Any:
    """Record a step, or each step of a flow: what is assigned to `self` there becomes rows and artifacts of a run.

    `datasets`: data frames (as Parquet) and `pathlib.Path`s (the file or folder) become artifacts of type "dataset".
    `models`: models of scikit-learn, torch and Keras become artifacts of type "model", `others`: all that is no plain
    value of type "other": as `torch.save` has them, or else pickles, as Metaflow itself keeps what is assigned. To
    read one is to run what is in it. Plain values become a row each.
    `settings`: of the runs, a `wandb.Settings` or a dictionary; a step's own decorator counts before its flow's.
    The parameters of the flow are the configuration; a run's group is the flow's run, its job type the step. What a
    step reads of earlier ones is not noted.
    """
    again = functools.partial(wandb_log, datasets=datasets, models=models, others=others, settings=settings)
    if func is None:
        return again
    if isinstance(func, type):
        for name, member in list(vars(func).items()):
            if getattr(member, "is_step", False) and not hasattr(member, "_logs_to_wandb"):
                setattr(func, name, again(member))
        return func

    def recorded(self: FlowSpec, *inputs: Any) -> Any:
        given = settings if isinstance(settings, wandb.Settings) else wandb.Settings(**(settings or {}))
        with wandb.init(
            config={name: getattr(self, name) for name in current.parameter_names},
            group=given.run_group or f"{current.flow_name}/{current.run_id}",
            job_type=given.run_job_type or current.step_name,
            settings=given,
        ) as run:
            keeper = _Keeper(run, {"dataset": datasets, "model": models, "other": others})
            returned = func(_Recorded(self, keeper), *inputs)
            keeper.log()
            return returned

    functools.update_wrapper(recorded, func)
    vars(recorded)["_logs_to_wandb"] = True
    return recorded


class _Recorded:
    """A flow, for the length of a step: all is the flow's, and what is assigned is told to the keeper."""

    def __init__(self, flow: FlowSpec, keeper: _Keeper) -> None:
        vars(self).update(_flow=flow, _keeper=keeper)

    @property  # type: ignore[misc]  # Python asks for no setter
    def __class__(self) -> Any:
        """That of the flow: `isinstance` and `super()` of a step work."""
        return type(vars(self)["_flow"])

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "__class__"):
            return object.__getattribute__(self, name)
        return getattr(object.__getattribute__(self, "__dict__")["_flow"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = vars(self)
        setattr(own["_flow"], name, value)
        own["_keeper"].assigned(name, value)

    def __delattr__(self, name: str) -> None:
        delattr(vars(self)["_flow"], name)
        vars(self)["_keeper"].deleted(name)


class _Keeper:
    """What of a step goes to its run."""

    def __init__(self, run: Any, wanted: Dict[str, bool]) -> None:
        self._run = run
        self._wanted = wanted
        self._assigned: Dict[str, Any] = {}

    def assigned(self, name: str, value: Any) -> None:
        """Keep the last value of a name for the end of the step, which Metaflow keeps, too."""
        self._assigned[name] = value

    def deleted(self, name: str) -> None:
        """What was assigned is taken back."""
        self._assigned.pop(name, None)

    def log(self) -> None:
        """Log each value as what it is."""
        for name, value in self._assigned.items():
            kind = _kind(value)
            if isinstance(value, _PLAIN):
                self._run.log({name: value})
            elif self._wanted[kind]:
                self._log(name, kind, value)

    def _log(self, name: str, kind: str, value: Any) -> None:
        def add(artifact: Any) -> None:
            if isinstance(value, Path):
                (artifact.add_dir if value.is_dir() else artifact.add_file)(str(value))
            elif _is(value, "pandas", "DataFrame"):
                with artifact.new_file(f"{name}.parquet", mode="wb") as file:
                    value.to_parquet(file)
            else:
                with artifact.new_file(f"{name}.pkl", mode="wb") as file:
                    _pickle(value, file)

        log_files(self._run, name, kind, add)


def _pickle(value: Any, file: IO[bytes]) -> None:
    is_of_torch = _is(value, "torch.nn", "Module") or _is(value, "torch", "Tensor")
    try:
        (sys.modules["torch"].save if is_of_torch else dump)(value, file)
    except OSError:
        raise
    except Exception as error:  # a value that can't be pickled; its own code
        raise wandb.Error(f"it can't be pickled: {error}") from error


def _kind(value: Any) -> str:
    """Which option a value belongs to."""
    if isinstance(value, Path) or _is(value, "pandas", "DataFrame"):
        return "dataset"
    return "model" if any(_is(value, *model) for model in _MODELS) else "other"


def _is(value: Any, module: str, name: str) -> bool:
    """Whether it is an object of this class; one of a library that is not loaded can't be."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(value, kind)
