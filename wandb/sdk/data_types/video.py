"""Older import path of films."""

from wandb.media.video import Video as Video
