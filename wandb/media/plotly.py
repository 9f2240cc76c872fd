"""`wandb.Plotly`: a figure of Plotly, or one of matplotlib that Plotly can take over."""

from __future__ import annotations

from wandb.errors import ArgumentValueError
from wandb.loading import loading
from wandb.media.content import Content
from wandb.media.pixels import figure_of, is_figure
from wandb.media.values import Media, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union

    from wandb.media.image import Image


class Plotly(Media):
    """A Plotly figure, which stays interactive."""

    _log_type = "plotly-file"
    _subdir = "media/plotly"
    _is_typed = False

    def __init__(self, val: Any) -> None:
        """`val`: a figure of Plotly, or one of matplotlib. Raises UsageError for anything else."""
        super().__init__()
        if is_figure(val):
            val = _taken_over(figure_of(val))
        if not hasattr(val, "to_plotly_json"):
            raise ArgumentValueError(
                "Logged plots must be plotly figures, or matplotlib plots convertible to plotly via mpl_to_plotly; "
                f"not {type(val).__name__}."
            )
        self._set_content(Content(_json_of(val), ".plotly.json"))

    @classmethod
    def make_plot_media(cls, val: Any) -> Union[Image, Plotly]:
        """What a figure is logged as: Plotly, or an Image of what Plotly can't take over from matplotlib."""
        if not is_figure(val):
            return cls(val)
        with loading():
            from wandb.media.image import Image

        figure = figure_of(val)
        if any(axes.images for axes in figure.axes) or not figure.axes:
            return Image(figure)
        try:
            return cls(_taken_over(figure))
        except Exception:  # Plotly is missing, or raises anything for a plot that it does not know: its picture will do
            return Image(figure)


def _taken_over(figure: Any) -> Any:
    tools = need("plotly.tools", "Plotly of a matplotlib figure", "plotly")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Plotly draws a little otherwise
        return tools.mpl_to_plotly(figure)


def _json_of(figure: Any) -> bytes:
    from wandb.media.values import json_bytes

    encoder = need("plotly.utils", "wandb.Plotly", "plotly").PlotlyJSONEncoder
    return json_bytes(figure.to_plotly_json(), encoder)
