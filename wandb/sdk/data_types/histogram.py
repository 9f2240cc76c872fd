"""Older import path of histograms."""

from wandb.media.histogram import Histogram as Histogram
