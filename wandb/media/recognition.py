"""What a logged value is among media: itself, or the medium that a figure or a data frame is logged as."""

from __future__ import annotations

import sys

from wandb.errors import UsageError
from wandb.loading import loading
from wandb.media.charts import Chart
from wandb.media.pixels import is_figure
from wandb.media.table_frames import is_known
from wandb.media.values import WBValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union


def value_of(value: Any) -> Union[WBValue, Chart, None]:
    """The medium, table or chart that `value` is logged as; None if it is none of them."""
    if isinstance(value, (WBValue, Chart)):
        return value
    roots = {str(kind.__module__).partition(".")[0] for kind in type(value).__mro__}
    if is_known(value):
        with loading():
            from wandb.media.table import Table

        try:
            return Table(dataframe=value)
        except UsageError:  # a column of several types; a wandb.Table says so, what is only logged is recorded
            return Table(dataframe=value, allow_mixed_types=True)
    if "plotly" in roots and hasattr(value, "to_plotly_json") and hasattr(value, "layout"):
        with loading():
            from wandb.media.plotly import Plotly

        return Plotly(value)
    pillow = sys.modules.get("PIL.Image")
    if "PIL" in roots and pillow is not None and isinstance(value, pillow.Image):
        with loading():
            from wandb.media.image import Image

        return Image(value)
    if is_figure(value) and (hasattr(value, "gcf") or getattr(value, "figure", None) is not None):
        with loading():
            from wandb.media.plotly import Plotly

        return Plotly.make_plot_media(value)
    return None


__all__ = ["Chart", "value_of"]
