"""Older import path of masks of images."""

from wandb.media.mask import ImageMask as ImageMask
