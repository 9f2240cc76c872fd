"""Older import path of boxes in images."""

from wandb.media.boxes import BoundingBoxes2D as BoundingBoxes2D
