"""`Trace`: a span of calls as programs write it, with checks; it logs itself to the current run."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, ArgumentValueError, Error
from wandb.media.trace_tree import Result, Span, SpanKind, StatusCode, WBTraceTree
from wandb.sdk import active

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Union


def _of_span(name: str, doc: str) -> Any:
    def get(self: Trace) -> Any:
        return getattr(self._span, name)

    def put(self: Trace, value: Any) -> None:
        setattr(self._span, name, value)

    return property(get, put, doc=doc)


def _of_result(name: str, doc: str) -> Any:
    def get(self: Trace) -> Any:
        return getattr(self._span.results[0], name) if self._span.results else None

    def put(self: Trace, value: Any) -> None:
        if self._span.results:
            setattr(self._span.results[0], name, value)
        else:
            self._span.results = [Result(**{name: value})]

    return property(get, put, doc=doc)


class Trace:
    """A call, and the calls in it."""

    def __init__(
        self,
        name: str,
        kind: Union[str, None] = None,
        status_code: Union[str, None] = None,
        status_message: Union[str, None] = None,
        metadata: Union[Dict[str, Any], None] = None,
        start_time_ms: Union[int, None] = None,
        end_time_ms: Union[int, None] = None,
        inputs: Union[Dict[str, Any], None] = None,
        outputs: Union[Dict[str, Any], None] = None,
        model_dict: Union[Dict[str, Any], None] = None,
    ) -> None:
        """`kind`: LLM, AGENT, CHAIN or TOOL. `status_code`: SUCCESS or ERROR. Times are milliseconds since the epoch.

        `model_dict`: what is known of the model, of the outermost call. Raises UsageError for other kinds and codes,
        and where a dictionary is asked for and something else given.
        """
        _check_dicts(metadata=metadata, inputs=inputs, outputs=outputs, model_dict=model_dict)
        self._span = Span(name=name, attributes=metadata, start_time_ms=start_time_ms, end_time_ms=end_time_ms)
        self._span.status_message = status_message
        if inputs is not None or outputs is not None:
            self._span.results = [Result(inputs, outputs)]
        self._model_dict = model_dict
        if kind is not None:
            self.kind = kind
        if status_code is not None:
            self.status_code = status_code

    name = _of_span("name", "What is called.")
    status_message = _of_span("status_message", "What is said of how it ended.")
    metadata = _of_span("attributes", "What else is known of it.")
    start_time_ms = _of_span("start_time_ms", "When it began, in milliseconds since the epoch.")
    end_time_ms = _of_span("end_time_ms", "When it ended, in milliseconds since the epoch.")
    inputs = _of_result("inputs", "What went in, at first.")
    outputs = _of_result("outputs", "What came out, at first.")

    @property
    def kind(self) -> Any:
        """LLM, AGENT, CHAIN, TOOL or None."""
        return None if self._span.span_kind is None else self._span.span_kind.value

    @kind.setter
    def kind(self, value: str) -> None:
        self._span.span_kind = _member(SpanKind, value, "kind of a span")

    @property
    def status_code(self) -> Any:
        """SUCCESS, ERROR or None."""
        return self._span.status_code

    @status_code.setter
    def status_code(self, value: str) -> None:
        self._span.status_code = _member(StatusCode, value, "status of a span")

    def add_child(self, child: Trace) -> Trace:
        """Add a call in it; itself."""
        if not isinstance(child, Trace):
            raise ArgumentTypeError(f"The child of a trace is a Trace, not {type(child).__name__}.")
        self._span.add_child_span(child._span)
        return self

    def add_inputs_and_outputs(self, inputs: Dict[str, Any], outputs: Dict[str, Any]) -> Trace:
        """Add what went in and what came out; itself."""
        _check_dicts(inputs=inputs, outputs=outputs)
        self._span.add_named_result(inputs, outputs)
        return self

    def add_metadata(self, metadata: Dict[str, Any]) -> Trace:
        """Add what else is known of it; itself."""
        _check_dicts(metadata=metadata)
        for key, value in metadata.items():
            self._span.add_attribute(key, value)
        return self

    def log(self, name: str) -> None:
        """Log it, with all calls in it, to the current run. Raises Error if there is none."""
        run = active.current()
        if run is None:
            raise Error("There is no run yet: call wandb.init() before a trace is logged.")
        run.log({name: WBTraceTree(self._span, self._model_dict)})


def _member(kind: Any, value: Any, what: str) -> Any:
    try:
        return kind(str(value).upper())
    except ValueError:
        raise ArgumentValueError(f"The {what} is one of {[item.value for item in kind]}, not {value!r}.") from None


def _check_dicts(**values: Any) -> None:
    for name, value in values.items():
        if value is not None and not isinstance(value, dict):
            raise ArgumentTypeError(f"`{name}` is a dictionary, not {type(value).__name__}.")
