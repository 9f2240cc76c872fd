"""`wandb.integration.xgboost`: a callback for `xgboost.train` and the estimators of XGBoost."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping

import wandb
from wandb.integration.current_run import log_model, need_run
from wandb.integration.feature_importance import log_importance

try:
    from xgboost.callback import TrainingCallback
except ImportError as error:
    raise ImportError("wandb.integration.xgboost needs XGBoost 1.3 or later: `pip install xgboost`.") from error

# The metrics whose best value is in the summary, by their whole names, as with upstream's callback: of all others
# (`ndcg@5`, a program's own) the summary has the last value, a plain number that programs compare.
_BEST = {
    **dict.fromkeys("rmse rmsle mae mape mphe logloss error merror mlogloss".split(), "min"),
    **dict.fromkeys("auc aucpr ndcg map".split(), "max"),
}


class WandbCallback(TrainingCallback):  # type: ignore[misc]
    """Logs the model's configuration, each round's evaluation metrics, and what the features are worth.

    Metrics are named `<data>-<metric>`; of the usual ones, the best value is in the summary. `log_model` makes the
    trained model an artifact. Raises wandb.Error if there is no run.
    """

    def __init__(
        self,
        log_model: bool = False,
        log_feature_importance: bool = True,
        importance_type: str = "gain",
        define_metric: bool = True,
    ) -> None:
        """`importance_type` is one of XGBoost's: gain, weight, cover, total_gain, total_cover."""
        need_run("WandbCallback")
        self._log_model = log_model
        self._log_importance = log_feature_importance
        self._importance_type = importance_type
        self._define = define_metric

    def before_training(self, model: Any) -> Any:
        """Record the booster's configuration; the boosters of a cross validation have none to show."""
        if hasattr(model, "save_config"):
            wandb.config.update(json.loads(model.save_config()), allow_val_change=True)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Any]]) -> bool:
        """Log the metrics of a round; training goes on."""
        row: Dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, values in metrics.items():
                name, last = f"{data}-{metric}", values[-1]
                if self._define and metric in _BEST:
                    wandb.define_metric(name, summary=_BEST[metric])
                # Cross validation gives a mean and a deviation.
                of_folds = isinstance(last, tuple)
                row.update({f"{name}-mean": last[0], f"{name}-std": last[1]} if of_folds else {name: last})
        self._define = False
        wandb.log({**row, "epoch": epoch})
        return False

    def after_training(self, model: Any) -> Any:
        """Log the model and its features' worth, if wished, and the best round of early stopping."""
        if self._log_model and hasattr(model, "save_model"):
            name = f"{need_run('WandbCallback').id}_model.json"
            log_model(model.save_model, name, name)
        if self._log_importance and hasattr(model, "get_score"):
            log_importance(model.get_score(importance_type=self._importance_type).items())
        if model.attr("best_score") is not None:
            score, iteration = float(model.attr("best_score")), int(model.attr("best_iteration"))
            wandb.log({"best_score": score, "best_iteration": iteration})
        return model


def wandb_callback() -> WandbCallback:
    """Older name: the callback with its defaults."""
    return WandbCallback()
