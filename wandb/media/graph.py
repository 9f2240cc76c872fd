"""`wandb.Graph`: the layers of a model, and how they are connected."""

from __future__ import annotations

from wandb.media.content import Content
from wandb.media.values import Media, WBValue, json_bytes
from wandb.sdk.lib.json_values import to_json_value
from wandb.sdk.lib.terminal import termlog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Union

    from wandb.media.values import Target


def _attribute(name: str, default: Any = None) -> Any:
    """A property that is part of the JSON once it has been set."""

    def get(self: Node) -> Any:
        return self._attributes.get(name, [] if default is list else default)

    def put(self: Node, value: Any) -> None:
        self._attributes[name] = value

    return property(get, put, doc=f"Its {name.replace('_', ' ')}.")


class Node(WBValue):
    """One layer of a graph."""

    def __init__(
        self,
        id: Any = None,
        name: Any = None,
        class_name: Any = None,
        size: Any = None,
        parameters: Any = None,
        output_shape: Any = None,
        is_output: Any = None,
        num_parameters: Any = None,
        node: Union[Node, None] = None,
    ) -> None:
        """A layer with what is known of it; `node` is one to start from."""
        self._attributes: Dict[str, Any] = {"name": None}
        self.in_edges: Dict[Any, Any] = {}
        self.out_edges: Dict[Any, Any] = {}
        self.obj: Any = None
        if node is not None:
            self._attributes.update(node._attributes)
            return
        given = {
            "name": name, "id": id, "class_name": class_name, "size": size, "parameters": parameters,
            "output_shape": output_shape, "is_output": is_output, "num_parameters": num_parameters,
        }  # fmt: skip
        self._attributes.update({key: value for key, value in given.items() if value is not None})

    id = _attribute("id")
    name = _attribute("name")
    class_name = _attribute("class_name")
    functions = _attribute("functions", list)
    parameters = _attribute("parameters", list)
    size = _attribute("size")
    output_shape = _attribute("output_shape")
    is_output = _attribute("is_output")
    num_parameters = _attribute("num_parameters")
    child_parameters = _attribute("child_parameters")
    is_constant = _attribute("is_constant")

    def to_json(self, run: Any = None) -> Dict[str, Any]:
        """What is known of it."""
        return self._attributes

    def __repr__(self) -> str:
        return repr(self._attributes)

    @classmethod
    def from_keras(cls, layer: Any) -> Node:
        """A layer of Keras: its name, kind, shape of output and number of parameters."""
        shape = getattr(layer, "output_shape", None)
        if shape is None:
            shape = getattr(getattr(layer, "output", None), "shape", None)
        node = cls(id=layer.name, name=layer.name, class_name=layer.__class__.__name__)
        node.output_shape = None if shape is None else to_json_value(tuple(shape))
        node.num_parameters = layer.count_params()
        return node


class Edge(WBValue):
    """A connection from one layer to another."""

    def __init__(self, from_node: Node, to_node: Node) -> None:
        self.from_node = from_node
        self.to_node = to_node
        self.name: Any = None

    def to_json(self, run: Any = None) -> Any:
        """The ids of both ends."""
        return [self.from_node.id, self.to_node.id]

    def __repr__(self) -> str:
        return repr({"from_id": self.from_node.id, "to_id": self.to_node.id})


class Graph(Media):
    """The layers of a model, and how they are connected."""

    _log_type = "graph-file"
    _subdir = "media/graph"

    def __init__(self, format: str = "keras") -> None:
        """An empty graph; `format` says whose layers they are."""
        super().__init__()
        self.format = format
        self.nodes: List[Node] = []
        self.nodes_by_id: Dict[Any, Node] = {}
        self.edges: List[Edge] = []
        self.loaded = False
        self.criterion: Any = None
        self.criterion_passed = False
        self.root: Any = None

    def __getitem__(self, nid: Any) -> Node:
        return self.nodes_by_id[nid]

    def add_node(self, node: Union[Node, None] = None, **node_kwargs: Any) -> Node:
        """Add a layer: a Node, or what one is made of."""
        made = Node(**node_kwargs) if node is None else node
        self.nodes.append(made)
        self.nodes_by_id[made.id] = made
        return made

    def add_edge(self, from_node: Node, to_node: Node) -> Edge:
        """Connect two layers."""
        edge = Edge(from_node, to_node)
        self.edges.append(edge)
        return edge

    def pprint(self) -> None:
        """Show the connections and the layers, on the console."""
        for edge in self.edges:
            termlog(repr(edge))
        for node in self.nodes:
            termlog(repr(node))

    def bind_to_run(
        self, run: Target, key: Any, step: Any, id_: Any = None, ignore_copy_err: bool | None = None
    ) -> None:
        """Write the file, as the graph is now, into the run's folder."""
        self._content = Content(json_bytes(to_json_value(self._json())), ".graph.json")
        super().bind_to_run(run, key, step, id_)

    def _json(self) -> Dict[str, Any]:
        nodes = [node.to_json() for node in self.nodes]
        return {"format": self.format, "nodes": nodes, "edges": [edge.to_json() for edge in self.edges]}

    @classmethod
    def from_keras(cls, model: Any) -> Graph:
        """The graph of a Keras model: its layers, connected where one is fed by another."""
        graph = cls()
        for layer in model.layers:
            graph.add_node(Node.from_keras(layer))
        for layer in model.layers:
            for inbound in getattr(layer, "_inbound_nodes", ()):
                for source in _sources(inbound):
                    if source in graph.nodes_by_id:
                        graph.add_edge(graph[source], graph[layer.name])
        outputs = {getattr(name, "name", name) for name in getattr(model, "output_names", ())}
        for node in graph.nodes:
            if node.name in outputs:
                node.is_output = True
        return graph


def _sources(inbound: Any) -> List[Any]:
    """The names of the layers that feed a call of a layer, in Keras 2 and 3."""
    parents = getattr(inbound, "parent_nodes", None)
    if parents is not None:
        return [parent.operation.name if hasattr(parent, "operation") else parent.layer.name for parent in parents]
    layers = getattr(inbound, "inbound_layers", None) or []
    return [layer.name for layer in (layers if isinstance(layers, list) else [layers])]
