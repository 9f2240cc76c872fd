"""Older import path of the monitor of gymnasium's films."""

from wandb.sdk.gym_monitor import monitor as monitor
