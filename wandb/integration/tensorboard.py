"""`wandb.integration.tensorboard`: the same as `wandb.tensorboard`."""

import wandb

log = wandb.tensorboard.log
patch = wandb.tensorboard.patch
reset_state = wandb.tensorboard.reset_state
tf_summary_to_dict = wandb.tensorboard.tf_summary_to_dict
unpatch = wandb.tensorboard.unpatch
