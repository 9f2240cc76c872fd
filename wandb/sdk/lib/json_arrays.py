"""Arrays, tensors and series as JSON: their one item, nested lists, or a histogram or statistics if they are large.

Dates and times of numpy are what Python has for them, and whole numbers where it has none: finer than microseconds,
durations in months or years, far from today.
"""

from __future__ import annotations

import sys

from wandb.sdk.lib.json_texts import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    JsonValue = Any

HISTOGRAM_ABOVE = 32
HISTOGRAM_BINS = 32
MAX_LISTED = 10_000
_WIDE = 1e38  # of the order of the greatest number in 32 bits


def from_array(
    value: Any, depth: int, convert: Callable[[Any, int], JsonValue], for_config: bool, for_summary: bool = False
) -> JsonValue:
    """A scalar, array, tensor or series: its one item, its nested lists, or a histogram if it is large.

    A large one is its printed form in the config; in the summary, one of numpy or torch is its statistics.
    """
    count = 1
    for length in value.shape:
        count *= int(length)
    host = on_host(value)
    dtype_kind = getattr(host.dtype, "kind", "")
    if count == 1:
        item = host.item()
        if for_config and dtype_kind in ("m", "M") and type(host).__module__ == "numpy":
            return _time_for_config(host, item)
        if type(item) is type(host):  # numpy's long double is its own item
            item = complex(item) if dtype_kind == "c" else float(item)
        return convert(item, depth)
    if count <= HISTOGRAM_ABOVE:
        return convert(host.tolist(), depth)
    numpy = sys.modules.get("numpy")
    if for_config or numpy is None:
        return text_of(host if numpy is None else numpy.asarray(host))
    flat = numpy.asarray(host).ravel()
    if flat.dtype.kind == "V" and flat.dtype.names is None:  # bfloat16 and the other small floats of jax
        flat = flat.astype("float32")
    if for_summary and flat.dtype.kind in "iuf" and type(value).__module__ in ("numpy", "torch"):
        return _statistics(value, flat, numpy)
    if flat.dtype.kind in "biufc":
        return _histogram(flat, numpy)
    if count > MAX_LISTED:
        return text_of(host)
    return convert((host if len(host.shape) == 1 else flat).tolist(), depth)  # those of a series know their nanoseconds


def _time_for_config(host: Any, item: Any) -> JsonValue:
    """As the public format has them there: numpy's own text of the one item of an array, Python's of a scalar."""
    if isinstance(host, sys.modules["numpy"].ndarray):
        return str(host.ravel()[0])
    return item if item is None or isinstance(item, int) else str(item)


def on_host(value: Any) -> Any:
    """The array in main memory, dense, and of a type that numpy knows."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return tensor_on_host(value)
    if hasattr(value, "tolist"):
        return value
    return value.numpy() if hasattr(value, "numpy") else value.to_numpy()  # TensorFlow; xarray and polars


def tensor_on_host(tensor: Any) -> Any:
    """A tensor of torch without its gradients, in main memory, dense, and of a type that numpy knows."""
    torch = sys.modules["torch"]
    tensor = tensor.detach()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    tensor = (tensor.dequantize() if tensor.is_quantized else tensor).cpu()
    if tensor.dtype.is_complex:
        known = tensor if tensor.dtype in (torch.complex64, torch.complex128) else tensor.to(torch.complex64)
        return known.resolve_conj().resolve_neg()
    known = tensor.dtype in (torch.float32, torch.float64, torch.float16) or not tensor.dtype.is_floating_point
    return (tensor if known else tensor.float()).resolve_neg()


def _statistics(value: Any, flat: Any, numpy: Any) -> JsonValue:
    """As the public format has them in the summary, under the name of the array's class."""
    with numpy.errstate(all="ignore"):  # its warnings would go to the user's stderr
        numbers = {name: getattr(flat, name)() for name in ("var", "mean", "min", "max")}
        for percent in (10, 25, 75, 90):  # one by one they keep the array's precision
            numbers[f"{percent}%"] = numpy.percentile(flat, percent)
    found = {name: number.item() for name, number in numbers.items()}
    return {"_type": f"{type(value).__module__}.{type(value).__qualname__}", **found, "size": flat.size}


def _histogram(flat: Any, numpy: Any) -> JsonValue:
    """Counts and edges of the finite items."""
    if flat.dtype.kind == "b":
        flat = flat.astype("uint8")
    elif flat.dtype.kind in "fc":
        with numpy.errstate(all="ignore"):  # its warnings would go to the user's stderr
            plain = flat if flat.dtype.kind == "c" or flat.dtype.itemsize in (4, 8) else flat.astype("float64")
            finite = plain[numpy.isfinite(plain)]
            if not len(finite):
                return f"<{len(flat)} values, none of them finite>"
            if flat.dtype.kind == "f" and max(abs(float(finite.max())), abs(float(finite.min()))) > _WIDE:
                # The difference of such values may be no finite number any more; that of their halves is.
                counts, edges = numpy.histogram(finite.astype("float64") / 4, bins=HISTOGRAM_BINS)
                return _histogram_value(counts, edges * 4)
            flat = finite
    with numpy.errstate(all="ignore"):
        return _histogram_value(*numpy.histogram(flat, bins=HISTOGRAM_BINS))


def _histogram_value(counts: Any, edges: Any) -> JsonValue:
    is_complex = edges.dtype.kind == "c"
    bins = [str(edge).strip("()") for edge in edges.tolist()] if is_complex else edges.tolist()
    return {"_type": "histogram", "values": counts.tolist(), "bins": bins}
