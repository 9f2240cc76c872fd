"""Older import path of images."""

from wandb.media.image import Image as Image
