"""`run.watch(model)`: now and then histograms of a torch model's parameters and gradients, in the row that is open.

Hooks of torch's own, taken off by `unwatch` and at the end of the run. Nothing that goes wrong in one gets into the
program's forward or backward pass. A model with hooks can be pickled and copied: the copy is not watched.
"""

from __future__ import annotations

from functools import partial

from wandb.loading import loading
from wandb.sdk.lib.guarded import guarded
from wandb.sdk.lib.terminal import termwarn
from wandb.sdk.tensor_histogram import histogram_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Sequence, Tuple, Union

_safely = partial(guarded, "A watched model")
WHAT = ("gradients", "parameters", "all", None)


class Watching:
    """The models that one run watches."""

    def __init__(self, log: Callable[[Dict[str, Any]], None], summarize: Callable[[Dict[str, Any]], None]) -> None:
        """`log(part)` adds to the row that is open, `summarize(part)` to the summary."""
        self._log = log
        self._summarize = summarize
        self._models: List[Any] = []
        self._hooks: List[Tuple[Any, Any]] = []  # (model, handle of a hook)
        self._count = 0

    def watch(
        self,
        models: Union[Any, Sequence[Any]],
        log: str | None,
        log_freq: float,
        idx: int | None,
        log_graph: bool = False,
    ) -> None:
        """Begin; the names of a second model's parameters, and of further ones, begin with `graph_1`, `graph_2`...

        With `log_graph`, the summary gets the layers of each, as `graph_0`, `graph_1`..., after its first pass.
        What a model takes no hooks for, as compiled ones (TorchScript) do, is a warning, and the rest is watched.
        Raises TypeError for what is no torch module, or for a `log_freq` that is no number (less than 1 is each pass),
        ValueError for a `log` that is none.
        """
        import torch

        if log not in WHAT:
            raise ValueError(f"`log` is 'gradients', 'parameters', 'all' or None, not {log!r}")
        if not isinstance(log_freq, (int, float)):
            raise TypeError(f"`log_freq` is a number of passes, not {log_freq!r}")
        chosen: List[Any] = list(models) if isinstance(models, (tuple, list)) else [models]
        for model in chosen:
            if not isinstance(model, torch.nn.Module):
                raise TypeError(f"Only torch modules can be watched (torch.nn.Module), not {type(model).__name__}.")
        for offset, model in enumerate(chosen):
            number = self._count if idx is None else idx + offset
            prefix = f"graph_{number}" if number else ""
            self._count += 1
            self._models.append(model)
            if log in ("parameters", "all"):
                hook = _ParametersHook(self._log, prefix, log_freq)
                self._hook(model, model.register_forward_hook, hook, "The parameters of a model")
            if log in ("gradients", "all"):
                self._watch_gradients(model, prefix, log_freq)
            if log_graph:
                self._watch_graph(model, f"graph_{number}")

    def _hook(self, model: Any, register: Callable[[Any], Any], hook: Any, what: str) -> None:
        try:
            self._hooks.append((model, register(hook)))
        except RuntimeError as error:
            termwarn(f"{what} can't be watched: {error}", repeat=False)

    def _watch_gradients(self, model: Any, prefix: str, log_freq: float) -> None:
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                hook = _GradientHook(self._log, f"gradients/{prefix}{name}", log_freq)
                self._hook(model, parameter.register_hook, hook, f"The gradient of {name}")

    def _watch_graph(self, model: Any, name: str) -> None:
        with loading():
            from wandb.sdk.watch_graph import GraphWatch

        def watch_graph(log: Callable[[Any], None]) -> GraphWatch:
            return GraphWatch(model, _safely, log)

        self._hook(model, watch_graph, lambda graph: self._summarize({name: graph}), "The graph of a model")

    def unwatch(self, models: Union[Any, Sequence[Any], None]) -> None:
        """End for these models, or for all; one that is not watched is a warning."""
        chosen = list(models) if isinstance(models, (tuple, list)) else self._models if models is None else [models]
        for model in chosen:
            if not any(model is watched for watched in self._models):
                termwarn(f"A {type(model).__name__} is not watched, so `unwatch` has nothing to end.")
        self._models = [model for model in self._models if not any(model is other for other in chosen)]
        kept = []
        for model, handle in self._hooks:
            if any(model is other for other in chosen):
                handle.remove()
            else:
                kept.append((model, handle))
        self._hooks = kept
        if not kept:
            self._count = 0


class _Hook:
    """Counts passes, and lets each `frequency`-th one be logged."""

    def __init__(self, log: Callable[[Dict[str, Any]], None], name: str, frequency: float) -> None:
        self._log = log
        self._name = name
        self._frequency = frequency
        self._passes = 0

    def __reduce__(self) -> Tuple[Any, ...]:
        return inert_hook, ()  # of a copied or unpickled model

    def _is_due(self) -> bool:
        self._passes += 1
        if self._passes < self._frequency:
            return False
        self._passes = 0
        return True

    def _log_part(self, make: Callable[..., Dict[str, Any]], tensors: Any) -> None:
        part = make(tensors)
        if part:
            self._log(part)


class _ParametersHook(_Hook):
    def __call__(self, module: Any, inputs: Any, output: Any) -> None:
        if self._is_due():
            _safely(self._log_part, self._histograms, module)

    def _histograms(self, module: Any) -> Dict[str, Any]:
        found = {f"parameters/{self._name}{name}": histogram_of(value) for name, value in module.named_parameters()}
        return {name: histogram for name, histogram in found.items() if histogram}


class _GradientHook(_Hook):
    def __call__(self, gradient: Any) -> None:
        if self._is_due():
            _safely(self._log_part, self._histogram, gradient)

    def _histogram(self, gradient: Any) -> Dict[str, Any]:
        histogram = histogram_of(gradient)
        return {self._name: histogram} if histogram else {}


class _InertHook:
    """In the place of a hook in a copy."""

    def __call__(self, *args: Any) -> None:
        """Does nothing."""


def inert_hook() -> _InertHook:
    """What a copied model has in the place of a hook."""
    return _InertHook()
