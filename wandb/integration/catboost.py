"""`wandb.integration.catboost`: a callback for CatBoost's estimators, and a summary of the trained one."""

from __future__ import annotations

from typing import Any, Dict

import wandb
from wandb.integration.current_run import log_model, need_run
from wandb.integration.feature_importance import log_importance


class WandbCallback:
    """Logs all metrics, as `<data>-<metric>`, after each iteration for which CatBoost has computed some.

    How often it does that, its own `metric_period` says; the one given here is part of the name under which the
    count of iterations is logged, `iteration@metric-period-<n>`. Raises wandb.Error if there is no run.
    """

    def __init__(self, metric_period: int = 1) -> None:
        need_run("WandbCallback")
        self._counted_as = f"iteration@metric-period-{metric_period}"
        self._values = 0

    def after_iteration(self, info: Any) -> bool:
        """Log what CatBoost tells of an iteration, unless that is no news; training goes on."""
        computed = {
            f"{data}-{metric}": values
            for data, metrics in info.metrics.items()
            for metric, values in metrics.items()
            if values
        }
        count = sum(map(len, computed.values()))
        if count > self._values:
            self._values = count
            row: Dict[str, Any] = {name: values[-1] for name, values in computed.items()}
            wandb.log({**row, self._counted_as: info.iteration})
        return True


def log_summary(
    model: Any,
    log_all_params: bool = True,
    save_model_checkpoint: bool = False,
    log_feature_importance: bool = True,
) -> None:
    """Log the best iteration and scores of a trained classifier or regressor and, as wished, its parameters,
    the model itself, and what its features are worth.

    Raises wandb.Error if there is no run, and for what is no such estimator; CatBoostError if it is not trained.
    """
    from catboost import CatBoostClassifier, CatBoostRegressor

    run = need_run("log_summary")
    if not isinstance(model, (CatBoostClassifier, CatBoostRegressor)):
        kind = type(model).__name__
        raise wandb.Error(f"log_summary takes a CatBoostClassifier or a CatBoostRegressor, not {kind}.")
    if log_all_params:
        wandb.config.update(model.get_all_params())
    best = model.get_best_iteration()  # None without data to evaluate on
    run.summary["best_iteration"] = best
    run.summary["best_score"] = model.get_best_score()
    if save_model_checkpoint:
        log_model(model.save_model, "model", f"model_{run.id}", ["last" if best is None else "best", "latest"])
    if log_feature_importance:
        importance = zip(model.feature_names_, model.feature_importances_.tolist())
        log_importance(sorted(importance, key=lambda feature: -feature[1]))
