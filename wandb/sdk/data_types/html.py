"""Older import path of pages."""

from wandb.media.html import Html as Html
