"""torchvision, also where its compiled operators don't load: its release for GPUs beside a torch without them.

Programs of the tests import it first. What their libraries need of the operators is non-maximum suppression, written
here with torch's own; all the rest is torchvision as it is.
"""

from __future__ import annotations

from typing import Any

import torch

try:
    import torchvision
except RuntimeError:  # operator torchvision::nms does not exist
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

    def suppressed(boxes: Any, scores: Any, threshold: float) -> Any:
        """The indices of the boxes that no better one covers by more than the threshold, best first."""
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        left, kept = scores.argsort(descending=True), []
        while len(left):
            best, left = left[0], left[1:]
            kept.append(best)
            upper, lower = (
                torch.maximum(boxes[best, :2], boxes[left, :2]),
                torch.minimum(boxes[best, 2:], boxes[left, 2:]),
            )
            shared = (lower - upper).clamp(min=0).prod(1)
            left = left[shared / (areas[best] + areas[left] - shared) <= threshold]
        return torch.stack(kept) if kept else torch.empty(0, dtype=torch.int64)

    library.impl("nms", suppressed, "CPU")
    import torchvision

    torchvision.extension._has_ops = lambda: True
