"""Histograms of torch tensors, counted where the tensor is: what leaves the device is 64 counts and two limits."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

BINS = 64


def histogram_of(tensor: Any) -> Dict[str, Any] | None:
    """The finite values in 64 bins of one width, as a run logs a histogram; None if there are none.

    All values the same make one bin without width. Takes any dtype (of complex numbers the real parts), sparse tensors
    (their values) and the local part of a distributed one; None for meta tensors, which have no values.
    """
    import torch

    values = tensor.detach()
    if hasattr(values, "to_local"):
        values = values.to_local()
    if values.is_sparse:
        values = values.coalesce().values()
    if values.is_meta or values.numel() == 0:
        return None
    if values.is_complex():
        values = values.real
    values = values.flatten()
    if values.dtype not in (torch.float32, torch.float64):
        values = values.float()  # not every device counts halves and integers
    values = values[torch.isfinite(values)]
    if values.numel() == 0:
        return None
    low, high = torch.aminmax(values)
    least, most = float(low), float(high)
    if least == most:
        return {"_type": "histogram", "bins": [least, most], "values": [int(values.numel())]}
    counts = torch.histc(values, BINS, min=least, max=most)
    limits = torch.linspace(least, most, BINS + 1, dtype=values.dtype)
    return {"_type": "histogram", "bins": limits.tolist(), "values": [int(count) for count in counts.tolist()]}
