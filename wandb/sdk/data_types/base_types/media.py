"""Older import path of the base of media."""

from wandb.media.values import BatchableMedia as BatchableMedia
from wandb.media.values import Media as Media
