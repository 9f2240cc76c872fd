"""Older import path of Bokeh documents."""

from wandb.media.bokeh import Bokeh as Bokeh
