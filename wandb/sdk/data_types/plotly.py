"""Older import path of Plotly figures."""

from wandb.media.plotly import Plotly as Plotly
