"""`wandb.integration.gym`: the films that gymnasium's `RecordVideo` writes; the same as `wandb.gym`."""

import wandb

monitor = wandb.gym.monitor
