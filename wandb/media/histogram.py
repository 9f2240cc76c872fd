"""`wandb.Histogram`: counts of values in bins; it has no file, its JSON holds all of it."""

from __future__ import annotations

from wandb.errors import ArgumentTypeError, ArgumentValueError
from wandb.media.pixels import array_from
from wandb.media.values import WBValue, need, plain
from wandb.sdk.lib.terminal import termwarn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Sequence, Tuple, Union


class Histogram(WBValue):
    """Counts of values in bins."""

    MAX_LENGTH = 512
    _log_type = "histogram"

    histogram: List[Union[int, float]]
    bins: List[complex]

    def __init__(
        self,
        sequence: Union[Sequence[Any], None] = None,
        np_histogram: Union[Tuple[Any, Any], None] = None,
        num_bins: int = 64,
    ) -> None:
        """Count `sequence` (numbers of any shape, an array or a tensor) in `num_bins` bins of equal width.

        Complex numbers are ordered by their real part first, as numpy has it.

        Or take `np_histogram`, what `numpy.histogram` gives: counts, and edges, of which there is one more. NaN and
        the infinities are in no bin: they are left out, with a warning. Raises UsageError for more than MAX_LENGTH
        bins, and for what are no numbers.
        """
        if np_histogram is not None:
            self.histogram, self.bins = self._given(np_histogram)
        else:
            self.histogram, self.bins = _counted(sequence, num_bins)
        if len(self.histogram) > self.MAX_LENGTH:
            raise ArgumentValueError(f"The maximum length of a histogram is {self.MAX_LENGTH}")
        if len(self.histogram) + 1 != len(self.bins):
            raise ArgumentValueError("len(bins) must be len(histogram) + 1")

    def _given(self, np_histogram: Any) -> Tuple[List[Any], List[Any]]:
        try:
            counts, edges = (plain(part) if hasattr(part, "tolist") else list(part) for part in np_histogram)
        except (TypeError, ValueError) as error:
            raise ArgumentValueError(
                "Expected np_histogram to be a tuple of (values, bin_edges) or sequence to be specified"
            ) from error
        if not (isinstance(counts, list) and isinstance(edges, list)):
            raise ArgumentValueError("The values and the edges of a histogram are lists or arrays.")
        return counts, edges

    def to_json(self, run: Any = None) -> Dict[str, Any]:
        """Its counts and the edges of its bins."""
        return {"_type": self._log_type, "values": self.histogram, "bins": self.bins}


def _counted(sequence: Any, num_bins: int) -> Tuple[List[Any], List[Any]]:
    numpy = need("numpy", "wandb.Histogram")
    values = array_from(sequence)
    if values.dtype.kind == "b":
        values = values.astype("uint8")
    if values.dtype.kind == "O" and all(isinstance(value, (int, float)) for value in values.flat):
        try:
            values = values.astype("float64")
        except OverflowError as error:
            raise ArgumentValueError(f"A histogram counts numbers that a float can hold: {error}") from error
    if values.dtype.kind not in "iufc":
        raise ArgumentTypeError(f"A histogram counts numbers; this {type(sequence).__name__} holds {values.dtype}.")
    if values.dtype.kind in "fc":
        finite = numpy.isfinite(values)
        if not finite.all():
            termwarn("NaN and infinite values are in no bin of a histogram: they are left out.", repeat=False)
            values = values[finite]
    if isinstance(num_bins, bool) or not hasattr(type(num_bins), "__index__") or num_bins < 1:
        raise ArgumentValueError(f"The number of bins is a positive integer, not {num_bins!r}.")
    if num_bins > Histogram.MAX_LENGTH:
        raise ArgumentValueError(f"The maximum length of a histogram is {Histogram.MAX_LENGTH}")
    with numpy.errstate(all="ignore"):
        try:
            counts, edges = numpy.histogram(values, bins=num_bins)
        except (
            ValueError,
            IndexError,
        ):  # the range is too narrow for so many bins of different edges, or too wide for a number
            if values.dtype.kind == "c":
                raise ArgumentValueError(f"{num_bins} bins are too many for these complex numbers.") from None
            counts, edges = _histogram_of_extremes(numpy, values.astype("float64") / 4, num_bins)
    return counts.tolist(), edges.tolist()


def _histogram_of_extremes(numpy: Any, quarters: Any, num_bins: int) -> Tuple[Any, Any]:
    low, high = float(quarters.min()), float(quarters.max())
    margin = max(abs(low), abs(high)) * num_bins * 2.0**-51
    counts, edges = numpy.histogram(quarters, bins=num_bins, range=(low - margin, high + margin))
    return counts, edges * 4
