"""`wandb.integration.lightgbm`: a callback for `lightgbm.train`, and a summary of the trained model."""

from __future__ import annotations

from typing import Any, Callable, Dict

import wandb
from wandb.integration.current_run import log_model, need_run
from wandb.integration.feature_importance import log_importance

# The metrics whose best value is in the summary, by their whole names, as with upstream's callback: of all others
# (`ndcg@5`, a program's own) the summary has the last value, a plain number that programs compare.
_BEST = {
    **dict.fromkeys("l1 l2 rmse mape huber fair poisson gamma logloss binary_logloss multi_logloss".split(), "min"),
    **dict.fromkeys("auc average_precision map".split(), "max"),
}
_BEFORE_EARLY_STOPPING = 20  # whose order is 30, and which ends the iteration it stops at


class _Callback:
    """LightGBM calls it after each iteration, in `order` among its callbacks."""

    def __init__(self, log_params: bool, define_metric: bool) -> None:
        self.order = _BEFORE_EARLY_STOPPING
        self.before_iteration = False
        self._log_params = log_params
        self._define = define_metric

    def __call__(self, env: Any) -> None:
        if self._log_params:
            wandb.config.update({**env.params, "num_iterations": env.end_iteration}, allow_val_change=True)
            self._log_params = False
        row: Dict[str, Any] = {"iteration": env.iteration}
        # (data, metric, value, whether more is better), and of cross validation the deviation
        for data, metric, value, _, *deviation in env.evaluation_result_list:
            name = f"{data}_{metric}"
            if self._define and metric in _BEST:
                wandb.define_metric(name, summary=_BEST[metric])
            row.update({f"{name}-mean": value, f"{name}-stdv": deviation[0]} if deviation else {name: value})
        self._define = False
        wandb.log(row)


def wandb_callback(log_params: bool = True, define_metric: bool = True) -> Callable[[Any], None]:
    """A callback that logs the parameters and each iteration's evaluation metrics, as `<data>_<metric>`.

    With `define_metric` the best value of the usual ones is in the summary. Raises wandb.Error if there is no run.
    """
    need_run("wandb_callback")
    return _Callback(log_params, define_metric)


def log_summary(model: Any, feature_importance: bool = True, save_model_checkpoint: bool = False) -> None:
    """Log the best iteration and score of a Booster, what its features are worth and, if wished, the model.

    Raises wandb.Error if there is no run, and for what is no Booster.
    """
    from lightgbm import Booster

    run = need_run("log_summary")
    if not isinstance(model, Booster):
        raise wandb.Error(f"log_summary takes a Booster (of an estimator, its booster_), not {type(model).__name__}.")
    run.summary["best_iteration"] = model.best_iteration
    run.summary["best_score"] = {data: dict(scores) for data, scores in model.best_score.items()}
    if feature_importance:
        log_importance(zip(model.feature_name(), model.feature_importance().tolist()))
    if save_model_checkpoint:
        file_name = f"model_ckpt_{model.best_iteration}.txt"
        log_model(model.save_model, file_name, f"model_{run.id}", ["best", "latest"])
