"""Older import path of the base of values with a JSON form of their own."""

from wandb.media.values import WBValue as WBValue
