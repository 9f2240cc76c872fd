"""Older import path of sounds."""

from wandb.media.audio import Audio as Audio
