"""Older import path of names of classes in images."""

from wandb.media.classes import Classes as Classes
