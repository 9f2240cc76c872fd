"""`run.watch(model, log_graph=True)`: the layers of a torch model, in the order of its first pass, in the summary.

Layers are, as with upstream's client, the model's children, and those of torch's containers (`Sequential`,
`ModuleList`, `ModuleDict`, and what is derived from them) instead of these; what is inside another module is part of
that. For an output that is a dict upstream's client has numbers that come from the letters of the keys; here are the
shapes of its values.
"""

from __future__ import annotations

from functools import partial

from wandb.media.graph import Graph, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterator, List, Tuple


class GraphWatch:
    """Follows one model until each layer was called, or its first pass is over; then its hooks are off, or by `remove`.

    Lightning's training never calls the model itself, so the layers must do.
    """

    def __init__(self, model: Any, safely: Callable[..., None], done: Callable[[Graph], None]) -> None:
        """`safely(action, ...)` lets nothing get into the pass; `done` is given the graph when the pass is over."""
        self._graph = Graph("torch")
        self._done = done
        self._safely = safely
        layers: Dict[str, Any] = dict(_layers_of(model)) or {"": model}
        self._missing = {id(layer) for layer in layers.values()}
        self._handles = [
            layer.register_forward_hook(_Hook(partial(safely, self._passed, name))) for name, layer in layers.items()
        ]
        self._handles.append(model.register_forward_hook(_Hook(partial(safely, self._finish))))

    def remove(self) -> None:
        """Follow no more."""
        handles, self._handles = self._handles, []
        for handle in handles:
            handle.remove()

    def _passed(self, name: str, layer: Any, output: Any) -> None:
        if id(layer) not in self._graph.nodes_by_id:
            self._graph.add_node(layer_node(name, layer, output))
        self._missing.discard(id(layer))
        if not self._missing:
            self._finish(layer, output)

    def _finish(self, model: Any, output: Any) -> None:
        if self._handles:
            self.remove()
            self._done(self._graph)


class _Hook:
    """A hook that a copied or unpickled model does not have."""

    def __init__(self, then: Callable[[Any, Any], None]) -> None:
        self._then = then

    def __call__(self, module: Any, inputs: Any, output: Any) -> None:
        self._then(module, output)

    def __reduce__(self) -> Any:
        from wandb.sdk.watch import inert_hook

        return inert_hook, ()


def _layers_of(model: Any) -> Iterator[Tuple[str, Any]]:
    for name, module in model.named_children():
        if any(kind.__module__ == "torch.nn.modules.container" for kind in type(module).__mro__):
            yield from ((f"{name}.{inner}", layer) for inner, layer in _layers_of(module))
        else:
            yield name, module


def layer_node(name: str, layer: Any, output: Any) -> Node:
    """What is known of a layer after it was called: its printed form, its parameters, the shapes that came out."""
    parameters = list(layer.named_parameters())
    return Node(
        id=id(layer),
        name=name,
        class_name=str(layer),
        parameters=[[of, list(parameter.shape)] for of, parameter in parameters],
        output_shape=[_shape(part) for part in (output if isinstance(output, tuple) else (output,))],
        num_parameters=[int(parameter.numel()) for _, parameter in parameters],
    )


def _shape(output: Any) -> List[Any]:
    """The shape of a tensor; of several, theirs."""
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (tuple, list)):
        return [_shape(part) for part in output]
    return [int(length) for length in getattr(output, "shape", ())]
