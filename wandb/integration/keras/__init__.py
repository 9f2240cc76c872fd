"""`wandb.integration.keras`: callbacks for Keras 3 on any of its backends, and for tf.keras."""

from wandb.integration.keras.evaluation import WandbEvalCallback as WandbEvalCallback
from wandb.integration.keras.metrics import WandbCallback as WandbCallback
from wandb.integration.keras.metrics import WandbMetricsLogger as WandbMetricsLogger
from wandb.integration.keras.model_checkpoint import WandbModelCheckpoint as WandbModelCheckpoint
