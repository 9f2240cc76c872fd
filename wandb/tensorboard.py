"""The link to TensorBoard, by its public name; see ARCHITECTURE.md, "Aliases"."""

from wandb.sdk.tensorboard_mirror import log as log
from wandb.sdk.tensorboard_mirror import patch as patch
from wandb.sdk.tensorboard_mirror import reset_state as reset_state
from wandb.sdk.tensorboard_mirror import tf_summary_to_dict as tf_summary_to_dict
from wandb.sdk.tensorboard_mirror import unpatch as unpatch
