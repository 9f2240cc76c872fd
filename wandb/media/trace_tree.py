"""`WBTraceTree`: nested spans of calls (of chains, agents, tools, language models) as JSON texts in a row."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from hashlib import md5

from wandb.errors import ArgumentTypeError
from wandb.media import table_cells
from wandb.media.values import Media

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple, Union

_HASH_DIGITS = 16


class StatusCode(str, Enum):
    """How a span ended."""

    SUCCESS = "SUCCESS"
    ERROR = "ERROR"

    def __str__(self) -> str:
        return self.value


class SpanKind(str, Enum):
    """What a span is the work of."""

    LLM = "LLM"
    CHAIN = "CHAIN"
    AGENT = "AGENT"
    TOOL = "TOOL"

    def __str__(self) -> str:
        return self.value


@dataclass()
class Result:
    """What went in, and what came out."""

    inputs: Union[Dict[str, Any], None] = None
    outputs: Union[Dict[str, Any], None] = None


@dataclass()
class Span:
    """A call, with the calls in it; times are milliseconds since the epoch."""

    span_id: Union[str, None] = None
    name: Union[str, None] = None
    start_time_ms: Union[int, None] = None
    end_time_ms: Union[int, None] = None
    status_code: Union[StatusCode, None] = None
    status_message: Union[str, None] = None
    attributes: Union[Dict[str, Any], None] = None
    results: Union[List[Result], None] = None
    child_spans: Union[List[Span], None] = None
    span_kind: Union[SpanKind, None] = None

    def add_attribute(self, key: str, value: Any) -> None:
        """Note something about it."""
        self.attributes = {**(self.attributes or {}), key: value}

    def add_named_result(self, inputs: Dict[str, Any], outputs: Dict[str, Any]) -> None:
        """Add what went in and what came out."""
        self.results = [*(self.results or []), Result(inputs, outputs)]

    def add_child_span(self, span: Span) -> None:
        """Add a call in it."""
        self.child_spans = [*(self.child_spans or []), span]


class WBTraceTree(Media):
    """A tree of spans; it has no file, all of it is in the row."""

    _log_type = "wb_trace_tree"
    _subdir = "media/wb_trace_tree"

    def __init__(self, root_span: Span, model_dict: Union[Dict[str, Any], None] = None) -> None:
        """`root_span`: the outermost call; `model_dict`: what is known of the model, kept as a text with a hash."""
        super().__init__()
        if not isinstance(root_span, Span):
            raise ArgumentTypeError(f"A trace tree is made from a Span, not from {type(root_span).__name__}.")
        self._root_span = root_span
        self._model_dict = model_dict

    def is_bound(self) -> bool:
        """Always: there is no file to write."""
        return True

    def bind_to_run(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: there is no file to write."""

    def to_json(self, run: Any) -> Dict[str, Any]:
        """The spans and the model as texts of JSON; what JSON has no form for is named in them."""
        found: Dict[str, Any] = {"_type": self._log_type, "root_span_dumps": _dumps(self._root_span)}
        if self._model_dict is not None:
            model = _dumps(self._model_dict)
            found["model_dict_dumps"] = model
            found["model_hash"] = md5(model.encode()).hexdigest()[:_HASH_DIGITS]
        return found


def _dumps(value: Any) -> str:
    return json.dumps(_plain(value, ()))


def _plain(value: Any, above: Tuple[int, ...]) -> Any:
    """`above`: the ids of what the value is in, which it can't hold once more."""
    if isinstance(value, Enum):
        return _plain(value.value, above)
    if id(value) in above:
        return f"<<non-serializable: {type(value).__name__}>>"
    inside = (*above, id(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), inside) for field in fields(value)}
    if isinstance(value, dict):
        plain_keys = (str, int, float, bool, type(None))
        return {key: _plain(item, inside) for key, item in value.items() if isinstance(key, plain_keys)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, inside) for item in value]
    if table_cells.has_json(value):
        return table_cells.for_artifact(value, lambda inner: f"<<non-serializable: {type(inner).__name__}>>")
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__name__}"
    return f"<<non-serializable: {type(value).__name__}>>"
