"""How charts of scikit-learn models get into the run, and what stops them: no argument, or another kind of model."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from inspect import signature
from typing import Any, Callable, List, TypeVar, cast

import numpy as np

import wandb

_Plot = TypeVar("_Plot", bound=Callable[..., None])


def library(module: str) -> Any:
    """A module of scikit-learn. Raises ImportError that says how to get it."""
    try:
        return import_module(f"sklearn.{module}" if module else "sklearn")
    except ImportError as error:
        raise ImportError("wandb.sklearn needs scikit-learn: `pip install scikit-learn`.") from error


def log_chart(key: str, kind: str, columns: List[str], rows: List[List[Any]]) -> None:
    """Log a table with the chart of its kind, under `key`."""
    table = wandb.Table(columns=list(columns), data=rows)
    wandb.log({key: wandb.visualize(f"wandb/{kind}", table)})


def are_there(**arguments: Any) -> bool:
    """Whether none of the arguments is None; the first that is, is named on the console."""
    for name, value in arguments.items():
        if value is None:
            wandb.termerror(f"{name} is None. Please try again.")
            return False
    return True


def is_kind(model: Any, *kinds: str) -> bool:
    """Whether the model is a fitted one of these kinds: classifier, regressor, clusterer."""
    base, validation = library("base"), library("utils.validation")
    tests = {
        "classifier": base.is_classifier,
        "regressor": base.is_regressor,
        "clusterer": getattr(base, "is_clusterer", lambda model: getattr(model, "_estimator_type", "") == "clusterer"),
    }
    if not any(tests[kind](model) for kind in kinds):
        wandb.termerror(f"model is not a {' or '.join(kinds)}. Please try again.")
        return False
    try:
        validation.check_is_fitted(model)
    except library("exceptions").NotFittedError:
        wandb.termerror("Please fit the model before passing it in.")
        return False
    return True


def attempt(what: str, plot: Callable[[], None]) -> None:
    """Make one chart of many: what scikit-learn says against it is shown, and the others are made all the same."""
    if _made(what, plot):
        wandb.termlog(f"Logged {what}.")


def refusals_shown(what: str, plot: _Plot) -> _Plot:
    """The call for one chart: what scikit-learn says against the data is shown, and the program goes on."""

    @wraps(plot)
    def shown(*args: Any, **kwargs: Any) -> None:
        bind(*args, **kwargs)  # arguments that there are not are the caller's mistake
        _made(what, lambda: plot(*args, **kwargs))

    bind = signature(plot).bind
    return cast("_Plot", shown)


def _made(what: str, plot: Callable[[], None]) -> bool:
    try:
        plot()
    except (ValueError, TypeError, AttributeError, LookupError, np.linalg.LinAlgError) as error:
        wandb.termwarn(f"No {what} of this model: {error}")
        return False
    return True


def numbers(values: Any) -> List[Any]:
    """An array or list of numbers as a plain list."""
    return values.tolist() if hasattr(values, "tolist") else list(values)
