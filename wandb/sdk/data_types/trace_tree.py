"""Older import path of trees of spans."""

from wandb.media.trace_tree import Result as Result
from wandb.media.trace_tree import Span as Span
from wandb.media.trace_tree import SpanKind as SpanKind
from wandb.media.trace_tree import StatusCode as StatusCode
from wandb.media.trace_tree import WBTraceTree as WBTraceTree
from wandb.sdk.trace import Trace as Trace
