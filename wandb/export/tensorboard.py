"""Rows to TensorBoard's event files, by tensorboardX: numbers as scalars, histograms, all else as text.

A scalar has 32 bits there.
"""

from __future__ import annotations

import os
from math import isfinite
from time import time
from typing import Any, Dict, Iterable, List

from wandb.errors import UsageError
from wandb.export.columns import clean, json_text, to_float

_OWN = ("_project", "_run_id", "_step", "_timestamp", "_runtime")


def load() -> None:
    """Raises UsageError, with the command that mends it, if tensorboardX is missing."""
    try:
        import tensorboardX  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"Event files need tensorboardX: pip install 'wandb[tensorboard]' or pip install tensorboardX ({error})"
        ) from None


def write(folder: str, rows: Iterable[Dict[str, Any]]) -> None:
    """Write one event file into the folder, one event a row. Raises OSError if the disk refuses."""
    # The one that writes in this thread: when the disk is full, the others lose their thread, and wait for it for ever.
    from tensorboardX.event_file_writer import EventsWriter
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.summary_pb2 import Summary

    os.makedirs(folder, exist_ok=True)
    writer = EventsWriter(os.path.join(folder, "events"))
    try:
        for row in rows:
            values = [value for name in row if name not in _OWN for value in _values(clean(name), row[name])]
            if values:
                moment = row.get("_timestamp")
                wall_time = moment if _is_real(moment) else time()
                writer.write_event(Event(wall_time=wall_time, step=row["_step"], summary=Summary(value=values)))
    finally:
        writer.close()


def _values(tag: str, value: Any) -> List[Any]:
    """The summary values that show one value; none for null."""
    from tensorboardX import summary
    from tensorboardX.proto.summary_pb2 import Summary

    if value is None:
        return []
    if isinstance(value, (bool, int, float)):
        return [Summary.Value(tag=tag, simple_value=to_float(value))]
    if isinstance(value, dict) and value.get("_type") == "histogram" and _is_histogram(value):
        return list(summary.histogram_raw(tag, **_histogram(value["bins"], value["values"])).value)
    text = clean(value if isinstance(value, str) else json_text(value))
    return list(summary.text(tag, text).value)


def _is_real(value: Any) -> bool:
    return isinstance(value, (int, float)) and isfinite(to_float(value))


def _is_histogram(value: Dict[str, Any]) -> bool:
    edges, counts = value.get("bins"), value.get("values")
    if not isinstance(edges, list) or not isinstance(counts, list) or len(edges) != len(counts) + 1 or not counts:
        return False
    return all(map(_is_real, edges + counts))


def _histogram(edges: List[float], counts: List[float]) -> Dict[str, Any]:
    """The arguments of tensorboardX's histogram_raw; a bucket counts as if all of it lay in its middle."""
    middles = [(left + right) / 2 for left, right in zip(edges, edges[1:])]
    return {
        "min": edges[0],
        "max": edges[-1],
        "num": sum(counts),
        "sum": sum(count * middle for count, middle in zip(counts, middles)),
        "sum_squares": sum(count * middle * middle for count, middle in zip(counts, middles)),
        "bucket_limits": edges[1:],
        "bucket_counts": counts,
    }
